import type { WatchOptions } from "node:fs";
import type { FileChangeInfo } from "node:fs/promises";
import { FileSystemError } from "../errors/errors.ts";
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
  type OpenOptions,
  type RecoverableWriter,
  type RenameOptions,
  type SignalOption,
} from "./contract.ts";
import type { Path } from "./path.ts";
import { callPosix, type PosixCalls, type PosixName, pathsOf } from "./posix.ts";
import { batchesOf, itemsOf } from "./wrappers/batches.ts";
import { steps } from "./wrappers/steps.ts";

/**
 * What a host holds: stays good when a plugin is reloaded, because each call asks anew for the file system. Streams,
 * writers and committers keep the one that made them.
 *
 * A path of another scheme or authority is refused (`EINVAL`, as a target `EXDEV`). `close` releases this handle only.
 */
export class FileSystemHandle extends FileSystem {
  readonly #root: Path;
  readonly #current: () => FileSystem | Promise<FileSystem>;
  #last: FileSystem;
  #closed = false;

  constructor(root: Path, first: FileSystem, current: () => FileSystem | Promise<FileSystem>) {
    super();
    this.#root = root;
    this.#last = first;
    this.#current = current;
  }

  /** Those of the file system that served the last call. */
  override get capabilities(): ReadonlySet<Capability> {
    return this.#last.capabilities;
  }

  override async getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus> {
    return (await this.#for("getFileStatus", path)).getFileStatus(path, options);
  }

  override listStatus(path: Path, options?: ListOptions): AsyncGenerator<FileStatus> {
    return itemsOf(
      steps(async () => batchesOf((await this.#for("listStatus", path)).listStatus(path, options))),
    );
  }

  override async open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    return (await this.#for("open", path)).open(path, options);
  }

  override async create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    return (await this.#for("create", path)).create(path, options);
  }

  override async mkdirs(path: Path, options?: SignalOption): Promise<void> {
    return (await this.#for("mkdirs", path)).mkdirs(path, options);
  }

  override async delete(path: Path, options?: DeleteOptions): Promise<boolean> {
    return (await this.#for("delete", path)).delete(path, options);
  }

  override async rename(src: Path, dst: Path, options?: RenameOptions): Promise<void> {
    return (await this.#for("rename", src, dst)).rename(src, dst, options);
  }

  override async copy(src: Path, dst: Path, options?: CopyOptions): Promise<FileStatus> {
    return (await this.#for("copy", src, dst)).copy(src, dst, options);
  }

  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    return (await this.#for("createRecoverableWriter")).createRecoverableWriter();
  }

  override async *watch(path: Path, options?: WatchOptions): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    yield* (await this.#for("watch", path)).watch(path, options);
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    const [path, dest] = pathsOf(call);
    const made = this.#for(name, path, dest).then(async (fs) => await callPosix(fs, name, call));
    return made as ReturnType<PosixCalls[K]>;
  }

  override async close(): Promise<void> {
    this.#closed = true;
  }

  async #for(operation: string, path?: Path, dest?: Path): Promise<FileSystem> {
    const where = { operation, path, dest, scheme: this.#root.scheme };
    if (this.#closed) {
      throw new FileSystemError({ ...where, code: "EINVAL", message: "this handle is closed" });
    }
    if (path !== undefined) this.#check(path, "EINVAL", where);
    if (dest !== undefined) this.#check(dest, "EXDEV", where);
    this.#last = await this.#current();
    return this.#last;
  }

  #check(path: Path, code: "EINVAL" | "EXDEV", where: { operation: string; path: Path | undefined }): void {
    if (path.scheme === this.#root.scheme && path.authority === this.#root.authority) return;
    const stranger = typeof path === "string" ? "is a string, not a Path" : `is not on ${this.#root}`;
    throw new FileSystemError({ ...where, code, message: `the path '${path}' ${stranger}` });
  }
}
