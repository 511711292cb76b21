interface Waiter {
  readonly grant: () => void;
}

/** Longest delay that `setTimeout` takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * So many units per second, one second's worth at once. Whoever finds the bucket not empty may take more than is in
 * it; those who come next wait until that is made up for, in the order in which they came. A timer runs only while
 * somebody waits.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #waiters = new Set<Waiter>();
  #tokens: number;
  /** When `#tokens` was right, in ms of `performance.now()`. */
  #counted = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  /** Waits until the bucket is not empty, then takes `amount`. Rejects with the reason of the first signal that fires. */
  take(amount: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> | undefined {
    const aborted = signals.find((signal) => signal?.aborted === true);
    if (aborted !== undefined) return Promise.reject(aborted.reason);
    this.#refill();
    if (this.#waiters.size === 0 && this.#tokens > 0) {
      this.#tokens -= amount;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        for (const signal of signals) signal?.removeEventListener("abort", onAbort);
        if (this.#waiters.size === 0) this.#stop();
      };
      const waiter: Waiter = {
        grant: () => {
          this.#tokens -= amount;
          leave();
          resolve();
        },
      };
      const onAbort = (event: Event): void => {
        leave();
        reject((event.target as AbortSignal).reason);
      };
      for (const signal of signals) signal?.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
      this.#schedule();
    });
  }

  /** Takes what is known only afterwards. */
  spend(amount: number): void {
    this.#tokens -= amount;
  }

  #refill(): void {
    const now = performance.now();
    const gained = ((now - this.#counted) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained);
    this.#counted = now;
  }

  #serve(): void {
    this.#timer = undefined;
    this.#refill();
    for (const waiter of this.#waiters) {
      if (this.#tokens <= 0) break;
      waiter.grant();
    }
    if (this.#waiters.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const delay = Math.ceil((-this.#tokens / this.#perSecond) * 1000) + 1;
    this.#timer = setTimeout(() => this.#serve(), Math.min(Math.max(1, delay), LONGEST_TIMER));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
