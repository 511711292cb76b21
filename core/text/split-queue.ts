import { abortable } from "./abortable.ts";
import type { InputSplit } from "./splits.ts";

/** Splits that may wait for one lane while the others go on; then these wait for it. */
const MOST_WAITING = 64;

/** Hands the splits of one listing to the lanes: split i to lane i mod n, in order. */
export class SplitQueue {
  readonly #splits: AsyncGenerator<InputSplit, void, undefined>;
  readonly #waiting: readonly InputSplit[][];
  readonly #signal: AbortSignal;
  #pulling: Promise<void> | undefined;
  #room: (() => void) | undefined;
  #ended = false;

  constructor(
    splits: AsyncGenerator<InputSplit, void, undefined>,
    { lanes, signal }: { readonly lanes: number; readonly signal: AbortSignal },
  ) {
    this.#splits = splits;
    this.#signal = signal;
    this.#waiting = Array.from({ length: lanes }, () => []);
  }

  /** The lane's next split; undefined at the end. */
  async next(lane: number): Promise<InputSplit | undefined> {
    const waiting = this.#waiting[lane] as InputSplit[];
    for (;;) {
      this.#signal.throwIfAborted();
      const split = waiting.shift();
      if (split !== undefined) {
        this.#room?.();
        return split;
      }
      if (this.#ended) return undefined;
      this.#pulling ??= this.#pull().finally(() => {
        this.#pulling = undefined;
      });
      await this.#pulling;
    }
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#pulling?.catch(() => {});
    await this.#splits.return();
  }

  async #pull(): Promise<void> {
    while (this.#waiting.some(({ length }) => length >= MOST_WAITING)) {
      const room = new Promise<void>((resolve) => {
        this.#room = resolve;
      });
      await abortable(room, this.#signal);
    }
    const step = await this.#splits.next();
    if (step.done === true) this.#ended = true;
    else this.#waiting[step.value.index % this.#waiting.length]?.push(step.value);
  }
}
