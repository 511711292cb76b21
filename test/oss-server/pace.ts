import { setTimeout as sleep } from "node:timers/promises";

/** How far in ms bytes may run ahead of their time: below it waiting costs more than it is worth. */
const SLACK = 2;

/** Bytes that come within so many ms after a wait were there before its end: however late it ended, they lost no time. */
const SAME_FLOW = 10;

/** Lets bytes pass at a given rate. Time that was not used is not saved up. */
export class Pace {
  readonly #rate: () => number;
  readonly #closing: AbortSignal;
  #free = 0;
  /** When the last wait ended. */
  #woke = 0;

  /**
   * @param rate bytes per second, asked anew each time
   * @param closing ends every wait
   */
  constructor(rate: () => number, closing: AbortSignal) {
    this.#rate = rate;
    this.#closing = closing;
  }

  /** How many bytes to send at once, so that the flow is even. */
  get pieceSize(): number {
    const rate = this.#rate();
    return rate === Number.POSITIVE_INFINITY
      ? rate
      : Math.min(1 << 20, Math.max(1024, Math.ceil(rate / 200)));
  }

  /** Resolves when `bytes` more have had their time; undefined: at once. */
  pass(bytes: number): Promise<void> | undefined {
    const rate = this.#rate();
    if (rate === Number.POSITIVE_INFINITY) return undefined;
    const now = performance.now();
    if (now - this.#woke > SAME_FLOW) this.#free = Math.max(this.#free, now);
    this.#free += (bytes / rate) * 1000;
    return this.#free - now > SLACK ? this.#wait(this.#free - now) : undefined;
  }

  async #wait(ms: number): Promise<void> {
    await sleep(Math.ceil(ms), undefined, { signal: this.#closing });
    this.#woke = performance.now();
  }
}
