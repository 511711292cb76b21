import type { SinkResult } from "../text/write-as-text.ts";

export interface CheckpointSummary {
  readonly id: number;
  /** Its directory; it may have been deleted since. */
  readonly pointer: string;
  readonly bytes: number;
  readonly durationMs: number;
}

/** What a job did. Every output is published when it is told. */
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
  /** Every checkpoint that was completed, oldest first. */
  readonly checkpoints: readonly CheckpointSummary[];
  /** Pointer to the last checkpoint, when it is retained. */
  readonly retained?: string;
}

/** How far a job is. */
export interface JobProgress {
  readonly linesRead: number;
  readonly bytesRead: number;
  readonly checkpoints: number;
  readonly elapsedMs: number;
}
