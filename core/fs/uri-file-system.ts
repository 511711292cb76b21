import { constants } from "node:fs";
import { FileSystemError } from "../errors/errors.ts";
import type { FileStatus } from "./contract.ts";
import {
  argumentError,
  asNode,
  type EncodingArgument,
  type EncodingOptions,
  replaces,
  withEncoding,
} from "./node/arguments.ts";
import { UriDirent, UriStats } from "./node/entries.ts";
import { NotYetServed } from "./node/not-yet-served.ts";
import {
  firstMissing,
  hasFolders,
  isSameStore,
  type Place,
  refuseLocal,
  statusIfAny,
} from "./node/places.ts";
import { copyThrough, type FileContent, readWhole, writeWhole } from "./node/whole-files.ts";
import type { Path } from "./path.ts";
import type { FileSystems } from "./provider.ts";

export type UriPath = string | URL | Path;

export interface ReadFileOptions extends EncodingOptions {
  readonly flag?: string | undefined;
}
export interface WriteFileOptions extends EncodingOptions {
  /** `w` (default) or `wx`. */
  readonly flag?: string | undefined;
  readonly mode?: number | undefined;
}
export interface ReaddirOptions extends EncodingOptions {
  readonly recursive?: boolean | undefined;
  readonly withFileTypes?: boolean | undefined;
}
type Text = { readonly encoding: BufferEncoding };

/**
 * `node:fs/promises` by URI, over every scheme: Node's names, options, results and error codes.
 *
 * On object stores: parents need not exist, renaming a folder is not atomic, mode, ino and folder times are fixed
 * values, a file appears when it is closed. What is not served rejects at once with `ENOTSUP`.
 */
export class UriFileSystem extends NotYetServed {
  /** `node:fs` constants, for `access` and `copyFile`. */
  readonly constants = constants;
  readonly #fileSystems: FileSystems;

  constructor(fileSystems: FileSystems) {
    super();
    this.#fileSystems = fileSystems;
  }

  /** Whether a place exists; `W_OK` of a read-only store is `EROFS`. */
  async access(path: UriPath, mode: number = constants.F_OK): Promise<void> {
    const place = await this.#at(path);
    if ((mode & (constants.W_OK | constants.X_OK)) !== 0) refuseLocal(place, "access", "permissions");
    const status = await place.fileSystem.getFileStatus(place.path);
    const fail = (code: "EROFS" | "EACCES") =>
      new FileSystemError({ code, path: place.path, operation: "access" });
    if ((mode & constants.W_OK) !== 0 && !place.fileSystem.capabilities.has("write")) throw fail("EROFS");
    if ((mode & constants.X_OK) !== 0 && status.kind === "file") throw fail("EACCES");
  }

  async stat(path: UriPath, options: { readonly bigint?: false } = {}): Promise<UriStats> {
    const { fileSystem, path: at } = await this.#at(path);
    if ((options.bigint as boolean | undefined) === true) {
      throw new FileSystemError({
        code: "ENOTSUP",
        path: at,
        operation: "stat",
        message: "bigint is not served",
      });
    }
    return new UriStats(await fileSystem.getFileStatus(at));
  }

  /** Like `stat`: object stores have no links. */
  async lstat(path: UriPath, options: { readonly bigint?: false } = {}): Promise<UriStats> {
    refuseLocal(await this.#at(path), "lstat", "links");
    return this.stat(path, options);
  }

  readdir(path: UriPath, options: ReaddirOptions & { readonly withFileTypes: true }): Promise<UriDirent[]>;
  readdir(
    path: UriPath,
    options: "buffer" | (ReaddirOptions & { readonly encoding: "buffer"; readonly withFileTypes?: false }),
  ): Promise<Buffer[]>;
  readdir(
    path: UriPath,
    options?: BufferEncoding | null | (ReaddirOptions & { readonly withFileTypes?: false }),
  ): Promise<string[]>;
  async readdir(
    path: UriPath,
    argument?: EncodingArgument<ReaddirOptions>,
  ): Promise<string[] | Buffer[] | UriDirent[]> {
    const { encoding, recursive = false, withFileTypes = false } = withEncoding(argument);
    const { fileSystem, path: folder } = await this.#at(path);
    const entries: FileStatus[] = [];
    for await (const status of fileSystem.listStatus(folder, { recursive })) {
      if (status.path.equals(folder)) {
        throw new FileSystemError({ code: "ENOTDIR", path: folder, operation: "readdir" });
      }
      entries.push(status);
    }
    if (withFileTypes) {
      return entries.map((entry) => {
        const parent = entry.path.parent ?? folder;
        return new UriDirent(
          entry.kind,
          entry.path.name,
          parent.scheme === "file" ? parent.key : `${parent}`,
        );
      });
    }
    const start = folder.key === "" || folder.key.endsWith("/") ? folder.key.length : folder.key.length + 1;
    const names = entries.map((entry) => entry.path.key.slice(start));
    if (encoding === "buffer") return names.map((name) => Buffer.from(name));
    if (encoding == null || /^utf-?8$/i.test(encoding)) return names;
    return names.map((name) => Buffer.from(name).toString(encoding));
  }

  readFile(path: UriPath, options: BufferEncoding | (ReadFileOptions & Text)): Promise<string>;
  readFile(
    path: UriPath,
    options?: null | (ReadFileOptions & { readonly encoding?: null | undefined }),
  ): Promise<Buffer>;
  async readFile(path: UriPath, argument?: EncodingArgument<ReadFileOptions>): Promise<string | Buffer> {
    const { encoding, flag = "r", signal } = withEncoding(argument);
    if (flag !== "r" && flag !== "rs" && flag !== "sr") {
      throw new FileSystemError({
        code: "ENOTSUP",
        operation: "readFile",
        message: `the flag "${flag}" is not served`,
      });
    }
    return asNode(signal, async () => {
      const { fileSystem, path: at } = await this.#at(path);
      const bytes = await readWhole(fileSystem, at, signal);
      return encoding == null || encoding === "buffer" ? bytes : bytes.toString(encoding);
    });
  }

  /** The file appears when all of `data` is written; a failure leaves what was there. */
  async writeFile(
    path: UriPath,
    data: FileContent,
    argument?: EncodingArgument<WriteFileOptions>,
  ): Promise<void> {
    const { encoding, flag = "w", mode, signal } = withEncoding(argument);
    const overwrite = replaces(flag);
    return asNode(signal, async () => {
      const place = await this.#at(path);
      if (mode !== undefined) refuseLocal(place, "writeFile", "permissions");
      await writeWhole(place.fileSystem, place.path, data, {
        overwrite,
        createParents: !hasFolders(place),
        encoding: encoding === "buffer" || encoding === null ? undefined : encoding,
        signal,
      });
    });
  }

  /** Resolves, with `recursive`, to the first folder that it made. */
  async mkdir(
    path: UriPath,
    argument?:
      | { readonly recursive?: boolean | undefined; readonly mode?: number | undefined }
      | number
      | null,
  ): Promise<string | undefined> {
    const { recursive = false, mode } = typeof argument === "number" ? { mode: argument } : (argument ?? {});
    const place = await this.#at(path);
    const { fileSystem, path: folder } = place;
    if (mode !== undefined) refuseLocal(place, "mkdir", "permissions");
    if (recursive) {
      const first = await firstMissing(fileSystem, folder);
      await fileSystem.mkdirs(folder);
      return first === undefined || first.scheme !== "file" ? first?.toString() : first.key;
    }
    if ((await statusIfAny(fileSystem, folder)) !== undefined) {
      throw new FileSystemError({ code: "EEXIST", path: folder, operation: "mkdir" });
    }
    await this.#checkParent(place, "mkdir");
    await fileSystem.mkdirs(folder);
    return undefined;
  }

  async rm(
    path: UriPath,
    options: { readonly recursive?: boolean | undefined; readonly force?: boolean | undefined } = {},
  ): Promise<void> {
    const { recursive = false, force = false } = options;
    const { fileSystem, path: at } = await this.#at(path);
    if (!recursive && (await statusIfAny(fileSystem, at))?.kind === "directory") {
      throw Object.assign(new Error(`Path is a directory: rm returned EISDIR (is a directory) ${at}`), {
        code: "ERR_FS_EISDIR",
        path: at.toString(),
      });
    }
    if (!(await fileSystem.delete(at, { recursive })) && !force) {
      throw new FileSystemError({ code: "ENOENT", path: at, operation: "rm" });
    }
  }

  async rmdir(path: UriPath): Promise<void> {
    const { fileSystem, path: folder } = await this.#at(path);
    if ((await fileSystem.getFileStatus(folder)).kind === "file") {
      throw new FileSystemError({ code: "ENOTDIR", path: folder, operation: "rmdir" });
    }
    await fileSystem.delete(folder);
  }

  async unlink(path: UriPath): Promise<void> {
    const { fileSystem, path: at } = await this.#at(path);
    if ((await statusIfAny(fileSystem, at))?.kind === "directory") {
      throw new FileSystemError({ code: "EISDIR", path: at, operation: "unlink" });
    }
    if (!(await fileSystem.delete(at))) {
      throw new FileSystemError({ code: "ENOENT", path: at, operation: "unlink" });
    }
  }

  /** Replaces an existing file, as in Node. `EXDEV` between two schemes or authorities. */
  async rename(oldPath: UriPath, newPath: UriPath): Promise<void> {
    const source = await this.#at(oldPath);
    const target = this.#fileSystems.resolve(newPath);
    if (source.path.equals(target)) {
      await source.fileSystem.getFileStatus(target);
      return;
    }
    if (isSameStore(source.path, target)) await this.#checkParent({ ...source, path: target }, "rename");
    await source.fileSystem.rename(source.path, target, { overwrite: true });
  }

  /** One file, also from one scheme to another. */
  async copyFile(src: UriPath, dest: UriPath, mode = 0): Promise<void> {
    const [source, target] = await Promise.all([this.#at(src), this.#at(dest)]);
    if ((mode & ~(constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)) !== 0) {
      throw (mode & ~7) === 0
        ? new FileSystemError({
            code: "ENOTSUP",
            path: source.path,
            dest: target.path,
            operation: "copyFile",
            message: "COPYFILE_FICLONE_FORCE is not served",
          })
        : argumentError("ERR_OUT_OF_RANGE", `the mode of copyFile is ${mode}; expected 0 to 7`);
    }
    const overwrite = (mode & constants.COPYFILE_EXCL) === 0;
    if (overwrite && source.path.equals(target.path)) {
      await source.fileSystem.getFileStatus(source.path);
      return;
    }
    if (isSameStore(source.path, target.path) && source.fileSystem.capabilities.has("server-side-copy")) {
      await this.#checkParent(target, "copyFile");
      await source.fileSystem.copy(source.path, target.path, { overwrite });
    } else {
      await copyThrough(source, target, { overwrite, createParents: !hasFolders(target) });
    }
  }

  async #at(path: UriPath): Promise<Place> {
    const resolved = this.#fileSystems.resolve(path);
    return { path: resolved, fileSystem: await this.#fileSystems.fileSystem(resolved) };
  }

  /** Where folders are things of their own, Node wants the parent to exist. */
  async #checkParent(place: Place, operation: string): Promise<void> {
    const { parent } = place.path;
    if (!hasFolders(place) || parent === null) return;
    const status = await statusIfAny(place.fileSystem, parent);
    if (status?.kind === "directory") return;
    const code = status === undefined ? "ENOENT" : "ENOTDIR";
    throw new FileSystemError({ code, path: place.path, operation });
  }
}
