import { randomBytes } from "node:crypto";
import {
  type BigIntStats,
  type BufferEncodingOption,
  constants,
  type Dir,
  type Dirent,
  type MakeDirectoryOptions,
  type Mode,
  type ObjectEncodingOptions,
  type OpenDirOptions,
  type RmDirOptions,
  type RmOptions,
  type StatOptions,
  type Stats,
} from "node:fs";
import { errorCode, FileSystemError } from "../../errors/errors.ts";
import { statusIfAny } from "../status-if-any.ts";
import {
  decoded,
  type EncodingArgument,
  type EncodingOptions,
  type OwnBuffer,
  withEncoding,
} from "./arguments.ts";
import { entriesOf, UriDir } from "./directory.ts";
import { kindOf, statsOf, UriDirent } from "./entries.ts";
import { type GlobOptions, glob } from "./glob.ts";
import {
  checkParent,
  firstMissing,
  isPosix,
  isSameStore,
  kindAt,
  type Place,
  shown,
  type UriPath,
} from "./places.ts";
import { PosixByUri } from "./posix-by-uri.ts";

type AsNumbers = StatOptions & { readonly bigint?: false | undefined };
type AsBigInts = StatOptions & { readonly bigint: true };
interface ReaddirOptions {
  readonly recursive?: boolean | undefined;
  readonly withFileTypes?: boolean | undefined;
}
type AsNames = ReaddirOptions & { readonly withFileTypes?: false | undefined };
type AsEntries = ReaddirOptions & { readonly withFileTypes: true };

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

  /** What is known of a file or folder. Mode, owner, inode and a folder's times are fixed values on object stores. */
  stat(path: UriPath, options?: AsNumbers): Promise<Stats>;
  stat(path: UriPath, options: AsBigInts): Promise<BigIntStats>;
  stat(path: UriPath, options?: StatOptions): Promise<Stats | BigIntStats>;
  async stat(path: UriPath, options: StatOptions = {}): Promise<Stats | BigIntStats> {
    const place = await this.places.at(path);
    if (isPosix(place)) return place.fileSystem.stat(place.path, options);
    return statsOf(await place.fileSystem.getFileStatus(place.path), options.bigint);
  }

  /** Of a link itself; like `stat` where there are no links. */
  lstat(path: UriPath, options?: AsNumbers): Promise<Stats>;
  lstat(path: UriPath, options: AsBigInts): Promise<BigIntStats>;
  lstat(path: UriPath, options?: StatOptions): Promise<Stats | BigIntStats>;
  async lstat(path: UriPath, options: StatOptions = {}): Promise<Stats | BigIntStats> {
    const place = await this.places.at(path);
    if (isPosix(place)) return place.fileSystem.lstat(place.path, options);
    return statsOf(await place.fileSystem.getFileStatus(place.path), options.bigint);
  }

  /** The names in a folder, with `withFileTypes` as `Dirent`s, with `recursive` of all below. */
  readdir(
    path: UriPath,
    options?: BufferEncoding | null | (ObjectEncodingOptions & AsNames),
  ): Promise<string[]>;
  readdir(
    path: UriPath,
    options: "buffer" | (AsNames & { readonly encoding: "buffer" }),
  ): Promise<OwnBuffer[]>;
  readdir(
    path: UriPath,
    options?: BufferEncoding | null | (ObjectEncodingOptions & AsNames),
  ): Promise<string[] | OwnBuffer[]>;
  readdir(path: UriPath, options: ObjectEncodingOptions & AsEntries): Promise<Dirent[]>;
  readdir(path: UriPath, options: AsEntries & { readonly encoding: "buffer" }): Promise<Dirent<OwnBuffer>[]>;
  async readdir(
    path: UriPath,
    argument?: EncodingArgument<ReaddirOptions & EncodingOptions>,
  ): Promise<string[] | OwnBuffer[] | Dirent[] | Dirent<OwnBuffer>[]> {
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
    if (!withFileTypes)
      return names.map((name) => decoded(Buffer.from(name), encoding)) as string[] | OwnBuffer[];
    if (encoding !== "buffer") return entries;
    return entries.map((entry) => new UriDirent(kindOf(entry), Buffer.from(entry.name), entry.parentPath));
  }

  /** A folder read entry by entry: `for await (const entry of await fs.opendir(path))`. Its synchronous methods are `ENOTSUP`. */
  async opendir(path: UriPath, options: OpenDirOptions = {}): Promise<Dir> {
    const place = await this.places.at(path);
    return UriDir.open(place, givenFolder(path, place), options.recursive ?? false);
  }

  /** Resolves to the first folder that it made. */
  mkdir(
    path: UriPath,
    options: MakeDirectoryOptions & { readonly recursive: true },
  ): Promise<string | undefined>;
  /** One folder. On object stores the parents need not exist. */
  mkdir(
    path: UriPath,
    options?: Mode | null | (MakeDirectoryOptions & { readonly recursive?: false | undefined }),
  ): Promise<void>;
  mkdir(path: UriPath, options?: Mode | MakeDirectoryOptions | null): Promise<string | undefined>;
  async mkdir(path: UriPath, argument?: Mode | MakeDirectoryOptions | null): Promise<unknown> {
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

  /** A new folder: `prefix` and six characters. */
  mkdtemp(prefix: UriPath, options?: ObjectEncodingOptions | BufferEncoding | null): Promise<string>;
  mkdtemp(prefix: UriPath, options: BufferEncodingOption): Promise<OwnBuffer>;
  mkdtemp(
    prefix: UriPath,
    options?: ObjectEncodingOptions | BufferEncoding | null,
  ): Promise<string | OwnBuffer>;
  async mkdtemp(prefix: UriPath, argument?: EncodingArgument<EncodingOptions>): Promise<string | OwnBuffer> {
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

  /** A new folder, with a `remove` that is called when it is disposed. */
  async mkdtempDisposable(prefix: UriPath) {
    const path = await this.mkdtemp(prefix);
    const remove = () => this.rm(path, { recursive: true, force: true });
    return { path, remove, [Symbol.asyncDispose]: remove };
  }

  /** With `recursive` a folder and all that is in it. `maxRetries` and `retryDelay` are the store's own business. */
  async rm(path: UriPath, options: RmOptions = {}): Promise<void> {
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

  /** An empty folder. */
  async rmdir(path: UriPath, _options?: RmDirOptions): Promise<void> {
    const place = await this.places.at(path);
    const kind = await kindAt(place);
    if (kind !== "directory") {
      const code = kind === undefined ? "ENOENT" : "ENOTDIR";
      throw new FileSystemError({ code, path: place.path, operation: "rmdir" });
    }
    await place.fileSystem.delete(place.path);
  }

  /** A file, or a link itself. */
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

  /** A pattern with a scheme, or one that begins with `/`, gives such paths; others are relative to `cwd`. */
  glob(
    pattern: string | readonly string[],
    options: GlobOptions<Dirent> & { readonly withFileTypes: true },
  ): AsyncGenerator<Dirent>;
  glob(
    pattern: string | readonly string[],
    options?: GlobOptions<string> & { readonly withFileTypes?: false | undefined },
  ): AsyncGenerator<string>;
  glob(pattern: string | readonly string[], options: GlobOptions): AsyncGenerator<string | Dirent>;
  glob(pattern: string | readonly string[], options: object = {}): AsyncGenerator<never> {
    return glob(this.places, pattern, options) as AsyncGenerator<never>;
  }
}

/** How the caller named a folder, for what is shown of its entries. */
function givenFolder(path: UriPath, place: Place): string {
  return place.path.scheme === "file" && typeof path === "string" && !/^file:/i.test(path)
    ? path
    : shown(place.path);
}
