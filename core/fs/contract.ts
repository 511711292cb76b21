/**
 * The whole contract between plugfs and a file system, in one file (the SPI); only what capability `posix` adds, which
 * no plugin needs, is in `posix.ts`.
 *
 * Every `path`, `src` and `dst` is a {@link Path}; positions and lengths are bytes, times are milliseconds
 * since the epoch. What a store cannot do it leaves out of its `capabilities`; the base class then rejects
 * with `ENOTSUP`. An author throws `new FileSystemError({ code, path })`; plugfs adds operation, scheme and
 * plugin, and turns anything else that is thrown into `EIO`.
 */
import type { Configuration } from "../config/configuration.ts";
import type { Logger } from "../config/logger.ts";
import { FileSystemError } from "../errors/errors.ts";
import type { Path } from "./path.ts";
import { PosixFileSystem } from "./posix.ts";

export type { Logger };

/** Version of this contract (its own semver). A plugin's `peerDependencies.plugfs` is checked against it. */
export const SPI_VERSION = "1.0.0";

/**
 * What a file system can do beyond reading:
 *
 * - `write`: `create`, `mkdirs`, `delete`, `rename`. A read-only store leaves it out.
 * - `recoverable-writer`: {@link FileSystem.createRecoverableWriter}.
 * - `pending-writes`: the recoverable writer's `pending` and `discard`.
 * - `server-side-copy`: {@link FileSystem.copy} moves no byte through this process.
 * - `vectored-read`: streams have `readRanges`.
 * - `atomic-create`: `create` without `overwrite` can never replace a file that another writer made meanwhile.
 * - `atomic-rename`: a rename happens whole or not at all.
 * - `directories`: folders are things of their own (with times, and parents that must exist).
 * - `versions`: `FileStatus.version` changes whenever the bytes change.
 * - `posix`: permissions, links, times, truncation, writing in place, watching.
 */
export type Capability =
  | "write"
  | "recoverable-writer"
  | "pending-writes"
  | "server-side-copy"
  | "vectored-read"
  | "atomic-create"
  | "atomic-rename"
  | "directories"
  | "versions"
  | "posix";

export interface FileStatus {
  readonly path: Path;
  readonly kind: "file" | "directory";
  /** Bytes; 0 for a directory. */
  readonly length: number;
  /** Milliseconds since the epoch; 0 where the store does not know it. */
  readonly modificationTime: number;
  /** Changes whenever the bytes change (an ETag). */
  readonly version?: string;
  /** CRC-64/XZ of the bytes, as an unsigned decimal. */
  readonly crc64?: string;
}

export interface SignalOption {
  /** Ends the call: it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}
export interface ListOptions extends SignalOption {
  /** Yields every file and folder below, not only the direct children. Default false. */
  readonly recursive?: boolean | undefined;
  /** Only what comes after this path in the listing's order; the path itself is left out. */
  readonly startAfter?: Path | undefined;
}
export interface OpenOptions extends SignalOption {
  /** First byte, inclusive. Default 0. */
  readonly start?: number | undefined;
  /** End, exclusive; past the file's end it means the end. Default: the end. */
  readonly end?: number | undefined;
  /** Rejects with `ESTALE` unless the file still has this `FileStatus.version`. */
  readonly ifVersion?: string | undefined;
  /** A status of this path that the caller has; spares the store a request. */
  readonly status?: FileStatus | undefined;
}
export interface ClearOption {
  /**
   * The caller has seen that no folder has the target's name and that its parent is no file, in a listing, say; spares
   * the store a look of its own. Whether a file has the name is for `overwrite` all the same.
   */
  readonly isClear?: boolean | undefined;
}
export interface CreateOptions extends SignalOption, ClearOption {
  /** Replaces an existing file. Default false: `EEXIST`, here or at the latest when the stream is closed. */
  readonly overwrite?: boolean | undefined;
  /** Makes missing parents where the store has folders. Default true; false: `ENOENT`. */
  readonly createParents?: boolean | undefined;
}
export interface DeleteOptions extends SignalOption {
  /** Deletes a folder with all that is in it. Default false: `ENOTEMPTY`. */
  readonly recursive?: boolean | undefined;
}
export interface RenameOptions extends SignalOption {
  /** Replaces an existing file. Default false: `EEXIST`. */
  readonly overwrite?: boolean | undefined;
}
export interface CopyOptions extends SignalOption, ClearOption {
  /** Replaces an existing file. Default false: `EEXIST`. */
  readonly overwrite?: boolean | undefined;
}

export interface FileSystemContext {
  readonly logger: Logger;
  /** Aborted when the environment closes before `create` is done. */
  readonly signal: AbortSignal;
}

/** One scheme → file systems (Flink's `FileSystemFactory`). A plugin exports a class of this shape. */
export interface FileSystemFactory {
  /** Lower case, as in `oss://`. */
  readonly scheme: string;
  /** Called once per environment, before the first `create`. */
  configure?(configuration: Configuration): void | Promise<void>;
  /** Makes the file system of one authority; `root` is `scheme://authority`. Called once per authority. */
  create(root: Path, context: FileSystemContext): FileSystem | Promise<FileSystem>;
  /** Called after every file system that this factory made is closed. */
  close?(): Promise<void>;
}

/** One (scheme, authority). Made once per environment; safe for concurrent calls. */
export abstract class FileSystem extends PosixFileSystem implements AsyncDisposable {
  /** Data, so that wrappers and worker proxies can pass it on. */
  abstract readonly capabilities: ReadonlySet<Capability>;

  /** Rejects with `ENOENT` when nothing is there. */
  abstract getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus>;

  /**
   * Children of a folder (all descendants with `recursive`) in UTF-8 byte order of the key, a folder compared
   * as `name/`. Of a file: that file. Of nothing: `ENOENT`, at the first step.
   */
  abstract listStatus(path: Path, options?: ListOptions): AsyncIterable<FileStatus>;

  /** `ENOENT` when nothing is there, `EISDIR` for a folder. */
  abstract open(path: Path, options?: OpenOptions): Promise<FsDataInputStream>;

  /** Nothing is visible at `path` before the stream's `close` resolves. */
  create(path: Path, _options?: CreateOptions): Promise<FsDataOutputStream> {
    return Promise.reject(unsupported("create", path));
  }

  /** Makes the folder and its parents; an existing folder is fine, an existing file is `EEXIST`/`ENOTDIR`. */
  mkdirs(path: Path, _options?: SignalOption): Promise<void> {
    return Promise.reject(unsupported("mkdirs", path));
  }

  /** Resolves to whether something was there. */
  delete(path: Path, _options?: DeleteOptions): Promise<boolean> {
    return Promise.reject(unsupported("delete", path));
  }

  /**
   * Moves a file or a folder; `dst` is the new name itself, never a folder to move into. Into itself `EINVAL`,
   * missing source `ENOENT`, existing target `EEXIST`, half done `EIO` with what was copied, left and deleted.
   */
  rename(src: Path, _dst: Path, _options?: RenameOptions): Promise<void> {
    return Promise.reject(unsupported("rename", src));
  }

  /** Copies one file within this file system; capability `server-side-copy`. */
  copy(src: Path, _dst: Path, _options?: CopyOptions): Promise<FileStatus> {
    return Promise.reject(unsupported("copy", src));
  }

  /** Capability `recoverable-writer`. */
  createRecoverableWriter(): Promise<RecoverableWriter> {
    return Promise.reject(unsupported("createRecoverableWriter"));
  }

  /** Frees what the file system holds; open streams are ended. May be called twice. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export interface FsDataInputStream extends AsyncDisposable {
  /** Absolute position in the file, in bytes. */
  readonly position: number;
  readonly status: FileStatus;
  /** Outside 0 … length: throws `EINVAL` and moves nothing. */
  seek(position: number): void;
  /** Fills `into` unless the end comes first; resolves to the bytes read, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** The same at a position of its own; moves nothing, may run concurrently. */
  readAt(position: number, into: Uint8Array): Promise<number>;
  /**
   * Capability `vectored-read`: fills every range, in whatever order and however they overlap; near ranges are merged by
   * the store. One that is not wholly in the file is `EINVAL`.
   */
  readRanges?(ranges: readonly { position: number; into: Uint8Array }[]): Promise<void>;
  /** From the position to the end. A chunk is valid until the next one is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface FsDataOutputStream extends AsyncDisposable {
  /** Bytes accepted so far. */
  readonly position: number;
  /** `bytes` may be reused once it resolves. One at a time: a second is `EBUSY`. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Publishes the file; resolves once the store confirmed, called twice to the same. After a failed write it rejects and
   * publishes nothing.
   */
  close(): Promise<FileStatus>;
  /** Publishes nothing and frees everything. After `close`, or twice, it does nothing. */
  abort(reason?: unknown): Promise<void>;
}

/** Files that are published at a commit and survive a crash before it (Flink's `RecoverableWriter`). */
export interface RecoverableWriter {
  /** `overwrite` (default false) is decided at commit. */
  open(target: Path, options?: SignalOption & { readonly overwrite?: boolean }): Promise<RecoverableStream>;
  /**
   * Continues at the persisted position; later bytes are dropped. What was persisted after that point is void from then
   * on (as in Flink): not every store can tell when it is recovered all the same.
   */
  recover(recoverable: Uint8Array, options?: SignalOption): Promise<RecoverableStream>;
  recoverForCommit(recoverable: Uint8Array): Promise<Committer>;
  /** Frees what only this recoverable holds. Resolves to whether something was freed. */
  cleanup(recoverable: Uint8Array): Promise<boolean>;
  /** Writes below `prefix` that are neither committed nor discarded; capability `pending-writes`. */
  pending(prefix: Path): AsyncIterable<{
    readonly target: Path;
    readonly id: string;
    readonly started: number;
    readonly bytes: number;
  }>;
  discard(target: Path, id: string): Promise<boolean>;
}

/** Disposed = local resources freed, persisted state kept. */
export interface RecoverableStream extends AsyncDisposable {
  /** What {@link RecoverableWriter.pending} and `discard` know this write by; the same after `recover`. */
  readonly id: string;
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Makes every byte so far durable; resolves to a versioned recoverable that any process can read. */
  persist(): Promise<Uint8Array>;
  closeForCommit(): Promise<Committer>;
}

export interface Committer {
  readonly recoverable: Uint8Array;
  /** Publishes exactly the bytes written; an empty stream publishes an empty file. */
  commit(): Promise<FileStatus>;
  /** The same when it may have happened already: verifies the target, or rejects. */
  commitAfterRecovery(): Promise<FileStatus>;
}

function unsupported(operation: string, path?: Path): FileSystemError {
  return new FileSystemError({ code: "ENOTSUP", operation, path });
}
