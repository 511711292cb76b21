import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import { JobError } from "../errors/errors.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { CheckpointWriter } from "../state/checkpoint-writer.ts";
import { openSink } from "../text/open-sink.ts";
import type { SinkDeclaration } from "../text/text-stream.ts";
import { CheckpointGate } from "./checkpoint-gate.ts";
import { checkLimits, checkPaths, checkReplayable, checkRolling } from "./checks.ts";
import { FlowReading } from "./flow-reading.ts";
import type { JobExecution, SavepointOptions } from "./job-execution.ts";
import { JobMeter } from "./job-meter.ts";
import type { JobProgress, JobResult } from "./job-result.ts";
import { JobSinks } from "./job-sinks.ts";
import { encodeJobState, type JobState } from "./job-state.ts";
import { planFlows } from "./plan.ts";
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
  #sinks: JobSinks | undefined;
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
    const { name, sinks, checkpointing, fileSystems, configuration, logger } = this.#spec;
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
    this.#sinks = new JobSinks(
      planned.map(({ sink }) => sink),
      { job: name, logger, ended: signal, recoverable: checkpointing !== undefined },
    );
    const restored = await this.#openSinks(this.#sinks);
    if (this.#recovery?.completed !== undefined) return this.#recovery.completed;
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

  /** Opens the outputs, unless the job had been completed. Resolves to the state that it goes on from. */
  async #openSinks(sinks: JobSinks): Promise<JobState | undefined> {
    const { checkpointing } = this.#spec;
    if (checkpointing === undefined) await sinks.check(false);
    else this.#recovery = await this.#openRecovery(checkpointing, sinks);
    const recovery = this.#recovery;
    if (recovery?.completed !== undefined) return undefined;
    const restored = recovery?.restored;
    this.#phase = restored?.phase ?? "running";
    this.#meter.restore(restored);
    await sinks.open(restored);
    if (recovery !== undefined && this.#phase === "running") {
      if (restored !== undefined) await this.#publishRolling(recovery.restorable as string);
      await sinks.discardStale();
    }
    return restored;
  }

  #openRecovery(checkpointing: CheckpointSettings, sinks: JobSinks): Promise<Recovery> {
    const { id, name } = this.#spec;
    checkReplayable(name, this.#spec.sinks);
    return Recovery.open({
      ...this.#spec,
      job: name ?? id,
      checkpointing,
      fingerprint: this.#fingerprint,
      gate: this.#gate,
      signal: this.#stop.ended,
      snapshot: (isSavepoint) => this.#snapshot(isSavepoint),
      rolls: this.#rolls,
      onCompleted: async (pointer) => {
        await this.#publishRolling(pointer);
        await sinks.releaseOlder(this.#recovery?.storage.numRetained ?? 0);
      },
      onFailure: (error) => this.#stop.end(error),
      checkOutputs: (isRestored) => sinks.check(isRestored),
    });
  }

  async #publishRolling(pointer: string): Promise<void> {
    if (await this.#sinks?.publishRolling()) await this.#recovery?.published(pointer);
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
    await this.#sinks?.abandon(this.#stop.stopping.reason, keep || savepoint !== undefined);
    await recovery?.finishStopped(keep);
    this.#meter.end();
    if (savepoint !== undefined) request?.resolve(savepoint);
    return result;
  }

  async #complete(): Promise<JobResult> {
    const { checkpointing } = this.#spec;
    const recovery = this.#recovery;
    if (this.#phase === "running") {
      await this.#sinks?.finishWriting();
      this.#phase = "committing";
      await recovery?.coordinator.take();
    }
    await recovery?.attempt.verify(this.#stop.ended);
    await this.#sinks?.publish();
    await this.#sinks?.complete();
    await this.#sinks?.releaseOlder(0);
    if (recovery !== undefined) await this.#sinks?.discardUnheardOf();
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
      sinks: this.#sinks?.results() ?? [],
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
    await this.#sinks?.abandon(reason, keep);
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
    const sinks = (await this.#sinks?.persist({ isLast, isSavepoint })) ?? [];
    return encodeJobState({
      phase: this.#phase,
      fingerprint: this.#fingerprint,
      linesRead: this.#meter.linesRead,
      bytesRead: this.#meter.bytesRead,
      sources: this.#readings.map(({ state }) => state),
      sinks,
    });
  }

  /** Errors of the layers below do not know the job's name. */
  #explained(error: unknown): unknown {
    const { name } = this.#spec;
    if (name === undefined || !(error instanceof JobError) || error.job !== undefined) return error;
    return new JobError({ code: error.code, job: name, message: error.message, cause: error.cause });
  }
}
