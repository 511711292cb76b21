import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Part, type Transfer } from "./part.ts";
import { MIN_READ_BYTES, type ReadAhead, readAhead } from "./prefetch.ts";
import type { Store } from "./store.ts";

export interface PartsAheadOptions {
  /** First byte. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Whether each part's CRC64 is computed. */
  readonly checked: boolean;
  /** How the bytes from `start` to `end` are had. */
  transfer(start: number, end: number): Transfer;
  /** Whether the reader goes on from what it was given last: else nobody knows what is wanted next. */
  isInStep(): boolean;
  /** Sees every part whose last bytes are about to be given out; what it throws is thrown to the reader. */
  onLast(part: Part): void;
}

/**
 * The bytes of one object from a position on, in order. Ranges are fetched whole and wait in memory, so that a slow
 * reader holds no connection; how many and how long they are is the {@link ReadAhead}'s to say.
 */
export class PartsAhead {
  readonly #store: Store;
  readonly #options: PartsAheadOptions;
  readonly #ahead: ReadAhead;
  /** Contiguous; the first one holds what comes next. */
  #parts: Part[] = [];
  #position: number;
  #isDropped = false;

  constructor(store: Store, options: PartsAheadOptions) {
    this.#store = store;
    this.#options = options;
    this.#position = options.start;
    const { downloadPartSize, downloadParts } = store.client.settings;
    this.#ahead = readAhead(downloadPartSize, downloadParts);
  }

  /** Where the next byte belongs. */
  get position(): number {
    return this.#position;
  }

  /** Whether `position` lies ahead, in what is on its way or here. */
  covers(position: number): boolean {
    return position === this.#position || (position > this.#position && position < this.#asked);
  }

  /** Takes a transfer that is under way already, from the first byte up to `end`. Memory for its bytes is taken. */
  begin(end: number, transfer: Transfer): void {
    this.#start(end, transfer);
  }

  /** The next bytes, of which the reader wants so many. Undefined at the end, and after `drop`. */
  async next(wanted: number): Promise<Buffer | undefined> {
    while (!this.#isDropped) {
      this.#prefetch(wanted);
      const part = this.#parts[0];
      if (part === undefined) return undefined;
      const chunk = await part.read(wanted);
      if (this.#isDropped) return undefined;
      if (chunk !== undefined) {
        this.#position += chunk.length;
        if (this.#position === part.end) this.#options.onLast(part);
        return chunk;
      }
      part.free(unwanted);
      this.#parts.shift();
      this.#ahead.consume(part.waited);
      // A reader who always finds bytes would never let the connections have the thread.
      if (!part.waited) await nextTurn();
    }
    return undefined;
  }

  /** Frees what is here, and ends what is on its way with `reason`. */
  drop(reason: () => unknown = unwanted): void {
    this.#isDropped = true;
    for (const part of this.#parts) part.free(reason);
    this.#parts = [];
  }

  /** Up to here bytes were asked for. */
  get #asked(): number {
    return this.#parts.at(-1)?.end ?? this.#position;
  }

  #prefetch(wanted: number): void {
    const { end } = this.#options;
    if (this.#asked >= end) return;
    const { depth } = this.#ahead;
    const { memory } = this.#store.pool;
    for (let running = this.#running; running < depth && this.#asked < end; running++) {
      const start = this.#asked;
      let size = Math.min(this.#ahead.size(wanted), end - start);
      if (this.#parts.length >= depth && !this.#mayWait(size)) return;
      if (!memory.tryTake(size)) {
        if (this.#parts.length > 0) return;
        size = Math.min(size, MIN_READ_BYTES);
        memory.force(size);
      }
      this.#ahead.start();
      const begun = performance.now();
      this.#start(start + size, this.#options.transfer(start, start + size), () => {
        this.#ahead.ended(size, performance.now() - begun, this.#running + 1);
      });
    }
  }

  get #running(): number {
    return this.#parts.reduce((count, part) => count + (part.isRunning ? 1 : 0), 0);
  }

  /**
   * Whether one part more may wait besides those on their way: the slow connection that the reader waits for must not
   * stop the others. Only for a reader who has shown to read on, and within this stream's share of the memory.
   */
  #mayWait(size: number): boolean {
    const { depth, consumed } = this.#ahead;
    const waiting = this.#parts[0]?.isRunning ? consumed : Math.min(consumed, depth);
    const { pool, live } = this.#store;
    const held = this.#parts.reduce((sum, part) => sum + part.held, 0);
    return this.#parts.length < depth + waiting && held + size <= pool.memory.limit / live.size;
  }

  /** Memory for the bytes is taken. */
  #start(end: number, transfer: Transfer, onEnd?: () => void): void {
    const { checked, isInStep } = this.#options;
    const part = new Part({ start: this.#asked, end, pool: this.#store.pool, checked });
    this.#parts.push(part);
    part.run(transfer, () => {
      onEnd?.();
      // Its connection is free.
      if (this.#ahead.consumed > 0 && isInStep()) this.#prefetch(0);
    });
  }
}

function unwanted(): Error {
  return new Error("the bytes are not wanted any more");
}
