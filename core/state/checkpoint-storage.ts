import { createHash, randomBytes } from "node:crypto";
import type { Logger } from "../config/logger.ts";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { FileStatus, FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { Checkpoint } from "./checkpoint.ts";
import { CheckpointWriter } from "./checkpoint-writer.ts";
import { deleteIfEmpty } from "./delete-if-empty.ts";
import { unreadable } from "./metadata.ts";
import { Records } from "./records.ts";

export interface CheckpointStorageOptions {
  readonly owner: string;
  /** Holds `chk-<n>/`. */
  readonly directory: Path;
  /** Where savepoints go by default. */
  readonly savepoints: Path | undefined;
  readonly fileSystem: FileSystem;
  readonly fileSystems: FileSystems;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly numRetained: number;
  readonly inlineThreshold: number;
  readonly writeBuffer: number;
}

/** A completed checkpoint, as a listing shows it. */
export interface CheckpointInfo {
  readonly id: number;
  readonly pointer: string;
  /** Bytes of all its files. */
  readonly bytes: number;
  /** Milliseconds since the epoch; 0 where the store does not know it. */
  readonly completedAt: number;
}

/** 32 hexadecimal digits of a name: the first half of its SHA-256. What names a job's checkpoint directory. */
export function ownerId(name: string): string {
  return createHash("sha256").update(name, "utf8").digest("hex").slice(0, 32);
}

/**
 * The checkpoints of one owner: `<directory>/chk-<n>/_metadata`, with large states in files beside it.
 *
 * ```ts
 * const storage = await env.stateStorage("my-service");
 * await using checkpoint = await storage.begin();
 * await checkpoint.write("offsets", bytes);
 * await checkpoint.complete();
 * const offsets = await (await storage.latest())?.read("offsets");
 * ```
 */
export class CheckpointStorage {
  readonly owner: string;
  readonly directory: string;
  /** Small files of the owner's beside its checkpoints. */
  readonly records: Records;
  readonly #options: CheckpointStorageOptions;
  #lastId: number | undefined;
  /** Numbers up to here are left to others. */
  #reserved = 0;
  /** Completed checkpoints that this storage has listed or made, and what crashed writers have left. */
  #older: { id: number; isComplete: boolean }[] = [];

  constructor(options: CheckpointStorageOptions) {
    this.#options = options;
    this.owner = options.owner;
    this.directory = options.directory.toString();
    const shared = options.directory.name !== options.owner;
    this.records = new Records(options.fileSystem, options.directory, shared ? `${options.owner}-` : "");
  }

  /** Completed checkpoints that are kept. */
  get numRetained(): number {
    return this.#options.numRetained;
  }

  /**
   * A new checkpoint, numbered behind every one that is there. `confirm` is called once it counts, before older ones are
   * deleted; when it rejects they stay, and `complete` rejects with its reason.
   */
  async begin(
    options: { readonly signal?: AbortSignal; readonly confirm?: () => Promise<void> } = {},
  ): Promise<CheckpointWriter> {
    const { fileSystem, directory, inlineThreshold, writeBuffer } = this.#options;
    if (this.#lastId === undefined) {
      const entries = await this.#entries(options.signal ?? this.#options.signal);
      this.#older = entries.map(({ id, completedAt }) => ({ id, isComplete: completedAt !== undefined }));
      this.#lastId = entries.reduce((last, { id }) => Math.max(last, id), this.#reserved);
    }
    const id = ++this.#lastId;
    return new CheckpointWriter({
      fileSystem,
      owner: this.owner,
      id,
      directory: directory.child(`chk-${id}`),
      inlineThreshold,
      writeBuffer,
      signal: options.signal ?? this.#options.signal,
      completed: async () => {
        await options.confirm?.();
        await this.#subsume(id);
      },
    });
  }

  /**
   * Leaves the next number free: another writer that is to end may still complete the checkpoint that it has begun. It
   * then lies behind those of this storage.
   */
  async leaveNumber(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const entries = await this.#entries(options.signal ?? this.#options.signal);
    this.#lastId = undefined;
    this.#reserved = 1 + entries.reduce((last, { id }) => Math.max(last, id), this.#reserved);
  }

  /**
   * A savepoint: a checkpoint in a directory of its own, `savepoint-<owner's first 6 digits>-<random>`, which only
   * `discard` deletes. `target` (default: the backend's `savepoints`) holds that directory. Rejects with
   * `ERR_JOB_STATE_PATH` when there is neither.
   */
  async beginSavepoint(
    options: { readonly target?: string | URL | Path; readonly signal?: AbortSignal } = {},
  ): Promise<CheckpointWriter> {
    const { fileSystems, savepoints, inlineThreshold, writeBuffer, signal } = this.#options;
    const target = options.target === undefined ? savepoints : fileSystems.resolve(options.target);
    if (target === undefined) {
      throw new JobError({
        code: "ERR_JOB_STATE_PATH",
        message: "no place for savepoints is known",
        hint: "Name a target, give the state backend its savepoints, or set execution.checkpointing.savepoint-dir",
      });
    }
    return new CheckpointWriter({
      fileSystem: await fileSystems.fileSystem(target),
      owner: this.owner,
      id: 0,
      directory: target.child(`savepoint-${this.owner.slice(0, 6)}-${randomBytes(6).toString("hex")}`),
      inlineThreshold,
      writeBuffer,
      signal: options.signal ?? signal,
      completed: () => Promise.resolve(),
    });
  }

  /** The completed checkpoint with the highest number. Rejects with `ERR_JOB_CHECKPOINT` when it is damaged. */
  async latest(): Promise<Checkpoint | undefined> {
    let last = (await this.list()).at(-1);
    for (;;) {
      try {
        return last && (await this.open(last.pointer));
      } catch (error) {
        // Its writer may have replaced it by a newer one since it was listed.
        const now = (await this.list()).at(-1);
        if (now?.id === last?.id) throw error;
        last = now;
      }
    }
  }

  /**
   * The checkpoint that a pointer means: its directory, or its metadata file under whatever name. Rejects with
   * `ERR_JOB_CHECKPOINT` when nothing is there or it is damaged.
   */
  async open(pointer: string | URL | Path): Promise<Checkpoint> {
    const { fileSystems, signal } = this.#options;
    const path = fileSystems.resolve(pointer);
    const fileSystem = await fileSystems.fileSystem(path);
    const status = await this.#statusOf(fileSystem, path);
    if (status.kind === "file") return Checkpoint.read(fileSystem, path, signal);
    const metadata = path.child("_metadata");
    await this.#statusOf(fileSystem, metadata);
    return Checkpoint.read(fileSystem, metadata, signal);
  }

  /** The completed checkpoints, oldest first. */
  async list(): Promise<CheckpointInfo[]> {
    return completed(await this.#entries(this.#options.signal));
  }

  /**
   * Deletes a checkpoint: its metadata first, then its states, then its directory, and the owner's directory with the
   * last one. Resolves to whether it was there.
   */
  async discard(checkpoint: string | URL | Path | { readonly pointer: string }): Promise<boolean> {
    const { fileSystems } = this.#options;
    const pointer =
      typeof checkpoint === "object" && "pointer" in checkpoint ? checkpoint.pointer : checkpoint;
    const path = fileSystems.resolve(pointer);
    const fileSystem = await fileSystems.fileSystem(path);
    const isOwn = path.startsWith(this.#options.directory) && /^chk-\d+$/.test(path.name);
    this.#lastId = undefined;
    const found = isOwn
      ? await this.#discardOwn(fileSystem, path)
      : await this.#discardOther(pointer, fileSystem);
    await this.#removeIfEmpty();
    return found;
  }

  /** Deletes all checkpoints of this owner, completed or not. */
  async discardAll(): Promise<void> {
    const { fileSystem } = this.#options;
    this.#lastId = undefined;
    for (const { directory } of await this.#entries()) await this.#discardOwn(fileSystem, directory);
    await this.#removeIfEmpty();
  }

  /**
   * Takes away what crashed writers have left half-written in the owner's directory before `started` (milliseconds since
   * the epoch).
   */
  async discardPending(started: number): Promise<void> {
    const { fileSystem, directory } = this.#options;
    if (!fileSystem.capabilities.has("pending-writes")) return;
    const writer = await fileSystem.createRecoverableWriter();
    for await (const write of writer.pending(directory)) {
      if (write.started < started) await writer.discard(write.target, write.id);
    }
  }

  async #discardOwn(fileSystem: FileSystem, directory: Path): Promise<boolean> {
    // Without its metadata it no longer counts, whatever happens next.
    await fileSystem.delete(directory.child("_metadata"));
    return fileSystem.delete(directory, { recursive: true });
  }

  /** What lies elsewhere may lie among other things: only what the metadata names is deleted. */
  async #discardOther(pointer: string | URL | Path, fileSystem: FileSystem): Promise<boolean> {
    const checkpoint = await this.open(pointer);
    await fileSystem.delete(checkpoint.metadataFile);
    for (const file of checkpoint.files) await fileSystem.delete(file);
    await deleteIfEmpty(fileSystem, checkpoint.metadataFile.parent as Path);
    return true;
  }

  /** Deletes what is older than the last `numRetained` completed ones. */
  async #subsume(newest: number): Promise<void> {
    const { fileSystem, directory, numRetained, logger } = this.#options;
    this.#older.push({ id: newest, isComplete: true });
    const kept = this.#older
      .filter(({ isComplete }) => isComplete)
      .map(({ id }) => id)
      .sort((a, b) => b - a)
      .slice(0, numRetained);
    try {
      for (const { id } of this.#older.filter(({ id }) => id < newest && !kept.includes(id))) {
        await fileSystem.delete(directory.child(`chk-${id}`), { recursive: true });
        this.#older = this.#older.filter((other) => other.id !== id);
      }
    } catch (error) {
      logger.warn(
        { err: error, owner: this.owner },
        `older checkpoints were not deleted: ${errorMessage(error)}`,
      );
    }
  }

  /** Every `chk-<n>`, completed or not. */
  async #entries(signal?: AbortSignal): Promise<Entry[]> {
    const { fileSystem, directory } = this.#options;
    const entries = new Map<number, Entry>();
    try {
      for await (const { path, length, modificationTime } of fileSystem.listStatus(directory, {
        recursive: true,
        signal,
      })) {
        const [, digits, rest] = /^chk-(\d+)(?:\/(.*))?$/s.exec(relative(directory, path)) ?? [];
        if (digits === undefined) continue;
        const id = Number(digits);
        const entry = entries.get(id) ?? { id, directory: directory.child(`chk-${digits}`), bytes: 0 };
        entry.bytes += length;
        if (rest === "_metadata") entry.completedAt = modificationTime;
        entries.set(id, entry);
      }
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
    return [...entries.values()];
  }

  async #statusOf(fileSystem: FileSystem, path: Path): Promise<FileStatus> {
    try {
      return await fileSystem.getFileStatus(path, { signal: this.#options.signal });
    } catch (cause) {
      if (errorCode(cause) !== "ENOENT") throw cause;
      const hint = "A pointer is a checkpoint's directory (chk-<n>) or the metadata file in it";
      throw unreadable(path.toString(), `nothing is there (scheme ${path.scheme})`, hint, cause);
    }
  }

  /** Where folders are things of their own, the owner's goes with its last checkpoint. */
  async #removeIfEmpty(): Promise<void> {
    const { fileSystem, directory, owner } = this.#options;
    if (directory.name === owner) await deleteIfEmpty(fileSystem, directory);
  }
}

/** A `chk-<n>`. */
interface Entry {
  readonly id: number;
  readonly directory: Path;
  bytes: number;
  /** Only with its metadata it counts. */
  completedAt?: number;
}

function completed(entries: readonly Entry[]): CheckpointInfo[] {
  return entries
    .filter(({ completedAt }) => completedAt !== undefined)
    .map(({ id, directory, bytes, completedAt = 0 }) => ({
      id,
      pointer: directory.toString(),
      bytes,
      completedAt,
    }))
    .sort((a, b) => a.id - b.id);
}

function relative(directory: Path, path: Path): string {
  return path.key.slice(directory.key === "" ? 0 : directory.key.length + 1);
}
