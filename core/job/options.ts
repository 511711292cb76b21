import { option } from "../config/option.ts";

export const CHECKPOINT_INTERVAL = option.duration("execution.checkpointing.interval", {
  min: 1,
  doc: "Time between two checkpoints of a job. Not set: no checkpoints, unless the program asks for them.",
});
export const CHECKPOINT_TIMEOUT = option.duration("execution.checkpointing.timeout", {
  default: 10 * 60_000,
  min: 1,
  doc: "A checkpoint that takes longer fails, and the job with it.",
});
export const CHECKPOINT_MIN_PAUSE = option.duration("execution.checkpointing.min-pause", {
  default: 0,
  doc: "Least time between the end of a checkpoint and the begin of the next.",
});
export const CHECKPOINT_RETENTION = option.enumeration(
  "execution.checkpointing.externalized-checkpoint-retention",
  ["NO_EXTERNALIZED_CHECKPOINTS", "DELETE_ON_CANCELLATION", "RETAIN_ON_CANCELLATION"],
  {
    doc:
      "What becomes of a job's last checkpoint: never kept; kept when the job fails; kept when it fails or is aborted. " +
      "Not set: as RETAIN_ON_CANCELLATION.",
  },
);
