type Step<T> = IteratorResult<T, unknown>;

/** Goes around every step; `isLeaving` when the consumer leaves before the end. */
export type AroundStep<T> = (step: () => Promise<Step<T>>, isLeaving: boolean) => Promise<Step<T>>;

/**
 * An iteration that is begun at its first step by `open`. Without the promises that a generator would make for each
 * item in each wrapper: a listing may have millions.
 */
export function steps<T>(
  open: () => Promise<AsyncIterator<T, unknown>>,
  around: AroundStep<T> = (step) => step(),
): AsyncGenerator<T, void, undefined> {
  return new Steps(open, around);
}

class Steps<T> implements AsyncGenerator<T, void, undefined> {
  readonly #open: () => Promise<AsyncIterator<T, unknown>>;
  readonly #around: AroundStep<T>;
  #opening: Promise<AsyncIterator<T, unknown>> | undefined;
  #iterator: AsyncIterator<T, unknown> | undefined;
  #isOver = false;
  readonly #step = (): Promise<Step<T>> => (this.#iterator as AsyncIterator<T, unknown>).next();

  constructor(open: () => Promise<AsyncIterator<T, unknown>>, around: AroundStep<T>) {
    this.#open = open;
    this.#around = around;
  }

  async next(): Promise<IteratorResult<T, void>> {
    if (this.#isOver) return END;
    try {
      if (this.#iterator === undefined) {
        this.#opening ??= this.#open();
        this.#iterator = await this.#opening;
      }
      const step = await this.#around(this.#step, false);
      if (step.done !== true) return step;
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    this.#isOver = true;
    return END;
  }

  /** The consumer left early. After its own end or failure an iterator needs no further word. */
  async return(): Promise<IteratorResult<T, void>> {
    if (this.#isOver) return END;
    this.#isOver = true;
    const iterator = await this.#opening;
    if (iterator?.return !== undefined) {
      await this.#around(async () => (await iterator.return?.()) ?? END, true);
    }
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
