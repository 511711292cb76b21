import type { Path } from "../fs/path.ts";

export interface SavepointOptions {
  /** Folder that gets the savepoint's. Default: the state backend's `savepoints`. */
  readonly target?: string | URL | Path | undefined;
  /** Ends the job behind the savepoint: `execute` resolves to a result that says `stopped`. Default false. */
  readonly stop?: boolean | undefined;
}

/** A job while it reads. */
export interface JobExecution {
  readonly jobId: string;
  /**
   * Takes a savepoint: a checkpoint that only `CheckpointStorage.discard` deletes. Resolves to its pointer, for
   * `execute({ restore })`. Rejects with `ERR_JOB_CHECKPOINT` when the job takes no checkpoints or is past its reading,
   * with `ERR_JOB_STATE_PATH` when no place for savepoints is known; a savepoint that fails does not fail the job.
   *
   * Lines that are not published lie where their file is being written, not in the savepoint: it is good until the job
   * has published them, or was run again from its beginning.
   */
  savepoint(options?: SavepointOptions): Promise<string>;
}
