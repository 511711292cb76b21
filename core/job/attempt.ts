import { errorCode, JobError } from "../errors/errors.ts";
import type { Records } from "../state/records.ts";

const NAME = /^attempt-(\d+)$/;
const TRIES = 10;

/**
 * One start of a job, by its number. The newest start takes the others' numbers away; who finds its own gone ends. So a
 * start needs no lock that a crash could leave behind.
 *
 * What an instance looks for its number before, and what it does behind that although a newer one has begun meanwhile:
 * - completing a checkpoint: it is numbered before those of the newer one, and nobody goes on from it;
 * - deleting older checkpoints, publishing: it has looked behind the completed checkpoint, so that the newer one, which
 *   looks for checkpoints once the number is gone, goes on from that very checkpoint and publishes the same files;
 * - giving up without keeping anything (`retain: "none"`, or before the first checkpoint): here it may still delete the
 *   newer one's first checkpoint. The newer one takes its next; killed before that, it would begin at the beginning.
 */
export class Attempt {
  readonly number: number;
  /** Another start had not come to its end, by a crash or because it is still at work. */
  readonly tookOver: boolean;
  readonly #records: Records;
  readonly #job: string;

  private constructor(records: Records, job: string, number: number, tookOver: boolean) {
    this.#records = records;
    this.#job = job;
    this.number = number;
    this.tookOver = tookOver;
  }

  static async begin(records: Records, job: string, signal: AbortSignal): Promise<Attempt> {
    for (let tries = 0; tries < TRIES; tries++) {
      const earlier = await numbers(records, signal);
      const number = Math.max(0, ...earlier) + 1;
      const text = JSON.stringify({ started: new Date().toISOString() });
      if (!(await records.write(`attempt-${number}`, Buffer.from(text), { signal }))) continue;
      for (const other of earlier) await records.delete(`attempt-${other}`);
      return new Attempt(records, job, number, earlier.length > 0);
    }
    throw new JobError({
      code: "ERR_JOB_FENCED",
      job,
      message: "other instances of this job start at the same time, again and again",
    });
  }

  /** Rejects with `ERR_JOB_FENCED` once a newer start of the job has begun. */
  async verify(signal?: AbortSignal): Promise<void> {
    if (await this.#records.has(`attempt-${this.number}`, signal)) return;
    throw this.#fenced();
  }

  /**
   * `ERR_JOB_FENCED`, when a newer start of the job has begun: it takes away what this one works on, so that whatever
   * fails here is its doing.
   */
  async fencedBy(failure: unknown): Promise<unknown> {
    if (errorCode(failure) === "ERR_JOB_FENCED") return failure;
    try {
      if (await this.#records.has(`attempt-${this.number}`)) return undefined;
    } catch {
      // Storage that does not answer says nothing about other instances.
      return undefined;
    }
    return this.#fenced(failure);
  }

  #fenced(cause?: unknown): JobError {
    return new JobError({
      code: "ERR_JOB_FENCED",
      job: this.#job,
      message: `another instance of this job has started; this one (attempt ${this.number}) ends and publishes nothing`,
      cause,
    });
  }

  async end(): Promise<void> {
    await this.#records.delete(`attempt-${this.number}`);
  }
}

async function numbers(records: Records, signal: AbortSignal): Promise<number[]> {
  const names = await records.names(signal);
  return names.flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}
