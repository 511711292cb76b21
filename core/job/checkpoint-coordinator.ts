import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { CheckpointStorage } from "../state/checkpoint-storage.ts";
import type { CheckpointWriter } from "../state/checkpoint-writer.ts";
import type { CheckpointGate } from "./checkpoint-gate.ts";
import type { CheckpointSummary } from "./job-result.ts";
import type { CheckpointSettings } from "./settings.ts";

export interface CheckpointCoordinatorOptions {
  readonly job: string;
  readonly settings: CheckpointSettings;
  readonly storage: CheckpointStorage;
  readonly gate: CheckpointGate;
  /** What the job's checkpoint holds; called while no batch is being processed. */
  snapshot(isSavepoint: boolean): Promise<{ readonly name: string; readonly bytes: Uint8Array }>;
  /** Rejects when this instance of the job is not to go on. */
  verify(signal?: AbortSignal): Promise<void>;
  /** A checkpoint counts; of earlier ones only `numRetained` less one still do. */
  onCompleted(pointer: string): Promise<void>;
  /** A checkpoint failed: the job has to fail. */
  onFailure(error: unknown): void;
}

/** A job that runs for months does not keep what it tells of each. */
const MOST_TOLD = 1_000;

/** Takes a job's checkpoints: one every interval, never two at once. */
export class CheckpointCoordinator {
  readonly #options: CheckpointCoordinatorOptions;
  readonly #stopped = new AbortController();
  readonly #completed: CheckpointSummary[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #taking: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CheckpointCoordinatorOptions) {
    this.#options = options;
  }

  /** The last ones, oldest first. */
  get completed(): readonly CheckpointSummary[] {
    return this.#completed;
  }

  get count(): number {
    return this.#count;
  }

  start(): void {
    this.#schedule(this.#options.settings.intervalMs);
  }

  /** Begins no further checkpoint; resolves once the one under way has ended. */
  async drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#taking;
    await this.#last;
  }

  /** The same, giving up the one under way. */
  async stop(reason: unknown): Promise<void> {
    this.#stopped.abort(reason);
    await this.drain();
  }

  /** Takes one now. Rejects with `ERR_JOB_CHECKPOINT`. */
  take(): Promise<void> {
    return this.#inTurn(() => this.#limited((signal) => this.#take(signal)));
  }

  /** Fills a savepoint with the state of now. A savepoint that fails is no reason for the job to fail. */
  takeSavepoint(writer: CheckpointWriter): Promise<string> {
    const { snapshot, gate, verify } = this.#options;
    return this.#inTurn(async () => {
      await using savepoint = writer;
      this.#stopped.signal.throwIfAborted();
      const state = await gate.checkpoint(() => snapshot(true));
      await savepoint.write(state.name, state.bytes);
      await verify(this.#stopped.signal);
      return (await savepoint.complete()).pointer;
    });
  }

  async #take(signal: AbortSignal): Promise<void> {
    const { storage, gate } = this.#options;
    const started = performance.now();
    const state = await gate.checkpoint(() => this.#options.snapshot(false));
    await using writer = await storage.begin({
      signal,
      // An instance that was taken over may still get so far: what it finds is the other's, and stays.
      confirm: () => this.#options.verify(),
    });
    await writer.write(state.name, state.bytes);
    await this.#options.verify(signal);
    const { id, pointer, bytes } = await writer.complete();
    this.#completed.push({ id, pointer, bytes, durationMs: performance.now() - started });
    this.#count += 1;
    if (this.#completed.length > MOST_TOLD) this.#completed.shift();
    await this.#options.onCompleted(pointer);
  }

  /** One at a time. */
  #inTurn<T>(take: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(take);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Fails the job after the checkpoint timeout. */
  async #limited(take: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { settings, job } = this.#options;
    const ended = new AbortController();
    const stop = () => ended.abort(this.#stopped.signal.reason);
    this.#stopped.signal.addEventListener("abort", stop, { once: true });
    const timeout = setTimeout(() => {
      const error = failed(job, `it took longer than ${settings.timeoutMs} ms`);
      ended.abort(error);
      // What hangs may not listen to the signal; the job's own end frees it.
      this.#options.onFailure(error);
    }, settings.timeoutMs);
    timeout.unref();
    try {
      this.#stopped.signal.throwIfAborted();
      await take(ended.signal);
    } catch (cause) {
      if (ended.signal.aborted && cause === ended.signal.reason) throw cause;
      if (errorCode(cause)?.startsWith("ERR_JOB_")) throw cause;
      throw failed(job, errorMessage(cause), cause);
    } finally {
      clearTimeout(timeout);
      this.#stopped.signal.removeEventListener("abort", stop);
    }
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#taking = this.#tick();
    }, delayMs);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    const { intervalMs, minPauseMs } = this.#options.settings;
    const started = performance.now();
    try {
      await this.take();
    } catch (error) {
      this.#options.onFailure(error);
      return;
    }
    const pause = Math.max(intervalMs - (performance.now() - started), minPauseMs, 0);
    // `drain` has cleared the timer that led here; a new one would outlive the job.
    if (this.#timer !== undefined) this.#schedule(pause);
  }
}

function failed(job: string, why: string, cause?: unknown): JobError {
  return new JobError({ code: "ERR_JOB_CHECKPOINT", job, message: `a checkpoint failed: ${why}`, cause });
}
