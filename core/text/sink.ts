import type { Path } from "../fs/path.ts";

export interface SinkResult {
  /** The file or the folder that `writeAsText` named. */
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
  /** Files that were published, by all runs that went on from each other. */
  readonly fileCount: number;
  /** Each published file; with `rolling` none, since nothing bounds their number. */
  readonly files: readonly { readonly path: string; readonly lines: number; readonly bytes: number }[];
}

/** A sink in a checkpoint: plain data. */
export type SinkState = { readonly path: string } & { readonly [key: string]: unknown };

/** A file that is written and only lacks its name. */
export interface PublishablePart {
  readonly path: Path;
  /** Makes the file visible, whole. */
  publish(): Promise<void>;
}

export interface SinkOpening {
  readonly signal: AbortSignal;
  /** Stages the files so that a restore can go on with them, where the file system can. */
  readonly recoverable: boolean;
  /** What a checkpoint says of this sink. */
  readonly restored?: SinkState | undefined;
  /** Its files only wait for their names. */
  readonly committing?: boolean | undefined;
  /** What the checkpoint names for publishing was published. */
  readonly published?: boolean | undefined;
}

export interface PersistOptions {
  /** The job stops behind it. */
  readonly isLast: boolean;
  /** `releaseOlder` leaves this state alone. */
  readonly isSavepoint: boolean;
}

/** Where one `writeAsText` of a job leads. */
export interface Sink {
  readonly path: Path;
  readonly parallelism: number;
  /** What a restored job has to agree with. */
  readonly description: string;
  /** Publishes with every checkpoint, not only at the end. */
  readonly isRolling: boolean;
  /** Whether another process could go on with the files. Known once they are open. */
  readonly isRecoverable: boolean;
  /** What may be published once a checkpoint with the last persisted state is complete. */
  readonly parts: readonly PublishablePart[];
  /** Refuses an output that is in the way. Changes nothing. `isRestored`: of a job that goes on. */
  check(signal: AbortSignal, isRestored: boolean): Promise<void>;
  open(opening: SinkOpening): Promise<void>;
  /** Takes the values of one batch of a split. */
  write(split: number, values: readonly unknown[]): Promise<void>;
  /** Makes every line so far durable, where the file system can. */
  persist(options: PersistOptions): Promise<SinkState>;
  /** The input has ended: only the names are missing from now on. */
  finishWriting(): Promise<void>;
  /** Frees what only states before the last `count` hold. */
  releaseOlder(count: number): Promise<void>;
  /**
   * Discards what other attempts of this job have left at its targets, or of that only what holds no byte. For a job
   * that has its attempt number: whoever wrote it is not to go on.
   */
  discardStale(which: "all" | "empty"): Promise<void>;
  /** Every part is published: takes away what is left of an earlier output. */
  complete(signal: AbortSignal): Promise<void>;
  /** What was written so far. */
  result(): SinkResult;
  /**
   * Ends what is not published: dropped, or with `keep` left as it was last persisted. Never rejects: the reason is what
   * the caller has to hear.
   */
  abandon(reason: unknown, keep: boolean): Promise<void>;
}
