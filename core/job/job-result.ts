import type { SinkResult } from "../text/sink.ts";

export interface CheckpointSummary {
  readonly id: number;
  /** Its directory; it may have been deleted since. */
  readonly pointer: string;
  readonly bytes: number;
  readonly durationMs: number;
}

/** What a job did. Every output is published when it is told, unless it says `stopped`. */
export interface JobResult {
  /** 32 hexadecimal digits. */
  readonly jobId: string;
  readonly jobName?: string;
  readonly linesRead: number;
  readonly bytesRead: number;
  readonly sinks: readonly SinkResult[];
  readonly durationMs: number;
  /** The checkpoint that it went on from. */
  readonly restoredFrom?: string;
  /** It had been completed before: nothing was done, and this is what it did then. */
  readonly alreadyCompleted?: true;
  /**
   * The job was stopped, a continuous one by its signal or any by a savepoint; `restore` goes on. What the sinks have
   * taken is published if they are rolling, else staged.
   */
  readonly stopped?: true;
  /** Pointer to the savepoint that stopped it. */
  readonly savepoint?: string;
  /** The checkpoints that were completed, oldest first: the last 1000. */
  readonly checkpoints: readonly CheckpointSummary[];
  /** How many were. */
  readonly checkpointCount: number;
  /** Pointer to the last checkpoint, when it is retained. */
  readonly retained?: string;
}

/** How far a job is. */
export interface JobProgress {
  readonly linesRead: number;
  readonly bytesRead: number;
  readonly checkpoints: number;
  readonly elapsedMs: number;
  /** Bytes of the input, where they are known from the beginning: of a source that is one plain file. */
  readonly totalBytes?: number;
  /** The job has come to its end, or failed: this was the last call. */
  readonly ended: boolean;
}
