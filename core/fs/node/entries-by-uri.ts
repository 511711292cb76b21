import { randomBytes } from "node:crypto";
import { type BigIntStats, constants, type Stats } from "node:fs";
import { errorCode, FileSystemError } from "../../errors/errors.ts";
import { decoded, type EncodingArgument, type EncodingOptions, withEncoding } from "./arguments.ts";
import { entriesOf, UriDir } from "./directory.ts";
import { statsOf, type UriBigIntStats, type UriDirent, type UriStats } from "./entries.ts";
import { type GlobOptions, glob } from "./glob.ts";
import {
  checkParent,
  firstMissing,
  isPosix,
  isSameStore,
  kindAt,
  type Place,
  shown,
  statusIfAny,
  type UriPath,
} from "./places.ts";
import { PosixByUri } from "./posix-by-uri.ts";

export interface ReaddirOptions extends EncodingOptions {
  readonly recursive?: boolean | undefined;
  readonly withFileTypes?: boolean | undefined;
}
export interface MkdirOptions {
  readonly recursive?: boolean | undefined;
  readonly mode?: string | number | undefined;
}
type BigInt = { readonly bigint: true };
type NoBigInt = { readonly bigint?: false | undefined };
type AnyStats = Stats | BigIntStats | UriStats | UriBigIntStats;

/** The functions of `node:fs/promises` about names: what is there, and making, moving and removing it. */
export class EntriesByUri extends PosixByUri {
  /** Whether a place exists; `W_OK` of a read-only store is `EROFS`. */
  async access(path: UriPath, mode: number = constants.F_OK): Promise<void> {
    const place = await this.places.at(path);
    if (isPosix(place)) return place.fileSystem.access(place.path, mode);
    const status = await place.fileSystem.getFileStatus(place.path);
    const fail = (code: "EROFS" | "EACCES") =>
      new FileSystemError({ code, path: place.path, operation: "access" });
    if ((mode & constants.W_OK) !== 0 && !place.fileSystem.capabilities.has("write")) throw fail("EROFS");
    if ((mode & constants.X_OK) !== 0 && status.kind === "file") throw fail("EACCES");
  }

  stat(path: UriPath, options?: NoBigInt): Promise<Stats | UriStats>;
  stat(path: UriPath, options: BigInt): Promise<BigIntStats | UriBigIntStats>;
  async stat(path: UriPath, options: { readonly bigint?: boolean | undefined } = {}): Promise<AnyStats> {
    const place = await this.places.at(path);
    if (isPosix(place)) return place.fileSystem.stat(place.path, options);
    return statsOf(await place.fileSystem.getFileStatus(place.path), options.bigint);
  }

  lstat(path: UriPath, options?: NoBigInt): Promise<Stats | UriStats>;
  lstat(path: UriPath, options: BigInt): Promise<BigIntStats | UriBigIntStats>;
  /** Like `stat` where there are no links. */
  async lstat(path: UriPath, options: { readonly bigint?: boolean | undefined } = {}): Promise<AnyStats> {
    const place = await this.places.at(path);
    if (isPosix(place)) return place.fileSystem.lstat(place.path, options);
    return statsOf(await place.fileSystem.getFileStatus(place.path), options.bigint);
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
    const place = await this.places.at(path);
    if (isPosix(place) && !withFileTypes) {
      return place.fileSystem.readdir(place.path, { encoding, recursive }) as Promise<string[]>;
    }
    const names: string[] = [];
    const entries: UriDirent[] = [];
    for await (const { name, dirent } of entriesOf(place, { recursive, given: givenFolder(path, place) })) {
      if (withFileTypes) entries.push(dirent);
      else names.push(name);
    }
    if (withFileTypes) return entries;
    return names.map((name) => decoded(Buffer.from(name), encoding)) as string[] | Buffer[];
  }

  async opendir(path: UriPath, options: { readonly recursive?: boolean | undefined } = {}): Promise<UriDir> {
    const place = await this.places.at(path);
    return UriDir.open(place, givenFolder(path, place), options.recursive ?? false);
  }

  /** Resolves, with `recursive`, to the first folder that it made. */
  async mkdir(path: UriPath, argument?: MkdirOptions | string | number | null): Promise<string | undefined> {
    const given = typeof argument === "object" ? argument : { mode: argument };
    const { recursive = false, mode } = given ?? {};
    const place = await this.places.at(path);
    const { fileSystem, path: folder } = place;
    if (isPosix(place)) {
      return fileSystem.mkdir(folder, { recursive, ...(mode === undefined ? {} : { mode }) });
    }
    if (recursive) {
      const first = await firstMissing(fileSystem, folder);
      await fileSystem.mkdirs(folder);
      return first === undefined ? undefined : shown(first);
    }
    if ((await statusIfAny(fileSystem, folder)) !== undefined) {
      throw new FileSystemError({ code: "EEXIST", path: folder, operation: "mkdir" });
    }
    await checkParent(place, "mkdir");
    await fileSystem.mkdirs(folder);
    return undefined;
  }

  mkdtemp(
    prefix: UriPath,
    options?: BufferEncoding | null | { readonly encoding?: BufferEncoding | null },
  ): Promise<string>;
  mkdtemp(prefix: UriPath, options: "buffer" | { readonly encoding: "buffer" }): Promise<Buffer>;
  /** A new folder: `prefix` and six characters. */
  async mkdtemp(prefix: UriPath, argument?: EncodingArgument<EncodingOptions>): Promise<string | Buffer> {
    const { encoding } = withEncoding(argument);
    for (;;) {
      const folder = `${prefix}${randomBytes(6).toString("base64url").slice(0, 6).replace(/[-_]/g, "x")}`;
      try {
        await this.mkdir(folder, 0o700);
        return decoded(Buffer.from(folder), encoding);
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
    }
  }

  /** The same, with a `remove` that is called when it is disposed. */
  async mkdtempDisposable(prefix: UriPath) {
    const path = await this.mkdtemp(prefix);
    const remove = () => this.rm(path, { recursive: true, force: true });
    return { path, remove, [Symbol.asyncDispose]: remove };
  }

  async rm(
    path: UriPath,
    options: { readonly recursive?: boolean | undefined; readonly force?: boolean | undefined } = {},
  ): Promise<void> {
    const { recursive = false, force = false } = options;
    const place = await this.places.at(path);
    const { fileSystem, path: at } = place;
    if (!recursive && (await kindAt(place)) === "directory") {
      const message = `Path is a directory: rm returned EISDIR (is a directory) ${at}`;
      throw Object.assign(new Error(message), {
        name: "SystemError",
        code: "ERR_FS_EISDIR",
        path: shown(at),
      });
    }
    if (!(await fileSystem.delete(at, { recursive })) && !force) {
      throw new FileSystemError({ code: "ENOENT", path: at, operation: "rm" });
    }
  }

  async rmdir(path: UriPath): Promise<void> {
    const place = await this.places.at(path);
    const kind = await kindAt(place);
    if (kind !== "directory") {
      const code = kind === undefined ? "ENOENT" : "ENOTDIR";
      throw new FileSystemError({ code, path: place.path, operation: "rmdir" });
    }
    await place.fileSystem.delete(place.path);
  }

  async unlink(path: UriPath): Promise<void> {
    const place = await this.places.at(path);
    const { fileSystem, path: at } = place;
    if ((await kindAt(place)) === "directory") {
      throw new FileSystemError({ code: "EISDIR", path: at, operation: "unlink" });
    }
    if (!(await fileSystem.delete(at))) {
      throw new FileSystemError({ code: "ENOENT", path: at, operation: "unlink" });
    }
  }

  /** Replaces an existing file, as in Node. `EXDEV` between two schemes or authorities. */
  async rename(oldPath: UriPath, newPath: UriPath): Promise<void> {
    const source = await this.places.at(oldPath);
    const target = this.places.resolve(newPath);
    if (source.path.equals(target)) {
      await source.fileSystem.getFileStatus(target);
      return;
    }
    if (isSameStore(source.path, target)) await checkParent({ ...source, path: target }, "rename");
    await source.fileSystem.rename(source.path, target, { overwrite: true });
  }

  glob(
    pattern: string | readonly string[],
    options: GlobOptions & { readonly withFileTypes: true },
  ): AsyncGenerator<UriDirent>;
  glob(
    pattern: string | readonly string[],
    options?: GlobOptions & { readonly withFileTypes?: false | undefined },
  ): AsyncGenerator<string>;
  /** A pattern with a scheme, or one that begins with `/`, gives such paths; others are relative to `cwd`. */
  glob(pattern: string | readonly string[], options: GlobOptions = {}): AsyncGenerator<never> {
    return glob(this.places, pattern, options) as AsyncGenerator<never>;
  }
}

/** How the caller named a folder, for what is shown of its entries. */
function givenFolder(path: UriPath, place: Place): string {
  return place.path.scheme === "file" && typeof path === "string" && !/^file:/i.test(path)
    ? path
    : shown(place.path);
}
