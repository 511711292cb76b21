/**
 * Takes items from `source` before they are asked for, some `limit` of them, and tells `seen` of each: so that totals
 * are known while the first ones are still being worked on.
 */
export async function* ahead<T>(
  source: AsyncIterable<T>,
  limit: number,
  seen: (item: T) => void,
): AsyncGenerator<T> {
  let waiting: T[] = [];
  let end: { readonly error?: unknown } | undefined;
  let stopped = false;
  let wakeReader = () => {};
  let wakePump = () => {};

  const pump = async () => {
    for await (const item of source) {
      seen(item);
      waiting.push(item);
      wakeReader();
      while (waiting.length >= limit && !stopped) {
        await new Promise<void>((resolve) => {
          wakePump = resolve;
        });
      }
      if (stopped) return;
    }
  };
  const pumped = pump()
    .then(
      () => ({}),
      (error: unknown) => ({ error }),
    )
    .then((ended) => {
      end = ended;
      wakeReader();
    });

  try {
    for (;;) {
      const batch = waiting;
      waiting = [];
      wakePump();
      yield* batch;
      if (waiting.length > 0) continue;
      if (end === undefined) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      } else if ("error" in end) throw end.error;
      else return;
    }
  } finally {
    stopped = true;
    wakePump();
    await pumped;
  }
}
