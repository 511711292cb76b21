import { randomBytes } from "node:crypto";
import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import { JobError } from "../errors/errors.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { type CheckpointStorage, ownerId } from "../state/checkpoint-storage.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { StateBackend } from "../state/state-backend.ts";
import { unusedKeys } from "../state/unused-keys.ts";
import { FileSource, SplitSource } from "../text/file-source.ts";
import { type FromLinesOptions, LinesSource } from "../text/lines-source.ts";
import { checkReadOptions, type InputSplit, inputSplits, type ReadTextOptions } from "../text/splits.ts";
import {
  LineStream,
  type SinkDeclaration,
  type StreamContext,
  type TextStream,
} from "../text/text-stream.ts";
import type { JobExecution } from "./job-execution.ts";
import type { JobProgress, JobResult } from "./job-result.ts";
import { JobRun } from "./job-run.ts";
import { type CheckpointingOptions, checkCheckpointing, checkpointSettings } from "./settings.ts";

export type { JobExecution, SavepointOptions } from "./job-execution.ts";
export type { JobProgress, JobResult } from "./job-result.ts";
export type { CheckpointingOptions } from "./settings.ts";

export interface ExecuteOptions {
  /**
   * Ends the job, behind a last checkpoint when it takes them: `execute` rejects with `signal.reason`, and nothing is
   * published but the files of rolling sinks. A continuous job resolves to a result that says `stopped`.
   */
  readonly signal?: AbortSignal | undefined;
  /** 32 hexadecimal digits that name the job's checkpoints, instead of the first half of its name's SHA-256. */
  readonly jobId?: string | undefined;
  /** Called once the job begins to read, with what can be asked of it from then on. */
  readonly onStart?: ((execution: JobExecution) => void) | undefined;
  /** Called about ten times a second, and at the end. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /**
   * Goes on where a checkpoint of this job stands: `latest`, or a pointer (a checkpoint's directory or metadata file).
   * `latest` begins at the beginning when there is none, and does nothing when the job had come to its end.
   */
  readonly restore?: "latest" | (string & {}) | undefined;
}

/** A job with a name, with sources, sinks and settings of its own. */
export interface Job {
  readonly name: string;
  readTextFile(path: string | URL | Path, options?: ReadTextOptions): TextStream;
  fromLines(lines: Iterable<string> | AsyncIterable<string>, options?: FromLinesOptions): TextStream;
  createInputSplits(path: string | URL | Path, options?: ReadTextOptions): AsyncIterable<InputSplit>;
  readSplit(split: InputSplit): TextStream;
  setStateBackend(backend: StateBackend): this;
  enableCheckpointing(intervalMs: number, options?: CheckpointingOptions): this;
  execute(options?: ExecuteOptions): Promise<JobResult>;
}

export interface JobGraphOptions {
  /** The name of its jobs when `execute` is given none. */
  readonly name?: string | undefined;
  readonly fileSystems: FileSystems;
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** Aborted when the environment closes: it ends every job and every reading. */
  readonly signal: AbortSignal;
  /** Jobs under way are in it: the environment waits for them before it closes what they use. */
  readonly running: Set<Promise<unknown>>;
}

/** The sources, functions and sinks that a program has declared, and the settings of the jobs made of them. */
export class JobGraph {
  readonly #options: JobGraphOptions;
  readonly #context: StreamContext;
  #sinks: SinkDeclaration[] = [];
  #backend: StateBackend | undefined;
  #intervalMs: number | undefined;
  #checkpointing: CheckpointingOptions = {};
  #warned = false;

  constructor(options: JobGraphOptions) {
    this.#options = options;
    this.#context = {
      fileSystems: options.fileSystems,
      signal: options.signal,
      addSink: (sink) => this.#sinks.push(sink),
    };
  }

  /**
   * The lines of a file, or of the files of a folder in byte order of their path; names that begin with `_` or `.` are
   * left out. Nothing is read yet: a missing path shows when the stream is iterated or executed. With `continuous` the
   * stream has no end: files are read as they appear.
   */
  readTextFile(path: string | URL | Path, options: ReadTextOptions = {}): TextStream {
    const { fileSystems } = this.#options;
    checkReadOptions(options);
    return new LineStream(
      this.#context,
      new FileSource(fileSystems, fileSystems.resolve(path), { ...options }),
    );
  }

  fromLines(lines: Iterable<string> | AsyncIterable<string>, options?: FromLinesOptions): TextStream {
    return new LineStream(this.#context, new LinesSource(lines, options));
  }

  /** The splits of the same input, as plain data; each is read by `readSplit`, here or in another process. */
  createInputSplits(path: string | URL | Path, options: ReadTextOptions = {}): AsyncIterable<InputSplit> {
    const { fileSystems, signal } = this.#options;
    checkReadOptions(options);
    if (options.continuous !== undefined) {
      const message = "the splits of a continuous input have no end: createInputSplits lists what there is";
      throw new JobError({ code: "ERR_JOB_INPUT", message, hint: "Leave out continuous, and call it again" });
    }
    return inputSplits(fileSystems, fileSystems.resolve(path), { ...options }, { signal, parallelism: 1 });
  }

  readSplit(split: InputSplit): TextStream {
    if (split.format !== undefined) checkReadOptions(split.format);
    return new LineStream(this.#context, new SplitSource(this.#options.fileSystems, { ...split }));
  }

  setStateBackend(backend: StateBackend): this {
    this.#backend = backend;
    return this;
  }

  enableCheckpointing(intervalMs: number, options: CheckpointingOptions = {}): this {
    checkCheckpointing(intervalMs, options);
    this.#intervalMs = intervalMs;
    this.#checkpointing = { ...options };
    return this;
  }

  /**
   * A place for the state of a host: the checkpoints of `owner`, in `backend`, else in that of `setStateBackend`, else in
   * `execution.checkpointing.dir`. A job's own checkpoints are those of the job's name.
   */
  async stateStorage(owner: string, backend?: StateBackend): Promise<CheckpointStorage> {
    const { fileSystems, configuration, logger, signal } = this.#options;
    const chosen = backend ?? this.#backend ?? FsStateBackend.fromConfiguration(configuration);
    if (chosen === undefined) {
      throw new JobError({
        code: "ERR_JOB_NO_STATE_BACKEND",
        message: "no state backend is set",
        hint: "Pass one, call setStateBackend, or set execution.checkpointing.dir",
      });
    }
    return chosen.openStorage(ownerId(owner), { fileSystems, configuration, logger, signal });
  }

  /** Runs all sinks declared since the last call as one job, with the settings of this moment. */
  async execute(name = this.#options.name, options: ExecuteOptions = {}): Promise<JobResult> {
    const { fileSystems, configuration, logger, signal } = this.#options;
    const declared = { backend: this.#backend, intervalMs: this.#intervalMs, options: this.#checkpointing };
    const sinks = this.#sinks;
    if (signal.aborted) throw new JobError({ code: "ERR_JOB_CLOSED", job: name });
    if (sinks.length === 0) {
      const hint = "Call writeAsText on a stream first; iterating a stream needs no execute";
      throw new JobError({ code: "ERR_JOB_NO_SINK", job: name, hint });
    }
    const { jobId } = options;
    if (jobId !== undefined && !/^[0-9a-f]{32}$/.test(jobId)) {
      const message = `jobId is "${jobId}"; expected 32 hexadecimal digits in lower case`;
      throw new JobError({ code: "ERR_JOB_NAME_REQUIRED", job: name, message });
    }
    const checkpointing = checkpointSettings(declared, configuration, name ?? jobId);
    if (options.restore !== undefined && checkpointing === undefined) {
      throw new JobError({
        code: "ERR_JOB_CHECKPOINT",
        job: name,
        message: "a job without checkpoints has none to restore",
        hint: "Call enableCheckpointing, or set execution.checkpointing.interval",
      });
    }
    if (checkpointing !== undefined) this.#warnOfUnusedKeys();
    this.#sinks = [];
    const run = new JobRun({
      id: jobId ?? (name === undefined ? randomBytes(16).toString("hex") : ownerId(name)),
      name,
      sinks,
      checkpointing,
      fileSystems,
      configuration,
      logger,
      closed: signal,
      signal: options.signal,
      restore: options.restore,
      onProgress: options.onProgress,
      onStart: options.onStart,
    }).run();
    this.#options.running.add(run);
    try {
      return await run;
    } finally {
      this.#options.running.delete(run);
    }
  }

  #warnOfUnusedKeys(): void {
    if (this.#warned) return;
    this.#warned = true;
    const { configuration, logger } = this.#options;
    for (const message of unusedKeys(configuration)) logger.warn({}, message);
  }
}

/** A graph as a `Job`: its name is the job's. */
export class NamedJob implements Job {
  readonly name: string;
  readonly #graph: JobGraph;

  constructor(options: JobGraphOptions & { readonly name: string }) {
    if (options.name === "") {
      throw new JobError({ code: "ERR_JOB_NAME_REQUIRED", message: "the name of a job is empty" });
    }
    this.name = options.name;
    this.#graph = new JobGraph(options);
  }

  readTextFile(path: string | URL | Path, options?: ReadTextOptions): TextStream {
    return this.#graph.readTextFile(path, options);
  }

  fromLines(lines: Iterable<string> | AsyncIterable<string>, options?: FromLinesOptions): TextStream {
    return this.#graph.fromLines(lines, options);
  }

  createInputSplits(path: string | URL | Path, options?: ReadTextOptions): AsyncIterable<InputSplit> {
    return this.#graph.createInputSplits(path, options);
  }

  readSplit(split: InputSplit): TextStream {
    return this.#graph.readSplit(split);
  }

  setStateBackend(backend: StateBackend): this {
    this.#graph.setStateBackend(backend);
    return this;
  }

  enableCheckpointing(intervalMs: number, options?: CheckpointingOptions): this {
    this.#graph.enableCheckpointing(intervalMs, options);
    return this;
  }

  execute(options?: ExecuteOptions): Promise<JobResult> {
    return this.#graph.execute(this.name, options);
  }
}
