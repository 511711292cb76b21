/**
 * Runs `work` on every item, at most `limit` at a time; takes an item only when there is room for it, so that memory
 * does not grow with the number of items. Rejects with the first failure of the source or of `work`, after what was
 * under way has ended.
 */
export async function each<T>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let failed = false;
  const worker = async () => {
    try {
      for (let next = await iterator.next(); next.done !== true && !failed; next = await iterator.next()) {
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: limit }, worker));
  await iterator.return?.();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
