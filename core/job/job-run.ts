import { setImmediate as nextTurn } from "node:timers/promises";
import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { CheckpointStorage } from "../state/checkpoint-storage.ts";
import { Pace } from "../text/pace.ts";
import type { BatchReader, SourcePosition } from "../text/source.ts";
import type { Values } from "../text/stages.ts";
import { runStages, type SinkDeclaration } from "../text/text-stream.ts";
import { NotALine } from "../text/text-writer.ts";
import { TextSink } from "../text/write-as-text.ts";
import { CheckpointCoordinator } from "./checkpoint-coordinator.ts";
import { CheckpointGate } from "./checkpoint-gate.ts";
import { checkPaths, checkReplayable } from "./checks.ts";
import type { JobProgress, JobResult } from "./job-result.ts";
import { type Branch, type Flow, planFlows } from "./plan.ts";
import { publish } from "./publish.ts";
import type { CheckpointSettings } from "./settings.ts";

/** A busy job lets timers and other work run this often. */
const TURN_MS = 20;
const PROGRESS_MS = 100;

export interface JobSpec {
  readonly id: string;
  readonly name: string | undefined;
  readonly sinks: readonly SinkDeclaration[];
  readonly checkpointing: CheckpointSettings | undefined;
  readonly fileSystems: FileSystems;
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** Ends the job: it rejects with the reason, and publishes nothing. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
}

/** A batch on its way through the functions. */
interface Passing {
  readonly reader: BatchReader;
  readonly split: number;
  /** Time spent in functions; not in waiting for the sinks, which fewer lines at once would not shorten. */
  functionMs: number;
}

/** One execution of a job: opens everything, moves the lines, publishes, tidies up. */
export class JobRun {
  readonly #spec: JobSpec;
  readonly #ended = new AbortController();
  readonly #gate = new CheckpointGate();
  readonly #started = performance.now();
  readonly #positions = new Map<string, SourcePosition>();
  #sinks: TextSink[] = [];
  #storage: CheckpointStorage | undefined;
  #coordinator: CheckpointCoordinator | undefined;
  #linesRead = 0;
  #bytesRead = 0;
  #lastProgress = 0;

  constructor(spec: JobSpec) {
    this.#spec = spec;
  }

  async run(): Promise<JobResult> {
    const unlink = this.#linkSignals();
    try {
      this.#ended.signal.throwIfAborted();
      const flows = await this.#open();
      this.#coordinator?.start();
      await this.#readAll(flows);
      await this.#coordinator?.drain();
      this.#ended.signal.throwIfAborted();
      // Publishing is one step: from here on the job is not stopped halfway.
      unlink();
      return await this.#complete();
    } catch (error) {
      // The first failure decides; what it stopped fails after it.
      this.#ended.abort(error);
      const first: unknown = this.#ended.signal.reason;
      await this.#abandon(first);
      throw this.#explained(first);
    } finally {
      unlink();
    }
  }

  async #open(): Promise<Flow[]> {
    const { id, name, sinks, checkpointing, fileSystems, configuration, logger } = this.#spec;
    const { signal } = this.#ended;
    checkPaths(name, sinks, checkpointing);
    const planned = sinks.map((declaration) => ({
      declaration,
      sink: new TextSink(fileSystems, configuration, declaration),
    }));
    this.#sinks = planned.map(({ sink }) => sink);
    for (const sink of this.#sinks) await sink.check(signal);
    if (checkpointing !== undefined) {
      checkReplayable(name, sinks);
      this.#storage = await checkpointing.backend.openStorage(id, {
        fileSystems,
        configuration,
        logger,
        signal,
      });
      this.#coordinator = new CheckpointCoordinator({
        job: name ?? id,
        settings: checkpointing,
        storage: this.#storage,
        gate: this.#gate,
        snapshot: () => this.#snapshot(),
        onFailure: (error) => this.#ended.abort(error),
      });
    }
    for (const sink of this.#sinks) await sink.open(signal);
    return planFlows(planned);
  }

  async #readAll(flows: readonly Flow[]): Promise<void> {
    const readings = flows.map(async (flow, index) => {
      try {
        await this.#read(flow, `${index}:${flow.source.name}`);
      } catch (error) {
        this.#ended.abort(error);
        throw error;
      }
    });
    // All of them have to be at rest before anything is cleaned up.
    await Promise.allSettled(readings);
    this.#ended.signal.throwIfAborted();
  }

  async #read({ source, branch, parallelism, concurrency }: Flow, key: string): Promise<void> {
    const { signal } = this.#ended;
    const reader = source.open({ signal, parallelism });
    const pace = new Pace(concurrency);
    let turn = performance.now();
    try {
      for (;;) {
        const batch = await this.#input(source.name, () => reader.next(pace.limit));
        if (batch === undefined) break;
        const passing = { reader, split: batch.split, functionMs: 0 };
        await this.#gate.batch(async () => {
          signal.throwIfAborted();
          await this.#process(branch, { values: batch.lines }, passing);
          this.#positions.set(key, reader.position());
          this.#linesRead += batch.lines.length;
          this.#bytesRead += batch.bytes;
        });
        pace.took(batch.lines.length, passing.functionMs);
        this.#report();
        if (performance.now() - turn > TURN_MS) {
          await nextTurn();
          turn = performance.now();
        }
      }
      this.#positions.set(key, reader.position());
    } finally {
      await this.#input(source.name, () => reader.close());
    }
  }

  async #process(branch: Branch, input: Values, passing: Passing): Promise<void> {
    const started = performance.now();
    const output = await runStages(branch.run, input, passing.reader);
    passing.functionMs += performance.now() - started;
    if (output.values.length === 0) return;
    for (const sink of branch.sinks) {
      try {
        await sink.write(passing.split, output.values);
      } catch (error) {
        throw this.#notWritten(sink, error, output, passing.reader);
      }
    }
    for (const next of branch.next) await this.#process(next, output, passing);
  }

  /** Called between batches: what the sinks have taken is what the positions say was read. */
  async #snapshot(): Promise<object> {
    await this.#flush();
    return {
      job: this.#spec.name,
      sources: Object.fromEntries(this.#positions),
      sinks: this.#sinks.map(({ path, parts }) => ({
        path: path.toString(),
        parts: parts.map(({ writer }) => ({ lines: writer.lines, bytes: writer.bytes })),
      })),
    };
  }

  async #flush(): Promise<void> {
    for (const sink of this.#sinks) {
      try {
        await sink.flush();
      } catch (error) {
        throw this.#notWritten(sink, error);
      }
    }
  }

  async #complete(): Promise<JobResult> {
    const { id, name, checkpointing } = this.#spec;
    await this.#flush();
    const retained = checkpointing?.retention.afterSuccess ?? false;
    if (retained) await this.#coordinator?.take();
    const sinks = await publish(name, this.#sinks, this.#ended.signal);
    if (!retained) await this.#discardCheckpoints();
    const checkpoints = this.#coordinator?.completed ?? [];
    this.#report(true);
    const last = checkpoints.at(-1);
    return {
      jobId: id,
      ...(name === undefined ? {} : { jobName: name }),
      linesRead: this.#linesRead,
      bytesRead: this.#bytesRead,
      sinks,
      durationMs: performance.now() - this.#started,
      checkpoints,
      ...(retained && last !== undefined ? { retained: last.pointer } : {}),
    };
  }

  async #abandon(reason: unknown): Promise<void> {
    await this.#coordinator?.stop(reason);
    await Promise.all(this.#sinks.map((sink) => sink.abort(reason)));
    const retention = this.#spec.checkpointing?.retention;
    const kept = this.#wasAborted(reason) ? retention?.afterAbort : retention?.afterFailure;
    if (!kept) await this.#discardCheckpoints();
  }

  /** The job's end is not the place to fail over what is only tidied up. */
  async #discardCheckpoints(): Promise<void> {
    try {
      for (const { pointer } of this.#coordinator?.completed ?? []) await this.#storage?.discard(pointer);
    } catch (error) {
      const { logger, name } = this.#spec;
      logger.warn({ error, job: name }, `checkpoints of the job were not deleted: ${errorMessage(error)}`);
    }
  }

  #report(last = false): void {
    const { onProgress } = this.#spec;
    const now = performance.now();
    if (onProgress === undefined || (!last && now - this.#lastProgress < PROGRESS_MS)) return;
    this.#lastProgress = now;
    onProgress({
      linesRead: this.#linesRead,
      bytesRead: this.#bytesRead,
      checkpoints: this.#coordinator?.completed.length ?? 0,
      elapsedMs: now - this.#started,
    });
  }

  async #input<T>(name: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (this.#ended.signal.aborted || errorCode(cause)?.startsWith("ERR_JOB_")) throw cause;
      throw new JobError({
        code: "ERR_JOB_INPUT",
        job: this.#spec.name,
        message: `${name} cannot be read: ${errorMessage(cause)}`,
        cause,
      });
    }
  }

  #notWritten(sink: TextSink, error: unknown, output?: Values, reader?: BatchReader): unknown {
    if (this.#ended.signal.aborted) return error;
    if (error instanceof NotALine && reader !== undefined) {
      const place = reader.place(output?.origins?.[error.index] ?? error.index);
      const message = `what came of the line at ${place} cannot be written to ${sink.path}: ${errorMessage(error.cause)}`;
      return new JobError({ code: "ERR_JOB_FUNCTION", job: this.#spec.name, message, cause: error.cause });
    }
    const message = `${sink.path} cannot be written: ${errorMessage(error)}`;
    return new JobError({ code: "ERR_JOB_OUTPUT", job: this.#spec.name, message, cause: error });
  }

  /** Errors of the layers below do not know the job's name. */
  #explained(error: unknown): unknown {
    const { name } = this.#spec;
    if (name === undefined || !(error instanceof JobError) || error.job !== undefined) return error;
    return new JobError({ code: error.code, job: name, message: error.message, cause: error.cause });
  }

  #wasAborted(reason: unknown): boolean {
    return this.#spec.signals.some((signal) => signal?.aborted && signal.reason === reason);
  }

  #linkSignals(): () => void {
    const links = this.#spec.signals.map((signal) => {
      const onAbort = () => this.#ended.abort(signal?.reason);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
      return () => signal?.removeEventListener("abort", onAbort);
    });
    return () => {
      for (const unlink of links) unlink();
    };
  }
}
