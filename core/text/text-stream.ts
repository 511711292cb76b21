import { JobError } from "../errors/errors.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { Pace } from "./pace.ts";
import type { BatchReader, TextSource } from "./source.ts";
import { compileStages, type Run, type Stage, StageFailure, type Values } from "./stages.ts";

export interface FunctionOptions {
  /**
   * Calls under way at once, for a function that returns a promise. Results keep the order of the lines. Default 1. Where
   * a sink has a parallelism above 1 the splits of its writers are read side by side, and each such reading has its own.
   */
  readonly concurrency?: number | undefined;
}

export interface WriteAsTextOptions {
  /**
   * `NO_OVERWRITE` refuses an output that exists, `OVERWRITE` replaces it once everything is written. Default:
   * `fs.overwrite-files`.
   */
  readonly writeMode?: "NO_OVERWRITE" | "OVERWRITE" | undefined;
  /**
   * 1 (default): one file, in the order of the input. n > 1: a folder of the files `1` to `n`; split i of the input goes
   * to file i mod n + 1, in order. The splits of the n files are read side by side (several sinks of one source: as many
   * as the greatest common divisor of their parallelisms), each with buffers of its own.
   */
  readonly parallelism?: number | undefined;
  /**
   * Publishes while the job runs: the path is a folder of files `part-<writer>-<number>`, each visible, whole, from the
   * checkpoint on that closed it. Of one writer they follow each other in the order of their names. Needs checkpoints and
   * a file system with recoverable writers. Files are added, never replaced: the folder has to be empty at the job's
   * beginning, whatever `fs.overwrite-files` says.
   */
  readonly rolling?: RollingOptions | undefined;
}

/** When a file is closed and the next one begun; a file without lines is never begun. */
export interface RollingOptions {
  /**
   * Bytes that close a file, give or take a batch of lines. Default 128 MiB; `Infinity`: any. Closed files wait for the
   * next checkpoint, which names them all: a size far below what comes between two makes it large.
   */
  readonly size?: number | undefined;
  /** Milliseconds after which the next checkpoint closes a file. Default 60 000; 0: each checkpoint; `Infinity`: none. */
  readonly interval?: number | undefined;
}

/**
 * Lines on their way. Nothing is read before the stream is iterated or its job executed; iterating it again starts
 * again from the source. Values are pulled batch by batch, so that memory does not grow with the input.
 *
 * A function that throws ends the reading with a `JobError` ERR_JOB_FUNCTION that names file and byte offset of the
 * line; what it threw is the `cause`.
 */
export interface TextStream<T = string> extends AsyncIterable<T> {
  map<U>(f: (value: T) => U | Promise<U>, options?: FunctionOptions): TextStream<U>;
  filter<S extends T>(f: (value: T) => value is S): TextStream<S>;
  filter(f: (value: T) => boolean | Promise<boolean>, options?: FunctionOptions): TextStream<T>;
  flatMap<U>(f: (value: T) => Iterable<U> | Promise<Iterable<U>>, options?: FunctionOptions): TextStream<U>;
  /** The same values, in arrays as they are read: faster than one by one. Never an empty array. */
  batches(): AsyncIterable<readonly T[]>;
  /**
   * Declares a sink of the job: `String(value)` and `"\n"` for each value, in UTF-8. It runs with `execute`; nothing is
   * visible at `path` before everything is written, with `rolling` before a checkpoint. `null` and `undefined` are refused.
   */
  writeAsText(path: string | URL | Path, options?: WriteAsTextOptions): this;
}

/** What a stream needs of its job. */
export interface StreamContext {
  readonly fileSystems: FileSystems;
  /** Aborted when the environment closes. */
  readonly signal: AbortSignal;
  addSink(sink: SinkDeclaration): void;
}

/** A `writeAsText` that waits for `execute`. */
export interface SinkDeclaration {
  readonly stream: LineStream<unknown>;
  readonly path: Path;
  readonly options: WriteAsTextOptions;
}

/** A source and the functions behind it; each function makes a new stream that knows its parent. */
export class LineStream<T> implements TextStream<T> {
  readonly source: TextSource;
  readonly parent: LineStream<unknown> | undefined;
  /** The last function; absent for the source itself. */
  readonly stage: Stage | undefined;
  readonly #context: StreamContext;

  constructor(context: StreamContext, source: TextSource, parent?: LineStream<unknown>, stage?: Stage) {
    this.#context = context;
    this.source = source;
    this.parent = parent;
    this.stage = stage;
  }

  map<U>(f: (value: T) => U | Promise<U>, options?: FunctionOptions): TextStream<U> {
    return this.#then<U>("map", f, options);
  }

  filter(f: (value: T) => boolean | Promise<boolean>, options?: FunctionOptions): LineStream<never> {
    return this.#then("filter", f, options);
  }

  flatMap<U>(f: (value: T) => Iterable<U> | Promise<Iterable<U>>, options?: FunctionOptions): TextStream<U> {
    return this.#then<U>("flatMap", f, options);
  }

  writeAsText(path: string | URL | Path, options: WriteAsTextOptions = {}): this {
    const { parallelism = 1, writeMode } = options;
    checkCount("parallelism", parallelism, "ERR_JOB_OUTPUT");
    if (writeMode !== undefined && writeMode !== "NO_OVERWRITE" && writeMode !== "OVERWRITE") {
      throw new JobError({
        code: "ERR_JOB_OUTPUT",
        message: `writeMode is ${String(writeMode)}; expected NO_OVERWRITE or OVERWRITE`,
      });
    }
    if (options.rolling !== undefined) checkRolling(options.rolling, writeMode);
    this.#context.addSink({
      stream: this as LineStream<unknown>,
      path: this.#context.fileSystems.resolve(path),
      options: { ...options },
    });
    return this;
  }

  async *batches(): AsyncGenerator<readonly T[], void, undefined> {
    const reading = this.source.open({ signal: this.#context.signal, parallelism: 1, lanes: 1 });
    const [reader] = reading.lanes as readonly [BatchReader];
    const stages = this.stages();
    const run = compileStages(stages);
    const pace = new Pace(Math.max(1, ...stages.map(({ concurrency }) => concurrency)));
    try {
      for (;;) {
        const batch = await reader.next(pace.limit);
        if (batch === undefined) return;
        const started = performance.now();
        const { values } = await runStages(run, { values: batch.lines }, reader);
        pace.took(batch.lines.length, performance.now() - started);
        if (values.length > 0) yield values as readonly T[];
      }
    } finally {
      await reading.close();
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    return new ValueIterator(this.batches());
  }

  /** The functions from the source to here. */
  stages(): Stage[] {
    const stages = this.parent?.stages() ?? [];
    if (this.stage !== undefined) stages.push(this.stage);
    return stages;
  }

  #then<U>(kind: Stage["kind"], f: (value: T) => unknown, options: FunctionOptions = {}): LineStream<U> {
    if (typeof f !== "function") {
      throw new JobError({ code: "ERR_JOB_FUNCTION", message: `${kind} takes a function, not ${typeof f}` });
    }
    const concurrency = options.concurrency ?? 1;
    checkCount("concurrency", concurrency, "ERR_JOB_FUNCTION");
    const stage: Stage = { kind, call: f as (value: unknown) => unknown, concurrency };
    return new LineStream<U>(this.#context, this.source, this as LineStream<unknown>, stage);
  }
}

/** Runs the stages over a batch; a function that threw becomes an error that says where its line stands. */
export async function runStages(run: Run, input: Values, reader: BatchReader): Promise<Values> {
  try {
    return await run(input);
  } catch (failure) {
    if (!(failure instanceof StageFailure)) throw failure;
    const { kind, index, cause } = failure;
    const text = cause instanceof Error ? cause.message : String(cause);
    const message = `the function of ${kind} threw at ${reader.place(index)}: ${text}`;
    throw new JobError({ code: "ERR_JOB_FUNCTION", message, cause });
  }
}

/** One value per step, without a pass through the batches' generator for each. */
class ValueIterator<T> implements AsyncIterator<T, void, undefined> {
  readonly #batches: AsyncIterator<readonly T[], void, undefined>;
  #batch: readonly T[] = [];
  #index = 0;
  #refilling: Promise<IteratorResult<T, void>> | undefined;

  constructor(batches: AsyncIterator<readonly T[], void, undefined>) {
    this.#batches = batches;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#index < this.#batch.length && this.#refilling === undefined) {
      return Promise.resolve({ value: this.#batch[this.#index++] as T, done: false });
    }
    return this.#refill();
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#batch = [];
    await this.#batches.return?.();
    return { value: undefined, done: true };
  }

  #refill(): Promise<IteratorResult<T, void>> {
    // A caller that does not wait for its last `next` is served in turn.
    const turn = this.#refilling?.then(() => this.#fetch()) ?? this.#fetch();
    this.#refilling = turn;
    const done = () => {
      if (this.#refilling === turn) this.#refilling = undefined;
    };
    turn.then(done, done);
    return turn;
  }

  async #fetch(): Promise<IteratorResult<T, void>> {
    if (this.#index < this.#batch.length) return { value: this.#batch[this.#index++] as T, done: false };
    const step = await this.#batches.next();
    if (step.done === true) return { value: undefined, done: true };
    this.#batch = step.value;
    this.#index = 1;
    return { value: step.value[0] as T, done: false };
  }
}

function checkRolling({ size = 1, interval = 0 }: RollingOptions, writeMode: unknown): void {
  const refuse = (message: string) => {
    throw new JobError({ code: "ERR_JOB_OUTPUT", message });
  };
  if (!(size >= 1)) refuse(`rolling.size is ${size}; expected bytes from 1, or Infinity`);
  if (!(interval >= 0)) refuse(`rolling.interval is ${interval}; expected milliseconds from 0, or Infinity`);
  if (writeMode === "OVERWRITE")
    refuse("rolling files are added, never replaced: writeMode OVERWRITE cannot be");
}

function checkCount(name: string, value: number, code: "ERR_JOB_OUTPUT" | "ERR_JOB_FUNCTION"): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new JobError({ code, message: `${name} is ${value}; expected a whole number from 1` });
}
