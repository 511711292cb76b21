import { performance } from "node:perf_hooks";
import { Crc64Sum } from "./crc64.ts";

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
  /** The reader is done with one part more. */
  consume(): void;
}

const MIB = 1024 * 1024;
/** What a stream may always take, so that it goes on when the memory is used up. */
export const MIN_READ_BYTES = 64 * 1024;

const MOST_PARTS = 16;
/** Busier than this, the thread is what limits the read: more connections would only spoil the processor's caches. */
const BUSY = 0.9;

/**
 * A store limits each connection: several small ranges that double come up to speed sooner than a few large ones. Parts
 * become more as long as the thread has time to spare. `fixedSize` and `fixedDepth` are configured ones.
 */
export function readAhead(
  fixedSize: number | undefined,
  fixedDepth: number | undefined,
  meter: () => () => number = loadMeter,
): ReadAhead {
  let depth = fixedDepth ?? 4;
  let consumed = 0;
  let started = 0;
  let load: (() => number) | undefined;
  return {
    get depth() {
      return depth;
    },
    get consumed() {
      return consumed;
    },
    size(wanted) {
      const doubled = Math.max(wanted, MIB) * 2 ** Math.floor(started / 4);
      return fixedSize ?? Math.min(8 * MIB, doubled);
    },
    start() {
      started++;
      load ??= meter();
    },
    consume() {
      consumed++;
      if (fixedDepth !== undefined) return;
      const isBusy = load !== undefined && load() > BUSY;
      depth = isBusy ? Math.max(2, depth - 1) : Math.min(MOST_PARTS, depth + 2);
    },
  };
}

/** What it returns tells the share of the time since its last call that this thread was at work, from 0 to 1. */
function loadMeter(): () => number {
  let loop = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let at = performance.now();
  return () => {
    const { utilization } = performance.eventLoopUtilization(loop);
    const { user, system } = process.cpuUsage(cpu);
    const used = (user + system) / 1000 / (performance.now() - at);
    loop = performance.eventLoopUtilization();
    cpu = process.cpuUsage();
    at = performance.now();
    // The loop seems to be at work too while another process has the processor, and the process when another thread is.
    return Math.min(utilization, used);
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
