/**
 * Sends together what is said within one turn of the event loop, in order: a message costs some µs at each end, whatever
 * it carries.
 */
export class Batch<T> {
  readonly #send: (messages: readonly T[], transfer: readonly object[]) => void;
  readonly #refused: (message: T, error: unknown) => void;
  #waiting: { readonly message: T; readonly transfer: readonly object[] }[] = [];

  /**
   * `send` throws when a message holds what cannot be cloned; then each is sent alone, and `refused` hears of those that
   * are to blame.
   */
  constructor(
    send: (messages: readonly T[], transfer: readonly object[]) => void,
    refused: (message: T, error: unknown) => void,
  ) {
    this.#send = send;
    this.#refused = refused;
  }

  add(message: T, transfer: readonly object[] = []): void {
    this.#waiting.push({ message, transfer });
    // After everything that runs in this turn.
    if (this.#waiting.length === 1) process.nextTick(() => this.flush());
  }

  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    try {
      this.#send(
        waiting.map(({ message }) => message),
        waiting.flatMap(({ transfer }) => transfer),
      );
    } catch (error) {
      const [only] = waiting;
      if (waiting.length === 1 && only !== undefined) this.#refused(only.message, error);
      else for (const { message, transfer } of waiting) this.#sendAlone(message, transfer);
    }
  }

  #sendAlone(message: T, transfer: readonly object[]): void {
    try {
      this.#send([message], transfer);
    } catch (error) {
      this.#refused(message, error);
    }
  }
}
