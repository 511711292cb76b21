import { option } from "../config/option.ts";

export const LARGEST_INLINE_THRESHOLD = 1024 * 1024;

export const CHECKPOINT_DIR = option.string("execution.checkpointing.dir", {
  fallbackKeys: ["state.checkpoints.dir", "state.backend.fs.checkpointdir"],
  doc: "Where checkpoints go when no state backend is set: a URI with its scheme.",
});
export const SAVEPOINT_DIR = option.string("execution.checkpointing.savepoint-dir", {
  fallbackKeys: ["state.savepoints.dir"],
  doc: "Where savepoints go by default.",
});
export const NUM_RETAINED = option.integer("execution.checkpointing.num-retained", {
  default: 1,
  min: 1,
  fallbackKeys: ["state.checkpoints.num-retained"],
  doc: "Completed checkpoints that are kept; older ones are deleted.",
});
export const INLINE_THRESHOLD = option.memory("execution.checkpointing.data-inline-threshold", {
  default: 20 * 1024,
  max: LARGEST_INLINE_THRESHOLD,
  fallbackKeys: ["state.storage.fs.memory-threshold", "state.backend.fs.memory-threshold"],
  doc: "State up to this size is kept inside the metadata file; larger state gets a file of its own. At most 1 MiB.",
});
export const WRITE_BUFFER_SIZE = option.memory("execution.checkpointing.write-buffer-size", {
  default: 4096,
  fallbackKeys: ["state.storage.fs.write-buffer-size", "state.backend.fs.write-buffer-size"],
  doc: "Bytes of state that are collected before they are written; at least the inline threshold.",
});
export const CREATE_SUBDIR = option.boolean("execution.checkpointing.create-subdir", {
  default: true,
  fallbackKeys: ["state.checkpoints.create-subdir"],
  doc:
    "Whether every job has a folder named by its id below the checkpoint directory. If not, the directory has to belong " +
    "to one job alone: it deletes every checkpoint there that it does not need.",
});
