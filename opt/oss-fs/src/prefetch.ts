import { Crc64Sum } from "./crc64.ts";
import { Depth, type DepthRange, fixedRange, type LoadMeter } from "./depth.ts";

/** How far a stream that is read in sequence reads ahead. One for each run from a position on. */
export interface ReadAhead {
  /** Parts that may be on their way at the same time. */
  readonly depth: number;
  /** Parts that the reader is done with. */
  readonly consumed: number;
  /** Bytes of the next part; `wanted` is what the reader asks for now. */
  size(wanted: number): number;
  /** A part was begun. */
  start(): void;
  /** A part of `size` bytes has come whole in `ms`, while `running` were on their way. */
  ended(size: number, ms: number, running: number): void;
  /** The reader is done with one part more; whether it `waited` for any of its bytes. */
  consume(waited: boolean): void;
}

const MIB = 1024 * 1024;
/** What a stream may always take, so that it goes on when the memory is used up. */
export const MIN_READ_BYTES = 64 * 1024;

const ADAPTIVE: DepthRange = { first: 4, least: 2, most: 24, step: 2 };

/** Several small ranges that double come up to speed sooner than a few large ones. What is `fixed` is configured. */
export function readAhead(
  fixedSize: number | undefined,
  fixedDepth: number | undefined,
  meter?: () => LoadMeter,
): ReadAhead {
  const depth = new Depth(fixedDepth === undefined ? ADAPTIVE : fixedRange(fixedDepth), meter);
  let consumed = 0;
  let started = 0;
  return {
    get depth() {
      return depth.value;
    },
    get consumed() {
      return consumed;
    },
    size(wanted) {
      const doubled = Math.max(wanted, MIB) * 2 ** Math.floor(started / 4);
      return fixedSize ?? Math.min(8 * MIB, doubled);
    },
    start() {
      if (started++ === 0) depth.watch();
    },
    ended(size, ms, running) {
      depth.ended(size / ms, running);
    },
    consume(waited) {
      consumed++;
      // A reader who works through parts that are there is busy with itself.
      if (waited) depth.adapt();
    },
  };
}

/** Follows a read from the first byte on, part by part, and knows at the end whether the bytes are the stored ones. */
export class ReadChecksum {
  readonly #total: number;
  readonly #sum = new Crc64Sum();
  #length = 0;

  /** `total`: bytes of the object. */
  constructor(total: number) {
    this.#total = total;
  }

  add(crc64: bigint, length: number): void {
    this.#sum.add(crc64, length);
    this.#length += length;
  }

  /** Whether the bytes so far are the whole object and not the ones that `expected` tells. */
  differs(expected: string | undefined): boolean {
    return expected !== undefined && this.#length === this.#total && this.#sum.value.toString() !== expected;
  }
}
