/** One function of a stream. */
export interface Stage {
  readonly kind: "map" | "filter" | "flatMap";
  readonly call: (value: unknown) => unknown;
  /** Calls under way at once; results keep the order of the values. */
  readonly concurrency: number;
}

/** What flows between stages, for one batch. */
export interface Values {
  readonly values: readonly unknown[];
  /** For each value the line of the batch that it comes from; absent: the value's own index. */
  readonly origins?: readonly number[];
}

/** A function of the stream threw; `index` is the line of the batch that it was about. */
export class StageFailure {
  readonly kind: Stage["kind"];
  readonly index: number;
  readonly cause: unknown;

  constructor(kind: Stage["kind"], index: number, cause: unknown) {
    this.kind = kind;
    this.index = index;
    this.cause = cause;
  }
}

/** Runs stages over a batch. Costs no promise while the functions are synchronous. Throws {@link StageFailure}. */
export type Run = (input: Values) => Values | Promise<Values>;

/**
 * Functions that follow each other run in one loop, value by value. A flatMap ends a loop, and a function with
 * concurrency has one of its own.
 */
export function compileStages(stages: readonly Stage[]): Run {
  const runs: Run[] = [];
  let loop: Stage[] = [];
  const endLoop = () => {
    const fused = loop;
    if (fused.length > 0) runs.push((input) => new SerialRun(fused, input).run());
    loop = [];
  };
  for (const stage of stages) {
    if (stage.concurrency > 1) {
      endLoop();
      runs.push((input) => runConcurrently(stage, input));
    } else {
      loop.push(stage);
      if (stage.kind === "flatMap") endLoop();
    }
  }
  endLoop();
  return (input) => inTurn(runs, 0, input);
}

function inTurn(runs: readonly Run[], from: number, input: Values): Values | Promise<Values> {
  let values = input;
  for (let i = from; i < runs.length; i++) {
    const result = (runs[i] as Run)(values);
    if (result instanceof Promise) return result.then((next) => inTurn(runs, i + 1, next));
    values = result;
  }
  return values;
}

/** Values, one after the other, through the functions of one loop. */
class SerialRun {
  readonly #stages: readonly Stage[];
  readonly #input: Values;
  readonly #values: unknown[] = [];
  readonly #origins: number[] | undefined;
  #index = 0;
  /** The stage at work, for errors. */
  #stage: Stage | undefined;

  constructor(stages: readonly Stage[], input: Values) {
    this.#stages = stages;
    this.#input = input;
    if (stages.some(({ kind }) => kind !== "map")) this.#origins = [];
  }

  run(): Values | Promise<Values> {
    const { values } = this.#input;
    try {
      for (; this.#index < values.length; this.#index++) {
        const waiting = this.#pass(values[this.#index], 0);
        if (waiting !== undefined) return this.#wait(waiting);
      }
    } catch (error) {
      throw this.#failure(error);
    }
    const origins = this.#origins ?? this.#input.origins;
    return { values: this.#values, ...(origins && { origins }) };
  }

  /** Goes on with the rest once the first asynchronous function has answered. */
  async #wait(first: Promise<void>): Promise<Values> {
    try {
      await first;
    } catch (error) {
      throw this.#failure(error);
    }
    this.#index += 1;
    return this.run();
  }

  /** A promise when a function gave one. */
  #pass(input: unknown, from: number): Promise<void> | undefined {
    let value = input;
    for (let s = from; s < this.#stages.length; s++) {
      const stage = this.#stages[s] as Stage;
      this.#stage = stage;
      const result = stage.call(value);
      if (isPromise(result)) return this.#later(result, value, s);
      if (stage.kind === "map") value = result;
      else if (stage.kind === "filter") {
        if (!result) return undefined;
      } else {
        for (const item of result as Iterable<unknown>) this.#emit(item);
        return undefined;
      }
    }
    this.#emit(value);
    return undefined;
  }

  async #later(pending: PromiseLike<unknown>, value: unknown, at: number): Promise<void> {
    const result = await pending;
    const { kind } = this.#stages[at] as Stage;
    if (kind === "flatMap") {
      for (const item of result as Iterable<unknown>) this.#emit(item);
    } else if (kind === "map" || result) {
      await this.#pass(kind === "map" ? result : value, at + 1);
    }
  }

  #emit(value: unknown): void {
    this.#values.push(value);
    this.#origins?.push(this.#origin());
  }

  #origin(): number {
    return this.#input.origins?.[this.#index] ?? this.#index;
  }

  #failure(error: unknown): unknown {
    if (error instanceof StageFailure) return error;
    return new StageFailure(this.#stage?.kind ?? "map", this.#origin(), error);
  }
}

async function runConcurrently(stage: Stage, input: Values): Promise<Values> {
  const { values } = input;
  const results: unknown[] = new Array(values.length);
  const originOf = (index: number) => input.origins?.[index] ?? index;
  let next = 0;
  const failures: StageFailure[] = [];
  const work = async () => {
    while (next < values.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await stage.call(values[index]);
      } catch (error) {
        failures.push(new StageFailure(stage.kind, originOf(index), error));
      }
    }
  };
  // Every call has ended before the failure is told: none runs on behind the job's back.
  await Promise.all(Array.from({ length: Math.min(stage.concurrency, values.length) }, work));
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first !== undefined) throw first;
  return collect(stage, input, results);
}

function collect(stage: Stage, input: Values, results: readonly unknown[]): Values {
  if (stage.kind === "map") return { ...input, values: results };
  const values: unknown[] = [];
  const origins: number[] = [];
  for (const [index, result] of results.entries()) {
    const origin = input.origins?.[index] ?? index;
    if (stage.kind === "filter") {
      if (result) {
        values.push(input.values[index]);
        origins.push(origin);
      }
      continue;
    }
    try {
      for (const item of result as Iterable<unknown>) {
        values.push(item);
        origins.push(origin);
      }
    } catch (error) {
      throw new StageFailure(stage.kind, origin, error);
    }
  }
  return { values, origins };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
