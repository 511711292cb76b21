import { performance } from "node:perf_hooks";

/** A thread that is less at work than this has time for more transfers. */
const SPARE = 0.7;
/** Of one that is more at work than this the processor is the limit: more transfers would only spoil its caches. */
const BUSY = 0.9;

/** Transfers slower than this share of the first share a limit with each other: more would move no more bytes, ... */
const ALONE = 0.75;
/** ... and below this, fewer would move as many. */
const CROWDED = 0.5;
/** Weight of one transfer in the mean. */
const WEIGHT = 1 / 4;

/** Tells the share of the time since it was last asked that this thread was at work, from 0 to 1. */
export type LoadMeter = () => number;

export interface DepthRange {
  readonly first: number;
  readonly least: number;
  readonly most: number;
  /** What one step adds. */
  readonly step: number;
}

/**
 * How many transfers of one stream may be under way at the same time: a store limits each connection, so they become
 * more as long as the thread has time to spare and they do not slow each other down, and fewer when it has none.
 */
export class Depth {
  readonly #range: DepthRange;
  readonly #newMeter: () => LoadMeter;
  #meter: LoadMeter | undefined;
  #value: number;
  #firstRate: number | undefined;
  #rate = 0;

  constructor(range: DepthRange, newMeter: () => LoadMeter = loadMeter) {
    this.#range = range;
    this.#newMeter = newMeter;
    this.#value = range.first;
  }

  get value(): number {
    return this.#value;
  }

  /** What the thread does is measured from here on. */
  watch(): void {
    if (this.#meter === undefined) this.#meter = this.#newMeter();
    else this.#meter();
  }

  /**
   * A transfer went at `rate`, in any unit, and `running` were under way at its end. At the end of the first these are
   * enough: on a fast connection few were begun meanwhile, on a slow one as many as may be.
   */
  ended(rate: number, running: number): void {
    if (this.#firstRate === undefined) {
      const { least, most } = this.#range;
      this.#firstRate = this.#rate = rate;
      this.#value = Math.min(most, Math.max(least, running));
    } else {
      this.#rate += (rate - this.#rate) * WEIGHT;
    }
  }

  /** By what the thread did since `watch`, or since the last call. */
  adapt(): void {
    const { least, most, step } = this.#range;
    const load = this.#meter?.() ?? 0;
    const share = this.#firstRate === undefined ? 1 : this.#rate / this.#firstRate;
    if (load > BUSY || share < CROWDED) this.#value = Math.max(least, this.#value - 1);
    else if (load < SPARE && share >= ALONE) this.#value = Math.min(most, this.#value + step);
  }
}

/** A configured number stays. */
export function fixedRange(value: number): DepthRange {
  return { first: value, least: value, most: value, step: 0 };
}

function loadMeter(): LoadMeter {
  let loop = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let at = performance.now();
  return () => {
    const { utilization } = performance.eventLoopUtilization(loop);
    const { user, system } = process.cpuUsage(cpu);
    const used = (user + system) / 1000 / Math.max(0.001, performance.now() - at);
    loop = performance.eventLoopUtilization();
    cpu = process.cpuUsage();
    at = performance.now();
    // The loop seems to be at work too while another process has the processor, and the process when another thread is.
    return Math.min(utilization, used);
  };
}
