import { Crc64 } from "./crc64.ts";
import type { TransferMemory } from "./memory.ts";

/** How far a stream reads ahead. */
export interface ReadAhead {
  /** Bytes of part n since the stream (re)started; `wanted` is what the reader asks for now. */
  partSize(n: number, wanted: number): number;
  /** Parts that are on their way or wait, when `n` were consumed. */
  depth(n: number): number;
}

const MIB = 1024 * 1024;
/** What a stream may always take, so that it goes on when the memory is used up. */
export const MIN_READ_BYTES = 64 * 1024;

/** A store limits each connection: several small ranges that double come up to speed sooner than a few large ones. */
export function readAhead(fixedSize: number | undefined, fixedDepth: number | undefined): ReadAhead {
  return {
    partSize: (n, wanted) => fixedSize ?? Math.min(8 * MIB, Math.max(wanted, MIB) * 2 ** Math.floor(n / 4)),
    depth: (n) => fixedDepth ?? Math.min(16, 4 + 2 * n),
  };
}

/** One range on its way: bytes wait here, in order, until the reader takes them. */
export class Part {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly controller = new AbortController();
  readonly #memory: TransferMemory;
  readonly #taken: number;
  readonly #chunks: Buffer[] = [];
  #next = 0;
  #missing: number;
  #arrived = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #freed = false;

  /** `taken` bytes of `memory` are given back by `free`. */
  constructor(start: number, end: number, memory: TransferMemory, taken: number) {
    this.start = start;
    this.end = end;
    this.#missing = end - start;
    this.#memory = memory;
    this.#taken = taken;
  }

  /** Runs the transfer, which hands every chunk to the callback. */
  run(transfer: (take: (chunk: Buffer) => void, signal: AbortSignal) => Promise<void>): this {
    const take = (chunk: Buffer): void => {
      this.#missing -= chunk.length;
      this.#chunks.push(chunk);
      this.#wake?.();
    };
    transfer(take, this.controller.signal)
      .then(
        () => {
          this.#arrived = true;
        },
        (error: unknown) => {
          this.#failure = { error };
        },
      )
      .then(() => this.#wake?.());
    return this;
  }

  /** The next chunk; undefined when the part is used up. Rejects when the transfer failed. */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.#chunks[this.#next];
      if (chunk !== undefined) {
        // The array is not shifted: a part is short, and its end drops it whole.
        this.#chunks[this.#next++] = EMPTY;
        return chunk;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#arrived) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the transfer if it still runs, and gives the memory back. */
  free(reason: () => unknown): void {
    if (this.#freed) return;
    this.#freed = true;
    // With every byte here the transfer ends by itself, and its connection can be used again.
    if (this.#missing > 0) this.controller.abort(reason());
    this.#chunks.length = 0;
    this.#memory.give(this.#taken);
  }
}

const EMPTY = Buffer.alloc(0);

/** Follows a read from the first byte on, and knows at the end whether the bytes are the stored ones. */
export class ReadChecksum {
  readonly #crc = new Crc64();
  readonly #total: number;

  constructor(total: number) {
    this.#total = total;
  }

  /** False when these bytes complete the object and its checksum is not `expected`. */
  accept(chunk: Uint8Array, expected: string | undefined): boolean {
    if (expected === undefined) return true;
    this.#crc.update(chunk);
    return this.#crc.length !== this.#total || this.#crc.toString() === expected;
  }
}
