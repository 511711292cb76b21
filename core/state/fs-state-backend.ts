import type { Configuration } from "../config/configuration.ts";
import { ConfigurationError, errorMessage, JobError } from "../errors/errors.ts";
import { Path } from "../fs/path.ts";
import { CheckpointStorage } from "./checkpoint-storage.ts";
import {
  CHECKPOINT_DIR,
  CREATE_SUBDIR,
  INLINE_THRESHOLD,
  LARGEST_INLINE_THRESHOLD,
  NUM_RETAINED,
  SAVEPOINT_DIR,
  WRITE_BUFFER_SIZE,
} from "./options.ts";
import type { StateBackend, StateContext } from "./state-backend.ts";

export type { StateBackend } from "./state-backend.ts";

export interface FsStateBackendOptions {
  /** Where savepoints go by default. Default: `execution.checkpointing.savepoint-dir`. */
  readonly savepoints?: string | URL | Path | undefined;
  /**
   * State up to this many bytes is kept inside the metadata file: 0 to 1 MiB, or -1 (default) for
   * `execution.checkpointing.data-inline-threshold`.
   */
  readonly inlineThreshold?: number | undefined;
  /**
   * Bytes of state that are collected before they are written; at least the inline threshold. -1 (default):
   * `execution.checkpointing.write-buffer-size`.
   */
  readonly writeBuffer?: number | undefined;
}

/**
 * Checkpoints in a directory of any file system, in Flink's layout: `<dir>/<job-id>/chk-<n>/_metadata`.
 *
 * The path needs its scheme and may not be a root, as in Flink (`FsStateBackend`, `FileSystemCheckpointStorage`). The
 * constructor contacts nothing; the file system is looked up when a job starts.
 */
export class FsStateBackend implements StateBackend {
  readonly checkpoints: string;
  readonly savepoints: string | undefined;
  readonly #directory: Path;
  readonly #inlineThreshold: number;
  readonly #writeBuffer: number;

  constructor(checkpoints: string | URL | Path, options: FsStateBackendOptions = {}) {
    this.#directory = directory(checkpoints, "checkpoint");
    this.checkpoints = this.#directory.toString();
    this.savepoints =
      options.savepoints === undefined ? undefined : directory(options.savepoints, "savepoint").toString();
    this.#inlineThreshold = bytes("inlineThreshold", options.inlineThreshold, LARGEST_INLINE_THRESHOLD);
    this.#writeBuffer = bytes("writeBuffer", options.writeBuffer, Number.MAX_SAFE_INTEGER);
  }

  /** The backend that `execution.checkpointing.dir` or one of its older names asks for. */
  static fromConfiguration(configuration: Configuration): FsStateBackend | undefined {
    const checkpoints = configuration.get(CHECKPOINT_DIR);
    if (checkpoints === undefined) return undefined;
    const key = [CHECKPOINT_DIR.key, ...CHECKPOINT_DIR.fallbackKeys].find(
      (k) => configuration.raw(k) !== undefined,
    );
    const savepoints = configuration.get(SAVEPOINT_DIR);
    try {
      return new FsStateBackend(checkpoints, { savepoints });
    } catch (cause) {
      throw new ConfigurationError({
        code: "ERR_CONFIG_VALUE",
        key,
        source: configuration.source(key ?? CHECKPOINT_DIR.key),
        message: `${key}: ${errorMessage(cause)}`,
        cause,
      });
    }
  }

  /** Explicit values beat the configuration's. */
  async openStorage(owner: string, context: StateContext): Promise<CheckpointStorage> {
    const { configuration, fileSystems, signal, logger } = context;
    const inlineThreshold =
      this.#inlineThreshold >= 0 ? this.#inlineThreshold : configuration.get(INLINE_THRESHOLD);
    const writeBuffer = this.#writeBuffer >= 0 ? this.#writeBuffer : configuration.get(WRITE_BUFFER_SIZE);
    const savepoints = this.savepoints ?? configuration.get(SAVEPOINT_DIR);
    return new CheckpointStorage({
      owner,
      savepoints: savepoints === undefined ? undefined : directory(savepoints, "savepoint"),
      directory: configuration.get(CREATE_SUBDIR) ? this.#directory.child(owner) : this.#directory,
      fileSystem: await fileSystems.fileSystem(this.#directory),
      fileSystems,
      logger,
      signal,
      numRetained: configuration.get(NUM_RETAINED),
      inlineThreshold,
      writeBuffer: Math.max(writeBuffer, inlineThreshold),
    });
  }

  toJSON(): object {
    return { checkpoints: this.checkpoints, ...(this.savepoints && { savepoints: this.savepoints }) };
  }
}

function directory(path: string | URL | Path, what: "checkpoint" | "savepoint"): Path {
  if (typeof path === "string" && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) {
    throw refused(`the ${what} path "${path}" has no scheme`, 'Give it, as in "file:///data/checkpoints"');
  }
  let parsed: Path;
  try {
    parsed = Path.parse(path);
  } catch (cause) {
    throw refused(`the ${what} path cannot be used: ${errorMessage(cause)}`, undefined, cause);
  }
  if (parsed.key === "" || parsed.key === "/") {
    throw refused(
      `the ${what} path "${parsed}" is a root`,
      `Name a folder below it, as in "${parsed}/${what}s"`,
    );
  }
  return parsed;
}

function bytes(name: string, value: number | undefined, largest: number): number {
  if (value === undefined) return -1;
  if (Number.isSafeInteger(value) && value >= -1 && value <= largest) return value;
  const range = largest === Number.MAX_SAFE_INTEGER ? "from -1" : `from -1 to ${largest}`;
  throw refused(`${name} is ${value}; expected a whole number of bytes ${range}`);
}

function refused(message: string, hint?: string, cause?: unknown): JobError {
  return new JobError({ code: "ERR_JOB_STATE_PATH", message, hint, cause });
}
