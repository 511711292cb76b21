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
