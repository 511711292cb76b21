import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { CheckpointStorage } from "../state/checkpoint-storage.ts";
import { unreadable } from "../state/metadata.ts";
import { Attempt } from "./attempt.ts";
import { CheckpointCoordinator } from "./checkpoint-coordinator.ts";
import type { CheckpointGate } from "./checkpoint-gate.ts";
import type { JobResult } from "./job-result.ts";
import { BEGINNING, encodeJobState, type JobState, readJobState } from "./job-state.ts";
import type { CheckpointSettings } from "./settings.ts";

/** Record of a job that has come to its end. */
const COMPLETED = "completed";
/** Record of the checkpoint whose closed files are published: they may have been taken away since. */
const PUBLISHED = "published";

export interface RecoveryOptions {
  readonly id: string;
  readonly job: string;
  readonly checkpointing: CheckpointSettings;
  readonly restore: string | undefined;
  readonly fingerprint: readonly string[];
  readonly fileSystems: FileSystems;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly gate: CheckpointGate;
  readonly signal: AbortSignal;
  snapshot(isSavepoint: boolean): Promise<{ readonly name: string; readonly bytes: Uint8Array }>;
  /** Files are published with checkpoints. */
  readonly rolls: boolean;
  onCompleted(pointer: string): Promise<void>;
  onFailure(error: unknown): void;
  /** Rejects when an output is in the way of a job that has not begun to publish. */
  checkOutputs(isRestored: boolean): Promise<void>;
}

/** What a job with checkpoints keeps beside its output: attempt, checkpoints, and the record of its end. */
export class Recovery {
  readonly storage: CheckpointStorage;
  readonly attempt: Attempt;
  readonly coordinator: CheckpointCoordinator;
  /** The state that the job goes on from. */
  readonly restored: JobState | undefined;
  /** Its pointer. */
  readonly restoredFrom: string | undefined;
  /** The job to be restored had come to its end. */
  readonly completed: JobResult | undefined;
  readonly #options: RecoveryOptions;
  readonly #started = Date.now();
  #ended = false;
  #copy: string | undefined;

  private constructor(
    options: RecoveryOptions,
    opened: Found & { readonly storage: CheckpointStorage; readonly attempt: Attempt },
  ) {
    const { storage, attempt } = opened;
    this.#options = options;
    this.storage = storage;
    this.attempt = attempt;
    this.restored = opened.restored;
    this.restoredFrom = opened.restoredFrom;
    this.completed = opened.completed;
    this.coordinator = new CheckpointCoordinator({
      job: options.job,
      settings: options.checkpointing,
      storage,
      gate: options.gate,
      snapshot: (isSavepoint) => options.snapshot(isSavepoint),
      verify: (signal) => attempt.verify(signal),
      onCompleted: (pointer) => options.onCompleted(pointer),
      onFailure: (error) => options.onFailure(error),
    });
  }

  /** Rejects when the checkpoint to go on from is not one of this job, before anything is changed. */
  static async open(options: RecoveryOptions): Promise<Recovery> {
    try {
      return await Recovery.#open(options);
    } catch (cause) {
      if (options.signal.aborted || errorCode(cause)?.startsWith("ERR_")) throw cause;
      const where = options.checkpointing.backend.checkpoints;
      const message = `the checkpoints in ${where} cannot be used: ${errorMessage(cause)}`;
      throw new JobError({ code: "ERR_JOB_CHECKPOINT", job: options.job, message, cause });
    }
  }

  static async #open(options: RecoveryOptions): Promise<Recovery> {
    const { id, job, checkpointing, fileSystems, configuration, logger, signal } = options;
    const storage = await checkpointing.backend.openStorage(id, {
      fileSystems,
      configuration,
      logger,
      signal,
    });
    const found = await find(storage, options);
    if (found.completed === undefined && found.restored?.phase !== "committing") {
      await options.checkOutputs(found.restored !== undefined);
    }
    const attempt = await Attempt.begin(storage.records, job, signal);
    try {
      // An instance that was still at work may have gone further before it was fenced.
      const now = attempt.tookOver ? await find(storage, options) : found;
      const recovery = new Recovery(options, { storage, attempt, ...now });
      if (now.completed !== undefined) await recovery.#endAgain(now.completed);
      else await recovery.#begin();
      return recovery;
    } catch (error) {
      await attempt.end().catch(() => {});
      throw error;
    }
  }

  /** The checkpoint that holds the restored state now. */
  get restorable(): string | undefined {
    return this.#copy ?? this.restoredFrom;
  }

  /** `ERR_JOB_FENCED` when a failure is another instance's doing, else undefined. */
  fencedBy(failure: unknown): Promise<unknown> {
    return this.#ended ? Promise.resolve(undefined) : this.attempt.fencedBy(failure);
  }

  /** Whether staged files and checkpoints outlive a failed job. */
  isToBeKept(reason: unknown, wasAborted: boolean): boolean {
    if (errorCode(reason) === "ERR_JOB_FENCED") return true;
    if (this.coordinator.completed.length === 0 && this.restored === undefined) return false;
    const { retention } = this.#options.checkpointing;
    return wasAborted ? retention.afterAbort : retention.afterFailure;
  }

  /** What the sinks had closed for a checkpoint has its names. */
  async published(pointer: string): Promise<void> {
    await this.storage.records.write(PUBLISHED, Buffer.from(publishedText(pointer)), { overwrite: true });
  }

  /** A job without an end was stopped behind its last checkpoint. */
  async finishStopped(keep: boolean): Promise<void> {
    this.#ended = true;
    await this.#tidyUp(async () => {
      if (!keep) await this.#discardAll();
      await this.attempt.end();
    });
  }

  /** Everything is published: records it, then takes away what only a restore would have needed. */
  async finish(result: JobResult): Promise<void> {
    const text = JSON.stringify({ ...result, completedAt: new Date().toISOString() }, null, 2);
    await this.storage.records.write(COMPLETED, Buffer.from(text), { overwrite: true });
    this.#ended = true;
    await this.#tidyUp(async () => {
      if (result.retained === undefined) await this.#discardAll();
      await this.storage.discardPending(this.#started);
      await this.attempt.end();
    });
  }

  async abandon(reason: unknown, keep: boolean): Promise<void> {
    await this.#tidyUp(async () => {
      // What lies there is the newer instance's now.
      if (errorCode(reason) === "ERR_JOB_FENCED") return;
      await this.attempt.end();
      if (!keep) await this.#discardAll();
    });
  }

  /** One name is one run: what an earlier one has left cannot be restored any more. */
  async #begin(): Promise<void> {
    const { restore, signal } = this.#options;
    const { tookOver } = this.attempt;
    if (tookOver) {
      await this.storage.leaveNumber({ signal });
      await this.#tidyUp(() => this.storage.discardPending(this.#started));
    }
    await this.storage.records.delete(COMPLETED);
    if (this.restored === undefined) await this.#discardAll();
    // By a pointer it may go on from before checkpoints that are there: these are void then too.
    if (tookOver || (this.restored !== undefined && restore !== "latest")) await this.#copyState();
  }

  /**
   * The instance that was taken over may still complete one checkpoint, which is void once this one has touched the
   * files: with a checkpoint of its own, numbered behind that one, this instance is found first.
   */
  async #copyState(): Promise<void> {
    const { signal } = this.#options;
    const { name, bytes } = encodeJobState(this.restored ?? BEGINNING);
    await using writer = await this.storage.begin({ signal, confirm: () => this.attempt.verify(signal) });
    await writer.write(name, bytes);
    this.#copy = (await writer.complete()).pointer;
  }

  async #discardAll(): Promise<void> {
    if (this.#options.rolls) await this.storage.records.delete(PUBLISHED);
    await this.storage.discardAll();
  }

  async #endAgain(completed: JobResult & { readonly completedAt?: string }): Promise<void> {
    const { logger, job } = this.#options;
    const message = `the job "${job}" was completed at ${completed.completedAt}; nothing is done`;
    logger.warn({ job, jobId: completed.jobId }, `${message}. Run it without restore to do it again`);
    if (completed.retained === undefined) await this.#discardAll();
    await this.storage.discardPending(this.#started);
    await this.attempt.end();
  }

  /** A job's end is not the place to fail over what is only tidied up. */
  async #tidyUp(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { logger, job } = this.#options;
      logger.warn({ err: error, job }, `checkpoints of the job were not deleted: ${errorMessage(error)}`);
    }
  }
}

/** What a job that is to be restored goes on from. */
interface Found {
  readonly restored?: JobState;
  readonly restoredFrom?: string;
  readonly completed?: JobResult;
}

async function find(storage: CheckpointStorage, options: RecoveryOptions): Promise<Found> {
  const { restore, job, signal } = options;
  if (restore === undefined) return {};
  const completed = restore === "latest" ? await readCompleted(storage, signal) : undefined;
  if (completed !== undefined) return { completed };
  const checkpoint = await (restore === "latest" ? storage.latest() : storage.open(restore));
  if (checkpoint === undefined) return {};
  const state = await readJobState(checkpoint, { ...options, name: job });
  if (state === undefined) return {};
  const published = options.rolls ? await storage.records.read(PUBLISHED, signal) : undefined;
  const isPublished = published?.toString("utf8") === publishedText(checkpoint.pointer);
  return {
    restored: isPublished ? { ...state, published: true } : state,
    restoredFrom: checkpoint.pointer,
  };
}

function publishedText(pointer: string): string {
  return JSON.stringify({ checkpoint: pointer });
}

async function readCompleted(
  storage: CheckpointStorage,
  signal: AbortSignal,
): Promise<JobResult | undefined> {
  const bytes = await storage.records.read(COMPLETED, signal);
  if (bytes === undefined) return undefined;
  try {
    return { ...JSON.parse(bytes.toString("utf8")), alreadyCompleted: true };
  } catch (cause) {
    throw unreadable(`${storage.directory}/${COMPLETED}`, "it is no JSON", "Delete it", cause);
  }
}
