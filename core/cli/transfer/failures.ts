import { errorCode } from "../../errors/errors.ts";
import type { Messages } from "../messages.ts";
import { original } from "../original.ts";

/** Codes that every further file would meet as well. */
const HOPELESS = new Set(["ENOSPC", "EDQUOT", "EROFS", "ENODEV", "ENOTSUP", "ENOTFOUND", "ECONNREFUSED"]);

/** Failures after each other, with no success between them, after which a transfer gives up. */
const IN_A_ROW = 20;

/** Reports what fails and lets the others go on, unless it is clear that they would fail too. */
export class Failures {
  count = 0;
  readonly #messages: Messages;
  readonly #signal: AbortSignal;
  #inARow = 0;

  constructor(messages: Messages, signal: AbortSignal) {
    this.#messages = messages;
    this.#signal = signal;
  }

  /** Rejects only when all has to stop; resolves to undefined when `work` failed. */
  async guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      this.#signal.throwIfAborted();
      const result = await work();
      this.#inARow = 0;
      return result;
    } catch (thrown) {
      this.#signal.throwIfAborted();
      const error = original(thrown);
      const code = errorCode(error) ?? "";
      if (HOPELESS.has(code) || code.startsWith("ERR_")) throw error;
      if (++this.#inARow >= IN_A_ROW) {
        this.#messages.note(`Gave up after ${IN_A_ROW} failures in a row; the last one was:`);
        throw error;
      }
      this.count++;
      this.#messages.failure(error);
      return undefined;
    }
  }

  /** What `items` yields; when it fails that is reported, and these items end. */
  async *reported<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.guard(() => iterator.next());
        if (next === undefined || next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
}
