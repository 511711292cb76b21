import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { CheckpointWriter } from "../state/checkpoint-writer.ts";
import { openSink } from "../text/open-sink.ts";
import type { Sink } from "../text/sink.ts";
import type { SinkDeclaration } from "../text/text-stream.ts";
import { CheckpointGate } from "./checkpoint-gate.ts";
import { checkLimits, checkPaths, checkReplayable, checkRolling } from "./checks.ts";
import { FlowReading, outputFailed } from "./flow-reading.ts";
import type { JobExecution, SavepointOptions } from "./job-execution.ts";
import { JobMeter } from "./job-meter.ts";
import type { JobProgress, JobResult } from "./job-result.ts";
import { encodeJobState, type JobState } from "./job-state.ts";
import { planFlows } from "./plan.ts";
import { publish } from "./publish.ts";
import { Recovery } from "./recovery.ts";
import type { CheckpointSettings } from "./settings.ts";
import { StopSignals } from "./stop-signals.ts";

export interface JobSpec {
  readonly id: string;
  readonly name: string | undefined;
  readonly sinks: readonly SinkDeclaration[];
  readonly checkpointing: CheckpointSettings | undefined;
  readonly restore: string | undefined;
  readonly fileSystems: FileSystems;
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** The environment's: ends the job at once. */
  readonly closed: AbortSignal;
  /** The caller's: ends it behind a last checkpoint, when one is to be kept. */
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
  readonly onStart: ((execution: JobExecution) => void) | undefined;
}

/** Who waits for a savepoint that stops the job. */
interface StopRequest {
  readonly writer: CheckpointWriter;
  resolve(pointer: string): void;
  reject(error: unknown): void;
}

/**
 * One execution of a job: opens everything, moves the lines, publishes, tidies up.
 *
 * With checkpoints its end is a chain of steps, of which each can be the last before a crash: a checkpoint that names
 * every finished file, the files' names, the record `completed`, the removal of the checkpoints. A restore goes on
 * behind the last step that was done.
 */
export class JobRun {
  readonly #spec: JobSpec;
  readonly #stop: StopSignals;
  readonly #gate = new CheckpointGate();
  #phase: JobState["phase"] = "running";
  #sinks: Sink[] = [];
  #readings: FlowReading[] = [];
  #fingerprint: string[] = [];
  #recovery: Recovery | undefined;
  #isReading = false;
  #stopRequest: StopRequest | undefined;
  readonly #meter: JobMeter;

  constructor(spec: JobSpec) {
    this.#spec = spec;
    const { checkpointing, onProgress } = spec;
    this.#meter = new JobMeter({
      onProgress,
      state: () => ({
        checkpoints: this.#recovery?.coordinator.count ?? 0,
        totals: this.#readings.map(({ totalBytes }) => totalBytes),
      }),
    });
    this.#stop = new StopSignals({
      hard: spec.closed,
      soft: spec.signal,
      // Without a checkpoint to keep there is nothing to wait for.
      softLimitMs: this.#rolls || checkpointing?.retention.afterAbort ? (checkpointing?.timeoutMs ?? 0) : 0,
    });
  }

  async run(): Promise<JobResult> {
    try {
      this.#stop.ended.throwIfAborted();
      const earlier = await this.#open();
      if (earlier !== undefined) return earlier;
      if (this.#phase === "running") {
        this.#recovery?.coordinator.start();
        this.#isReading = true;
        this.#spec.onStart?.({ jobId: this.#spec.id, savepoint: (options) => this.#savepoint(options) });
        await this.#readAll();
        this.#isReading = false;
        await this.#recovery?.coordinator.drain();
        if (this.#stop.stopping.aborted) return await this.#endStopped();
      }
      // The end is one step for the caller: from here on only the environment's closing stops the job.
      this.#stop.ignoreSoft();
      return await this.#complete();
    } catch (error) {
      // The first failure decides; what it stopped fails after it.
      this.#stop.end(error);
      const first: unknown = this.#stop.ended.reason;
      const fenced = await this.#recovery?.fencedBy(first);
      this.#isReading = false;
      await this.#abandon(fenced ?? first);
      const failure = this.#wasAborted(first) ? first : this.#explained(fenced ?? first);
      this.#stopRequest?.reject(failure);
      this.#meter.end();
      throw failure;
    } finally {
      this.#stop.release();
    }
  }

  /** It publishes with its checkpoints. */
  get #rolls(): boolean {
    return this.#spec.sinks.some(({ options }) => options.rolling !== undefined);
  }

  /** Only its signal ends it. */
  get #isContinuous(): boolean {
    return this.#spec.sinks.some(({ stream }) => stream.source.isContinuous);
  }

  /** Resolves to a result when the job that is to be restored had been completed. */
  async #open(): Promise<JobResult | undefined> {
    const { id, name, sinks, checkpointing, fileSystems, configuration } = this.#spec;
    const signal = this.#stop.ended;
    checkPaths(name, sinks, checkpointing);
    checkRolling(name, sinks, checkpointing);
    checkLimits(name, sinks, checkpointing, configuration);
    const planned = sinks.map((declaration) => ({
      declaration,
      sink: openSink(fileSystems, configuration, declaration),
    }));
    const flows = planFlows(planned);
    this.#fingerprint = flows.flatMap(({ description }) => description);
    const opened = planned.map(({ sink }) => sink);
    let restored: JobState | undefined;
    if (checkpointing === undefined) {
      for (const sink of opened) await sink.check(signal, false);
    } else {
      checkReplayable(name, sinks);
      this.#recovery = await Recovery.open({
        ...this.#spec,
        job: name ?? id,
        checkpointing,
        fingerprint: this.#fingerprint,
        gate: this.#gate,
        signal,
        snapshot: (isSavepoint) => this.#snapshot(isSavepoint),
        rolls: this.#rolls,
        onCompleted: async (pointer) => {
          await this.#publishRolling(pointer);
          await this.#releaseOlder();
        },
        onFailure: (error) => this.#stop.end(error),
        checkOutputs: async (isRestored) => {
          for (const sink of opened) await sink.check(signal, isRestored);
        },
      });
      if (this.#recovery.completed !== undefined) return this.#recovery.completed;
      restored = this.#recovery.restored;
    }
    this.#phase = restored?.phase ?? "running";
    this.#meter.restore(restored);
    this.#sinks = opened;
    for (const [i, sink] of opened.entries()) {
      await sink.open({
        signal,
        recoverable: checkpointing !== undefined,
        restored: restored?.sinks[i],
        committing: this.#phase === "committing",
        published: restored?.published,
      });
      if (this.#recovery !== undefined && !sink.isRecoverable) this.#warnOfRestore(sink);
    }
    if (this.#recovery !== undefined && this.#phase === "running") {
      if (restored !== undefined) await this.#publishRolling(this.#recovery.restorable as string);
      for (const sink of opened) await sink.discardStale();
    }
    this.#readings = flows.map(
      (flow, i) =>
        new FlowReading({
          flow,
          gate: this.#gate,
          stopping: this.#stop.stopping,
          ended: signal,
          restored: restored?.sources[i],
          onBatch: (lines, bytes) => this.#meter.count(lines, bytes),
          onFailure: (error) => this.#stop.end(error),
        }),
    );
    return undefined;
  }

  /** What a completed checkpoint says is closed. */
  async #publishRolling(pointer: string): Promise<void> {
    const rolling = this.#sinks.filter((sink) => sink.isRolling && sink.parts.length > 0);
    if (rolling.length === 0) return;
    const hint = 'Run it again with restore: "latest": it publishes the rest';
    await publish(this.#spec.name, rolling, { signal: this.#stop.ended, hint });
    await this.#recovery?.published(pointer);
  }

  #warnOfRestore({ path }: Sink): void {
    const { logger, name } = this.#spec;
    const message = `the file system of ${path} has no recoverable writer: this job cannot be restored`;
    logger.warn({ job: name, path: path.toString() }, message);
  }

  async #readAll(): Promise<void> {
    const running = this.#readings.map((reading) =>
      reading.run().catch((error) => {
        this.#stop.end(error);
      }),
    );
    // All of them have to be at rest before anything is cleaned up.
    await Promise.all(running);
    this.#stop.ended.throwIfAborted();
  }

  /**
   * Asked for by {@link JobExecution}. Rejects with `ERR_JOB_CHECKPOINT` when the job takes no checkpoints, or is past
   * its reading.
   */
  async #savepoint({ target, stop = false }: SavepointOptions = {}): Promise<string> {
    const recovery = this.#recovery;
    const refuse = (message: string, hint?: string) =>
      new JobError({ code: "ERR_JOB_CHECKPOINT", job: this.#spec.name, message, hint });
    if (recovery === undefined) {
      throw refuse("a job without checkpoints takes no savepoint", "Call enableCheckpointing");
    }
    const writer = await recovery.storage.beginSavepoint({ ...(target !== undefined && { target }) });
    if (!this.#isReading || this.#stopRequest !== undefined) throw refuse("the job is at its end");
    if (!stop) return recovery.coordinator.takeSavepoint(writer);
    return new Promise((resolve, reject) => {
      this.#stopRequest = { writer, resolve, reject };
      const reason = refuse("the job was stopped with a savepoint");
      this.#stop.stop(reason, this.#spec.checkpointing?.timeoutMs ?? 0);
    });
  }

  /**
   * A job that could have gone on rejects with the reason why it was stopped, unless a savepoint was to stop it; a
   * continuous one has no other end.
   */
  async #endStopped(): Promise<JobResult> {
    const request = this.#stopRequest;
    const recovery = this.#recovery;
    await recovery?.coordinator.take();
    const savepoint = request && (await recovery?.coordinator.takeSavepoint(request.writer));
    if (savepoint === undefined && !this.#isContinuous) throw this.#stop.stopping.reason;
    this.#stop.ignoreSoft();
    const keep = this.#spec.checkpointing?.retention.afterAbort ?? false;
    const result: JobResult = {
      ...this.#result(keep),
      stopped: true,
      ...(savepoint !== undefined && { savepoint }),
    };
    await Promise.all(
      this.#sinks.map((sink) => sink.abandon(this.#stop.stopping.reason, keep || savepoint !== undefined)),
    );
    await recovery?.finishStopped(keep);
    this.#meter.end();
    if (savepoint !== undefined) request?.resolve(savepoint);
    return result;
  }

  async #complete(): Promise<JobResult> {
    const { name, checkpointing } = this.#spec;
    const recovery = this.#recovery;
    if (this.#phase === "running") {
      await this.#eachSink((sink) => sink.finishWriting());
      this.#phase = "committing";
      await recovery?.coordinator.take();
    }
    await recovery?.attempt.verify(this.#stop.ended);
    await publish(name, this.#sinks, {
      signal: this.#stop.ended,
      hint:
        recovery === undefined
          ? "Run the job again with writeMode OVERWRITE"
          : 'Run it again with restore: "latest": it publishes the rest',
    });
    for (const sink of this.#sinks) await sink.complete(this.#stop.ended);
    await this.#releaseOlder(0);
    const result = this.#result(checkpointing?.retention.afterSuccess ?? false);
    await recovery?.finish(result);
    this.#meter.end();
    return result;
  }

  #result(retained: boolean): JobResult {
    const { id, name } = this.#spec;
    const checkpoints = this.#recovery?.coordinator.completed ?? [];
    const last = checkpoints.at(-1)?.pointer ?? this.#recovery?.restorable;
    const restoredFrom = this.#recovery?.restoredFrom;
    return {
      jobId: id,
      ...(name === undefined ? {} : { jobName: name }),
      linesRead: this.#meter.linesRead,
      bytesRead: this.#meter.bytesRead,
      sinks: this.#sinks.map((sink) => sink.result()),
      durationMs: this.#meter.elapsedMs,
      ...(restoredFrom === undefined ? {} : { restoredFrom }),
      checkpoints,
      checkpointCount: this.#recovery?.coordinator.count ?? 0,
      ...(retained && last !== undefined ? { retained: last } : {}),
    };
  }

  async #abandon(reason: unknown): Promise<void> {
    const recovery = this.#recovery;
    await recovery?.coordinator.stop(reason);
    const keep = recovery?.isToBeKept(reason, this.#wasAborted(reason)) ?? false;
    await Promise.all(this.#sinks.map((sink) => sink.abandon(reason, keep)));
    await recovery?.abandon(reason, keep);
  }

  /** By the caller or the environment: its reason is no failure of the job. */
  #wasAborted(reason: unknown): boolean {
    return [this.#spec.closed, this.#spec.signal].some(
      (signal) => signal?.aborted && signal.reason === reason,
    );
  }

  /** Called between batches: what the sinks have taken is what the positions say was read. */
  async #snapshot(isSavepoint: boolean) {
    const isLast = this.#stop.stopping.aborted;
    const sinks = await this.#eachSink((sink) => sink.persist({ isLast, isSavepoint }));
    return encodeJobState({
      phase: this.#phase,
      fingerprint: this.#fingerprint,
      linesRead: this.#meter.linesRead,
      bytesRead: this.#meter.bytesRead,
      sources: this.#readings.map(({ state }) => state),
      sinks,
    });
  }

  /** What is only tidied up is no reason to fail. */
  async #releaseOlder(count = this.#recovery?.storage.numRetained ?? 0): Promise<void> {
    try {
      for (const sink of this.#sinks) await sink.releaseOlder(count);
    } catch (error) {
      const { logger, name } = this.#spec;
      logger.warn(
        { err: error, job: name },
        `state of older checkpoints was not freed: ${errorMessage(error)}`,
      );
    }
  }

  async #eachSink<T>(call: (sink: Sink) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    for (const sink of this.#sinks) {
      try {
        results.push(await call(sink));
      } catch (error) {
        throw this.#stop.ended.aborted || errorCode(error)?.startsWith("ERR_JOB_")
          ? error
          : outputFailed(sink, error);
      }
    }
    return results;
  }

  /** Errors of the layers below do not know the job's name. */
  #explained(error: unknown): unknown {
    const { name } = this.#spec;
    if (name === undefined || !(error instanceof JobError) || error.job !== undefined) return error;
    return new JobError({ code: error.code, job: name, message: error.message, cause: error.cause });
  }
}
