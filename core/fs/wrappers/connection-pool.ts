import { FileSystemError } from "../../errors/errors.ts";
import type { ConnectionLimits } from "./limit-options.ts";

export type Direction = "input" | "output";

/** A stream as the pool sees it. */
export interface PooledStream {
  /** Changes with every step of progress. */
  progress(): string;
  /** Ends the stream from outside. */
  end(reason: FileSystemError): void;
}

/** The right to have one stream open. */
export interface Place {
  /** The stream that has it; until then it counts as one that makes progress. */
  occupy(stream: PooledStream): void;
  /** Gives it back; may be called twice. */
  release(): void;
}

interface Holder {
  readonly direction: Direction;
  stream: PooledStream | undefined;
  progress: string;
  /** When progress was last seen, in ms of `performance.now()`. */
  moved: number;
}

interface Waiter {
  readonly direction: Direction;
  readonly grant: (place: Place) => void;
  readonly refuse: (reason: unknown) => void;
}

/** Longest delay that `setTimeout` takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Places for open streams, given out in the order in which they are asked for; who waits for a direction that is full
 * does not hold up the other. Timers run only while somebody waits.
 */
export class ConnectionPool {
  readonly #limits: ConnectionLimits;
  readonly #holders = new Set<Holder>();
  readonly #waiters = new Set<Waiter>();
  readonly #open = { input: 0, output: 0 };
  #idleCheck: NodeJS.Timeout | undefined;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Waits for a place. Rejects with `signal.reason`, with `ETIMEDOUT`, or with the reason of `close`. */
  acquire(direction: Direction, signal: AbortSignal | undefined): Promise<Place> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const { timeout } = this.#limits;
      const leave = (): void => {
        this.#waiters.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        if (this.#waiters.size === 0) this.#stopIdleCheck();
      };
      const waiter: Waiter = {
        direction,
        grant: (place) => {
          leave();
          resolve(place);
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      const onAbort = () => waiter.refuse(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const timer =
        timeout === 0
          ? undefined
          : setTimeout(() => waiter.refuse(this.#timedOut()), Math.min(timeout, LONGEST_TIMER));
      this.#waiters.add(waiter);
      this.#serve();
    });
  }

  /** Refuses everybody who waits. */
  close(reason: unknown): void {
    for (const waiter of this.#waiters) waiter.refuse(reason);
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#fits(waiter.direction, this.#open)) waiter.grant(this.#place(waiter.direction));
    }
    if (this.#waiters.size > 0) this.#scheduleIdleCheck();
  }

  #fits(direction: Direction, open: { readonly input: number; readonly output: number }): boolean {
    return open[direction] < this.#limits[direction] && open.input + open.output < this.#limits.total;
  }

  #place(direction: Direction): Place {
    const holder: Holder = { direction, stream: undefined, progress: "", moved: performance.now() };
    this.#holders.add(holder);
    this.#open[direction]++;
    return {
      occupy: (stream) => {
        holder.stream = stream;
        holder.progress = stream.progress();
        holder.moved = performance.now();
        if (this.#waiters.size > 0) this.#scheduleIdleCheck();
      },
      release: () => this.#release(holder),
    };
  }

  #release(holder: Holder): void {
    if (!this.#holders.delete(holder)) return;
    this.#open[holder.direction]--;
    this.#serve();
  }

  #scheduleIdleCheck(): void {
    const { streamTimeout } = this.#limits;
    if (streamTimeout === 0 || this.#idleCheck !== undefined) return;
    let oldest = Number.POSITIVE_INFINITY;
    for (const { stream, moved } of this.#holders) if (stream !== undefined) oldest = Math.min(oldest, moved);
    if (oldest === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(1, Math.ceil(oldest + streamTimeout - performance.now()));
    this.#idleCheck = setTimeout(() => this.#endIdle(), Math.min(delay, LONGEST_TIMER));
  }

  #stopIdleCheck(): void {
    clearTimeout(this.#idleCheck);
    this.#idleCheck = undefined;
  }

  /** Ends streams without progress, the longest idle first, as far as that gives a waiter a place. */
  #endIdle(): void {
    this.#idleCheck = undefined;
    const now = performance.now();
    const idle: Holder[] = [];
    for (const holder of this.#holders) {
      if (holder.stream === undefined) continue;
      const progress = holder.stream.progress();
      if (progress !== holder.progress) {
        holder.progress = progress;
        holder.moved = now;
      } else if (now - holder.moved >= this.#limits.streamTimeout) {
        idle.push(holder);
      }
    }
    for (const holder of idle.sort((a, b) => a.moved - b.moved)) {
      const open = { ...this.#open, [holder.direction]: this.#open[holder.direction] - 1 };
      if (![...this.#waiters].some((waiter) => this.#fits(waiter.direction, open))) continue;
      holder.stream?.end(this.#endedIdle());
      this.#release(holder);
    }
    // Those left idle help nobody who waits now; look again after a whole period.
    for (const holder of idle) holder.moved = now;
    if (this.#waiters.size > 0) this.#scheduleIdleCheck();
  }

  #timedOut(): FileSystemError {
    const { keys, timeout, total, input, output } = this.#limits;
    const limit = (value: number) => (value === Number.POSITIVE_INFINITY ? "no limit" : `limit ${value}`);
    const { input: reading, output: writing } = this.#open;
    return new FileSystemError({
      code: "ETIMEDOUT",
      retryable: true,
      message:
        `no stream could be opened within ${timeout} ms, because ${reading + writing} are open (${limit(total)}), ` +
        `${reading} of them read (${limit(input)}) and ${writing} write (${limit(output)})`,
      hint: `Close streams that are not needed, or raise ${keys}.total, .input, .output or .timeout`,
    });
  }

  #endedIdle(): FileSystemError {
    const { keys, streamTimeout } = this.#limits;
    return new FileSystemError({
      code: "ETIMEDOUT",
      retryable: true,
      message: `the stream made no progress for ${streamTimeout} ms and was ended, because another waited for its place`,
      hint: `See ${keys}.stream-timeout`,
    });
  }
}
