import { constants, type WatchOptions } from "node:fs";
import {
  type FileChangeInfo,
  type FileHandle,
  mkdir,
  open,
  realpath,
  rename,
  rmdir,
  unlink,
} from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, FileSystemError } from "../../errors/errors.ts";
import {
  type Capability,
  type CopyOptions,
  type CreateOptions,
  type DeleteOptions,
  type FileStatus,
  FileSystem,
  type FsDataInputStream,
  type FsDataOutputStream,
  type ListOptions,
  type Logger,
  type OpenOptions,
  type RecoverableWriter,
  type RenameOptions,
  type SignalOption,
} from "../contract.ts";
import type { Path } from "../path.ts";
import { callPosix, type PosixCalls, type PosixName } from "../posix.ts";
import { RandomAccessInputStream } from "../random-access-input.ts";
import { SerialOutputStream } from "../serial-output.ts";
import {
  AtomicFile,
  isSameFile,
  LARGEST_CALL,
  makeFolders,
  renameWithoutReplacing,
  syncDirectory,
} from "./atomic-file.ts";
import { attempt, explained } from "./attempt.ts";
import { copyLocal } from "./copy.ts";
import { deleteTree } from "./deletion.ts";
import { listDirectory } from "./listing.ts";
import { LOCAL_POSIX, watchLocal } from "./posix-calls.ts";
import { LocalRecoverableWriter } from "./recoverable-writer.ts";
import { linkStatsIfAny, statsIfAny, statusAt, statusOf } from "./status.ts";

/** Bytes read from disk at once. A call costs about 100 µs before it moves a byte: 1 MiB spares lines a quarter of their CPU. */
const CHUNK_SIZE = 1024 * 1024;

/**
 * Files of this machine (`file:`).
 *
 * - A file that is written is a hidden `.<name>.inprogress.<uuid>` beside its target until `close` made it durable and
 *   gave it its name; a listing shows it, as it shows every file.
 * - Links are followed, but by `delete` and `rename`, which mean the link itself.
 * - `rename` makes missing parents of the target, as on object stores; with `overwrite` it follows POSIX `rename`.
 * - Errors keep Node's codes.
 */
export class LocalFileSystem extends FileSystem {
  override readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    "write",
    "recoverable-writer",
    "pending-writes",
    "atomic-create",
    "atomic-rename",
    "directories",
    "versions",
    "server-side-copy",
    "posix",
  ]);
  readonly #logger: Logger | undefined;

  constructor(logger?: Logger) {
    super();
    this.#logger = logger;
  }

  override getFileStatus(path: Path, options: SignalOption = {}): Promise<FileStatus> {
    return attempt("getFileStatus", path, options.signal, () => statusAt(path));
  }

  override async *listStatus(path: Path, options: ListOptions = {}): AsyncGenerator<FileStatus> {
    try {
      options.signal?.throwIfAborted();
      const status = await statusAt(path);
      if (status.kind === "file") {
        if (!options.startAfter?.equals(path)) yield status;
        return;
      }
      yield* listDirectory(path, options, (directory, count) => this.#warnUnnameable(directory, count));
    } catch (error) {
      throw explained(error, "listStatus", path, options.signal);
    }
  }

  override open(path: Path, options: OpenOptions = {}): Promise<FsDataInputStream> {
    const { start, end, ifVersion, signal } = options;
    return attempt("open", path, signal, async () => {
      // Without O_NONBLOCK the opening of a named pipe would wait for a writer.
      const handle = await open(path.key, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const stats = await handle.stat({ bigint: true });
        if (stats.isDirectory()) throw new FileSystemError({ code: "EISDIR", path });
        if (!stats.isFile()) throw notRegular(path);
        const status = statusOf(path, stats);
        if (status.length === 0 && (await handle.read(new Uint8Array(1), 0, 1, 0)).bytesRead > 0) {
          throw new FileSystemError({
            code: "ENOTSUP",
            path,
            message: "the system does not tell its length",
          });
        }
        if (ifVersion !== undefined && status.version !== ifVersion) {
          throw new FileSystemError({ code: "ESTALE", path });
        }
        return new RandomAccessInputStream({
          status,
          start,
          end,
          signal,
          chunkSize: CHUNK_SIZE,
          readAt: (position, into) => readFrom(handle, path, position, into),
          close: () => handle.close(),
        });
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  override create(path: Path, options: CreateOptions = {}): Promise<FsDataOutputStream> {
    const { overwrite = false, createParents = true, signal } = options;
    return attempt("create", path, signal, async () => {
      const existing = await statsIfAny(path.key);
      if (existing !== undefined) {
        if (!overwrite) throw new FileSystemError({ code: "EEXIST", path });
        if (existing.isDirectory()) throw new FileSystemError({ code: "EISDIR", path });
        if (!existing.isFile() && !existing.isSymbolicLink()) throw notRegular(path);
      }
      // A link stays a link: what it points to is replaced.
      const target = existing?.isFile() ? await realpath(path.key) : path.key;
      const file = await AtomicFile.create(target, {
        createParents,
        mode: existing?.isFile() ? Number(existing.mode) : undefined,
      });
      const run = <T>(operation: string, call: () => Promise<T>): Promise<T> =>
        attempt(operation, path, signal, call);
      return new SerialOutputStream({
        path,
        signal,
        write: (bytes) => run("write", () => file.write(bytes)),
        finish: () => run("close", async () => statusOf(path, await file.publish(overwrite))),
        discard: () => attempt("abort", path, undefined, () => file.discard()),
      });
    });
  }

  override mkdirs(path: Path, options: SignalOption = {}): Promise<void> {
    return attempt("mkdirs", path, options.signal, async () => {
      await mkdir(path.key, { recursive: true });
    });
  }

  override delete(path: Path, options: DeleteOptions = {}): Promise<boolean> {
    const { recursive = false, signal } = options;
    return attempt("delete", path, signal, async () => {
      if (path.key === "/") {
        throw new FileSystemError({ code: "EPERM", path, message: "the root folder is never deleted" });
      }
      const stats = await linkStatsIfAny(path.key);
      if (stats === undefined) return false;
      try {
        if (!stats.isDirectory()) await unlink(path.key);
        else if (recursive) await deleteTree(path.key, signal);
        else await rmdir(path.key);
      } catch (error) {
        if (errorCode(error) === "ENOENT") return false;
        if (errorCode(error) === "EEXIST") throw new FileSystemError({ code: "ENOTEMPTY", path });
        throw error;
      }
      return true;
    });
  }

  override rename(src: Path, dst: Path, options: RenameOptions = {}): Promise<void> {
    const { overwrite = false, signal } = options;
    return attempt(
      "rename",
      src,
      signal,
      async () => {
        const source = await linkStatsIfAny(src.key);
        if (source === undefined) throw new FileSystemError({ code: "ENOENT", path: src, dest: dst });
        if (dst.startsWith(src)) {
          throw new FileSystemError({
            code: "EINVAL",
            path: src,
            dest: dst,
            message: "a file or folder cannot be moved into itself",
          });
        }
        await makeFolders(dirname(dst.key));
        const target = overwrite ? undefined : await linkStatsIfAny(dst.key);
        if (target !== undefined && !(await isSameFile(src.key, dst.key))) {
          throw new FileSystemError({ code: "EEXIST", path: src, dest: dst });
        }
        // A folder cannot replace anything but an empty folder, so only a file needs the careful way.
        const careful = !overwrite && target === undefined && source.isFile();
        await (careful ? renameWithoutReplacing : rename)(src.key, dst.key);
        await syncDirectory(dirname(dst.key));
      },
      dst,
    );
  }

  /** Shares the blocks where the system can; else the bytes go through this process. */
  override copy(src: Path, dst: Path, options: CopyOptions = {}): Promise<FileStatus> {
    return attempt("copy", src, options.signal, () => copyLocal(src, dst, options), dst);
  }

  override createRecoverableWriter(): Promise<RecoverableWriter> {
    return Promise.resolve(new LocalRecoverableWriter());
  }

  override watch(path: Path, options?: WatchOptions): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    return watchLocal(path, options);
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    return callPosix(LOCAL_POSIX, name, call);
  }

  #warnUnnameable(directory: Path, count: number): void {
    this.#logger?.warn(
      { path: directory.toString(), count },
      `${count} names in '${directory}' are no valid Unicode and are left out of the listing`,
    );
  }
}

function readFrom(handle: FileHandle, path: Path, position: number, into: Uint8Array): Promise<number> {
  return attempt("read", path, undefined, async () => {
    const { bytesRead } = await handle.read(into, 0, Math.min(into.byteLength, LARGEST_CALL), position);
    return bytesRead;
  });
}

function notRegular(path: Path): FileSystemError {
  const message = "a pipe, socket or device is no file that can be opened";
  return new FileSystemError({ code: "ENOTSUP", path, message });
}
