import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";

export interface StateContext {
  readonly fileSystems: FileSystems;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Where checkpoints go. */
export interface StateBackend {
  /** For the error messages of a job: the checkpoint directory. */
  readonly checkpoints: string;
  /** The checkpoints of one owner: a job's id, or the id that `ownerId` makes of a name. */
  openStorage(owner: string, context: StateContext): Promise<CheckpointStorage>;
}
