import type { Configuration } from "../config/configuration.ts";

/** Keys of Flink that mean nothing here, and why. A name that ends in a dot stands for all keys below it. */
const UNUSED: Readonly<Record<string, string>> = {
  "execution.checkpointing.cleaner.parallel-mode": "checkpoints are deleted by the directory",
  "execution.checkpointing.file-merging.": "a checkpoint has few files",
  "execution.checkpointing.incremental": "every checkpoint is whole, and small",
  "execution.checkpointing.local-backup.": "there is no second copy of the state on this machine",
  "execution.checkpointing.max-concurrent-checkpoints": "one checkpoint is taken at a time",
  "execution.checkpointing.mode": "a restored job writes each line exactly once",
  "execution.checkpointing.tolerable-failed-checkpoints": "a failed checkpoint fails the job",
  "execution.checkpointing.unaligned.": "a checkpoint waits for one batch at most",
  "state.backend.incremental": "every checkpoint is whole, and small",
  "state.backend.local-recovery": "there is no second copy of the state on this machine",
  "state.checkpoint.cleaner.parallel-mode": "checkpoints are deleted by the directory",
};

/** A sentence for each key that is set and has no effect. */
export function unusedKeys(configuration: Configuration): string[] {
  const messages: string[] = [];
  for (const [name, why] of Object.entries(UNUSED)) {
    for (const key of name.endsWith(".") ? configuration.keys(name) : [name]) {
      if (configuration.raw(key) !== undefined) messages.push(`${key} has no effect: ${why}`);
    }
  }
  return messages;
}
