/** Runs tasks, a bounded number at once. After the first failure none is begun. */
export class TaskPool {
  readonly #limit: number;
  readonly #signal: AbortSignal | undefined;
  readonly #running = new Set<Promise<void>>();
  readonly #ends: (() => Promise<void>)[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(limit: number, signal: AbortSignal | undefined) {
    this.#limit = Math.max(1, limit);
    this.#signal = signal;
  }

  /** Runs what adds the tasks, then waits for all of them; rejects with the first failure, when nothing runs any more. */
  async run(first: () => Promise<void>): Promise<void> {
    try {
      await first();
    } catch (error) {
      this.#failure ??= { error };
    }
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    for (const end of this.#ends.reverse()) await end();
  }

  /** Resolves when the task has begun. Rejects once a task has failed, or the signal has fired. */
  async add(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    this.#signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
    const running = task().catch((error: unknown) => {
      this.#failure ??= { error };
    });
    const tracked = running.then(() => void this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Done after all tasks, the last one added first. */
  atEnd(end: () => Promise<void>): void {
    this.#ends.push(end);
  }
}
