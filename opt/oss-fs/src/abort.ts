import { setMaxListeners } from "node:events";

/**
 * Calls `listener` once `signal` is aborted, also when it is already; returns what takes the listener away. Any number
 * of calls may wait for one signal: Node's warning about more than ten listeners is turned off for it.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    listener();
    return () => {};
  }
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** The end of something: its signal is made when it is asked for, its reason when it is told. */
export class Ending {
  #reason: (() => unknown) | undefined;
  #controller: AbortController | undefined;

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  /** Of several calls the first counts. */
  end(reason: () => unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason());
  }

  throwIfOver(): void {
    if (this.#reason !== undefined) throw this.#reason();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason());
    }
    return this.#controller.signal;
  }
}
