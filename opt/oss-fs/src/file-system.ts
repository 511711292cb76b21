import {
  type Capability,
  type CopyOptions,
  type CreateOptions,
  type DeleteOptions,
  type FileStatus,
  FileSystem,
  FileSystemError,
  type FsDataInputStream,
  type FsDataOutputStream,
  type ListOptions,
  type Logger,
  type OpenOptions,
  type Path,
  type RecoverableWriter,
  type RenameOptions,
  SerialOutputStream,
  type SignalOption,
} from "plugfs";
import { OssClient } from "./client.ts";
import { copyObject } from "./copy.ts";
import type { CredentialSource } from "./credentials/credentials.ts";
import { listStatus } from "./list-status.ts";
import { listPage } from "./listing.ts";
import {
  type Context,
  fileStatus,
  isFolder,
  isMissing,
  occupant,
  refuseFileAsParent,
  refuseFiles,
  statusOf,
} from "./lookup.ts";
import { BlockPool, TransferMemory } from "./memory.ts";
import { openInput } from "./open.ts";
import { PartBuffers } from "./part-buffer.ts";
import { writeHeaders } from "./publish.ts";
import { OssRecoverableWriter } from "./recoverable-writer.ts";
import type { OssSettings } from "./settings.ts";
import { checkedKey, folderPrefix } from "./status.ts";
import type { Store } from "./store.ts";
import { deleteTree, moveTree } from "./tree.ts";
import { ObjectSink } from "./write.ts";

/**
 * One bucket as a file system. A folder is there when something is in it, or by a marker (an empty object `name/`);
 * its time is always 0. Every docstring says how many requests a call costs.
 */
export class OssFileSystem extends FileSystem {
  override readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    "write",
    "server-side-copy",
    "atomic-create",
    "vectored-read",
    "versions",
    "recoverable-writer",
    "pending-writes",
  ]);
  readonly #store: Store;

  constructor(bucket: string, settings: OssSettings, credentials: CredentialSource, logger: Logger) {
    super();
    const client = new OssClient(bucket, settings, credentials);
    const pool = new BlockPool(new TransferMemory(settings.transferMemory));
    const buffers = new PartBuffers(settings.buffers, pool);
    this.#store = { client, pool, buffers, logger, uploads: new Map(), live: new Set() };
  }

  /** A file 1, a folder or nothing 2. */
  override async getFileStatus(path: Path, options: SignalOption = {}): Promise<FileStatus> {
    checkedKey(path, "getFileStatus");
    return await statusOf(this.#store, path, context("getFileStatus", options, path));
  }

  /** 1 a page, recursively in a tree of folders up to 2; 1 more for a file or nothing. */
  override listStatus(path: Path, options: ListOptions = {}): AsyncGenerator<FileStatus> {
    return listStatus(this.#store, path, options);
  }

  /** 1, which brings the first bytes too; a folder or nothing 2. */
  override async open(path: Path, options: OpenOptions = {}): Promise<FsDataInputStream> {
    const key = checkedKey(path, "open");
    const wanted = context("open", options, path);
    if (key === "" || options.status?.kind === "directory") throw error("EISDIR", wanted);
    const head = async (): Promise<FileStatus> => {
      const status = await statusOf(this.#store, path, wanted);
      if (status.kind === "directory") throw error("EISDIR", wanted);
      return status;
    };
    try {
      return await openInput(this.#store, path, options, head);
    } catch (failure) {
      if (!isMissing(failure) || !(await isFolder(this.#store, path, wanted))) throw failure;
      throw error("EISDIR", wanted);
    }
  }

  /**
   * 2, 1 with `fs.oss.performance.flags.create`, none with `isClear`; `close` of a small file 1 more, of a larger one 2
   * and its parts.
   */
  override async create(path: Path, options: CreateOptions = {}): Promise<FsDataOutputStream> {
    const key = checkedKey(path, "create");
    const { overwrite = false, isClear = false, signal } = options;
    const wanted = context("create", options, path);
    if (key === "") throw error(overwrite ? "EISDIR" : "EEXIST", wanted);
    if (!isClear) {
      const [there] = await Promise.all([
        occupant(this.#store, path, wanted),
        refuseFileAsParent(this.#store, path, wanted),
      ]);
      if (there !== undefined && !overwrite) throw error("EEXIST", wanted);
      if (there === "directory") throw error("EISDIR", wanted);
    }
    const target = { path, key, overwrite, about: { operation: "write", path } };
    const { live } = this.#store;
    const sink = new ObjectSink(this.#store, target, signal, () => live.delete(stream));
    const stream = new SerialOutputStream(sink);
    live.add(stream);
    return stream;
  }

  /** An existing folder 2, else the depth and 2. */
  override async mkdirs(path: Path, options: SignalOption = {}): Promise<void> {
    const key = checkedKey(path, "mkdirs");
    const wanted = context("mkdirs", options, path);
    if (key === "") return;
    if ((await fileStatus(this.#store, path, wanted)) !== undefined) throw error("EEXIST", wanted);
    if (await isFolder(this.#store, path, wanted)) return;
    const ancestors: Path[] = [];
    for (let p = path.parent; p !== null && p.key !== ""; p = p.parent) ancestors.push(p);
    await refuseFiles(this.#store, ancestors, wanted);
    await this.#putMarker(path, wanted);
  }

  /** A file 3, 4 when it was the last of its folder; a folder of N objects N/1000 listings and as many batch deletes. */
  override async delete(path: Path, options: DeleteOptions = {}): Promise<boolean> {
    const key = checkedKey(path, "delete");
    const wanted = context("delete", options, path);
    if (key === "") throw error("EPERM", wanted, "the root folder is never deleted");
    const { client } = this.#store;
    if ((await fileStatus(this.#store, path, wanted)) !== undefined) {
      await client.send({ method: "DELETE", key, ...wanted });
    } else if (!(await this.#deleteFolder(path, options.recursive === true, wanted))) {
      return false;
    }
    await this.#keepParent(path, wanted);
    return true;
  }

  /** A file 6, 7 when it was the last of its folder, 4 within one folder; see `moveTree` for a folder. */
  override async rename(src: Path, dst: Path, options: RenameOptions = {}): Promise<void> {
    checkedKey(src, "rename");
    const key = checkedKey(dst, "rename");
    const { overwrite = false, signal } = options;
    const wanted = context("rename", options, src, dst);
    const source = await statusOf(this.#store, src, wanted);
    if (dst.startsWith(src)) throw error("EINVAL", wanted, "a file or folder cannot be moved into itself");
    const isFile = source.kind === "file";
    if (!src.startsWith(dst.parent ?? dst)) await refuseFileAsParent(this.#store, dst, wanted);
    await this.#refuseTarget(dst, isFile, overwrite, wanted);
    if (isFile) {
      const about = { ...wanted.about };
      await copyObject(
        this.#store,
        { ...source, key: src.key, version: source.version ?? "" },
        {
          ...{ path: dst, key, overwrite, signal, about },
        },
      );
      await this.#store.client.send({ method: "DELETE", key: src.key, ...wanted });
    } else {
      await moveTree(this.#store, `${src.key}/`, `${key}/`, wanted);
    }
    if (!dst.startsWith(src.parent ?? src)) await this.#keepParent(src, wanted);
  }

  /** 4; 3 with `fs.oss.performance.flags.create`, 2 with `isClear`. */
  override async copy(src: Path, dst: Path, options: CopyOptions = {}): Promise<FileStatus> {
    checkedKey(src, "copy");
    const key = checkedKey(dst, "copy");
    const { overwrite = false, isClear = false, signal } = options;
    const wanted = context("copy", options, src, dst);
    if (dst.equals(src)) throw error("EINVAL", wanted, "a file cannot be copied onto itself");
    const source = await statusOf(this.#store, src, wanted);
    if (source.kind === "directory") throw error("EISDIR", wanted);
    if (!isClear) {
      await Promise.all([
        refuseFileAsParent(this.#store, dst, wanted),
        this.#refuseTarget(dst, true, overwrite, wanted),
      ]);
    }
    const from = { ...source, key: src.key, version: source.version ?? "" };
    return await copyObject(this.#store, from, { path: dst, key, overwrite, signal, about: wanted.about });
  }

  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    return new OssRecoverableWriter(this.#store);
  }

  override async close(): Promise<void> {
    const reason = new FileSystemError({
      code: "EINVAL",
      scheme: "oss",
      message: "the file system is closed",
    });
    await Promise.allSettled([...this.#store.live].map((stream) => stream.abort(reason)));
    this.#store.client.close();
  }

  /** What may not be replaced. A file that is in the way of a file is left to `x-oss-forbid-overwrite`. */
  async #refuseTarget(dst: Path, isFile: boolean, overwrite: boolean, wanted: Context): Promise<void> {
    if (!isFile && (await fileStatus(this.#store, dst, wanted)) !== undefined) {
      throw error(overwrite ? "ENOTDIR" : "EEXIST", wanted);
    }
    const prefix = folderPrefix(dst.key);
    if (prefix === undefined) return;
    const { objects } = await listPage(this.#store.client, { prefix, limit: 2, ...wanted });
    if (objects.length === 0) return;
    if (!overwrite) throw error("EEXIST", wanted);
    if (isFile) throw error("EISDIR", wanted);
    if (objects.some((object) => object.key !== prefix)) throw error("ENOTEMPTY", wanted);
    await this.#store.client.send({ method: "DELETE", key: prefix, ...wanted });
  }

  async #deleteFolder(path: Path, recursive: boolean, wanted: Context): Promise<boolean> {
    const prefix = folderPrefix(path.key);
    if (prefix === undefined) return false;
    if (recursive) return (await deleteTree(this.#store, prefix, wanted)) > 0;
    const { objects } = await listPage(this.#store.client, { prefix, limit: 2, ...wanted });
    if (objects.length === 0) return false;
    if (objects.some((object) => object.key !== prefix)) throw error("ENOTEMPTY", wanted);
    await this.#store.client.send({ method: "DELETE", key: prefix, ...wanted });
    return true;
  }

  /** A folder stays when its last entry goes. */
  async #keepParent(path: Path, wanted: Context): Promise<void> {
    const { parent } = path;
    if (parent === null || parent.key === "") return;
    if (!(await isFolder(this.#store, parent, wanted))) await this.#putMarker(parent, wanted);
  }

  async #putMarker(path: Path, wanted: Context): Promise<void> {
    const prefix = folderPrefix(path.key);
    if (prefix === undefined) throw error("ENAMETOOLONG", wanted);
    const headers = { "Content-Type": "application/x-directory", ...writeHeaders(this.#store) };
    await this.#store.client.send({ method: "PUT", key: prefix, headers, body: [], ...wanted });
  }
}

function context(operation: string, options: SignalOption, path: Path, dest?: Path): Context {
  return { signal: options.signal, about: { operation, path, ...(dest === undefined ? {} : { dest }) } };
}

function error(code: FileSystemError["code"], { about }: Context, message?: string): FileSystemError {
  return new FileSystemError({ code, scheme: "oss", ...about, message });
}
