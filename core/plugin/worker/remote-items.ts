import type { Link } from "./link.ts";
import { errorFromWire, type WireError } from "./wire.ts";

interface Batch<T> {
  readonly items: readonly T[];
  readonly done: boolean;
  readonly error?: WireError;
}

/** Most items that one message carries: a call over the port costs about 10 µs, whatever it carries. */
const MOST = 128;

/** The items of an iteration in the worker: one in the first message, then 2, 4 … `most`. */
export async function* remoteItems<T>(
  link: Link,
  ref: number,
  signal: AbortSignal | undefined,
  most = MOST,
): AsyncGenerator<T> {
  let done = false;
  try {
    for (let count = 1; !done; count = Math.min(most, count * 2)) {
      const batch = await link.call<Batch<T>>(ref, "next", [count]).catch((error: unknown) => {
        done = true;
        throw signal?.aborted === true ? signal.reason : error;
      });
      done = batch.done;
      for (const item of batch.items) {
        signal?.throwIfAborted();
        yield item;
      }
      if (batch.error !== undefined) throw signal?.aborted ? signal.reason : errorFromWire(batch.error);
    }
  } finally {
    link.ignoreSignal(ref);
    if (!done && link.alive) await link.call(ref, "dispose", []);
    link.forget(ref);
  }
}
