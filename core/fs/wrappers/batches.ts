/**
 * A listing may have `batches()` beside its entries: the same ones, as many at a time as the store gave at once. The
 * wrappers hand these on, so that an entry costs no promise in each of them.
 */
interface Batched<T> {
  batches?(): AsyncIterableIterator<readonly T[], unknown>;
}

/** The batches of an iterable; where it has none, each item is one. */
export function batchesOf<T>(
  iterable: AsyncIterable<T> & Batched<T>,
): AsyncIterableIterator<readonly T[], unknown> {
  if (iterable.batches !== undefined) return iterable.batches();
  const iterator: AsyncIterator<T, unknown> = iterable[Symbol.asyncIterator]();
  return {
    async next() {
      const step = await iterator.next();
      return step.done === true ? step : { done: false, value: [step.value] };
    },
    async return() {
      await iterator.return?.();
      return END;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The items of batches, one by one; `batches()` gives these themselves. */
export function itemsOf<T>(batches: AsyncGenerator<readonly T[], void>): AsyncGenerator<T, void, undefined> {
  return new Items(batches);
}

class Items<T> implements AsyncGenerator<T, void, undefined>, Batched<T> {
  readonly #batches: AsyncGenerator<readonly T[], void>;
  #batch: readonly T[] = [];
  #at = 0;
  #isOver = false;
  #coming: Promise<void> | undefined;

  constructor(batches: AsyncGenerator<readonly T[], void>) {
    this.#batches = batches;
  }

  batches(): AsyncGenerator<readonly T[], void> {
    return this.#batches;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#at < this.#batch.length) {
      return Promise.resolve({ done: false, value: this.#batch[this.#at++] as T });
    }
    return this.#isOver ? Promise.resolve(END) : this.#nextOfAnother();
  }

  async #nextOfAnother(): Promise<IteratorResult<T, void>> {
    // Several may wait for the same one.
    this.#coming ??= this.#fetch();
    await this.#coming;
    return this.next();
  }

  async #fetch(): Promise<void> {
    try {
      const step = await this.#batches.next();
      this.#batch = step.done === true ? [] : step.value;
      this.#at = 0;
      this.#isOver ||= step.done === true;
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#coming = undefined;
    }
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#isOver = true;
    this.#batch = [];
    await this.#batches.return();
    return END;
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const END = { done: true, value: undefined } as const;
