import type { Logger } from "../config/logger.ts";
import { errorCode, errorMessage } from "../errors/errors.ts";
import type { PersistOptions, Sink, SinkResult, SinkState } from "../text/sink.ts";
import { outputFailed } from "./flow-reading.ts";
import type { JobState } from "./job-state.ts";
import { publish } from "./publish.ts";

export interface JobSinksOptions {
  readonly job: string | undefined;
  readonly logger: Logger;
  /** Ends the job at once. */
  readonly ended: AbortSignal;
  /** Whether there are checkpoints to go on from. */
  readonly recoverable: boolean;
}

/** All outputs of one execution, together. */
export class JobSinks {
  readonly #options: JobSinksOptions;
  readonly #all: readonly Sink[];
  /** Those that may have something to lose. */
  #open: readonly Sink[] = [];

  constructor(sinks: readonly Sink[], options: JobSinksOptions) {
    this.#all = sinks;
    this.#options = options;
  }

  /** Refuses an output that is in the way. */
  async check(isRestored: boolean): Promise<void> {
    for (const sink of this.#all) await sink.check(this.#options.ended, isRestored);
  }

  async open(restored: JobState | undefined): Promise<void> {
    const { recoverable, ended: signal } = this.#options;
    this.#open = this.#all;
    for (const [i, sink] of this.#open.entries()) {
      const committing = restored?.phase === "committing";
      const published = restored?.published;
      await sink.open({ signal, recoverable, restored: restored?.sinks[i], committing, published });
      if (recoverable && !sink.isRecoverable) this.#warnOfRestore(sink);
    }
  }

  /** Of other attempts of this job. */
  async discardStale(): Promise<void> {
    for (const sink of this.#open) await sink.discardStale("all");
  }

  async finishWriting(): Promise<void> {
    await this.#each((sink) => sink.finishWriting());
  }

  persist(options: PersistOptions): Promise<SinkState[]> {
    return this.#each((sink) => sink.persist(options));
  }

  /** Gives every file its name. */
  async publish(): Promise<void> {
    const { job, ended: signal, recoverable } = this.#options;
    const hint = recoverable ? GO_ON : "Run the job again with writeMode OVERWRITE";
    await publish(job, this.#open, { signal, hint });
  }

  /** What a completed checkpoint says is closed. Resolves to whether there was anything. */
  async publishRolling(): Promise<boolean> {
    const rolling = this.#open.filter((sink) => sink.isRolling && sink.parts.length > 0);
    if (rolling.length === 0) return false;
    await publish(this.#options.job, rolling, { signal: this.#options.ended, hint: GO_ON });
    return true;
  }

  async complete(): Promise<void> {
    for (const sink of this.#open) await sink.complete(this.#options.ended);
  }

  /** Frees what only states before the last `count` hold. */
  async releaseOlder(count: number): Promise<void> {
    await this.#tidy("state of older checkpoints was not freed", (sink) => sink.releaseOlder(count));
  }

  /** At the end: writes that a store began when its answer was lost on the way. They are empty. */
  async discardUnheardOf(): Promise<void> {
    await this.#tidy("empty writes were not looked for", (sink) => sink.discardStale("empty"));
  }

  /** Ends what is not published: dropped, or with `keep` left as it was last persisted. Never rejects. */
  async abandon(reason: unknown, keep: boolean): Promise<void> {
    await Promise.all(this.#open.map((sink) => sink.abandon(reason, keep)));
  }

  results(): SinkResult[] {
    return this.#open.map((sink) => sink.result());
  }

  /** What is only tidied up is no reason to fail. */
  async #tidy(failed: string, call: (sink: Sink) => Promise<void>): Promise<void> {
    try {
      for (const sink of this.#open) await call(sink);
    } catch (error) {
      const { logger, job } = this.#options;
      logger.warn({ err: error, job }, `${failed}: ${errorMessage(error)}`);
    }
  }

  async #each<T>(call: (sink: Sink) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    for (const sink of this.#open) {
      try {
        results.push(await call(sink));
      } catch (error) {
        throw this.#options.ended.aborted || errorCode(error)?.startsWith("ERR_JOB_")
          ? error
          : outputFailed(sink, error);
      }
    }
    return results;
  }

  #warnOfRestore({ path }: Sink): void {
    const { logger, job } = this.#options;
    const message = `the file system of ${path} has no recoverable writer: this job cannot be restored`;
    logger.warn({ job, path: path.toString() }, message);
  }
}

const GO_ON = 'Run it again with restore: "latest": it publishes the rest';
