import { randomBytes } from "node:crypto";
import { type BigIntStats, constants, type Stats } from "node:fs";
import { FileSystemError } from "../errors/errors.ts";
import {
  argumentError,
  asNode,
  decoded,
  type EncodingArgument,
  type EncodingOptions,
  withEncoding,
} from "./node/arguments.ts";
import { openSink } from "./node/byte-sink.ts";
import { openSource } from "./node/byte-source.ts";
import { copyOne } from "./node/copy-file.ts";
import { type CpOptions, cp } from "./node/cp.ts";
import { entriesOf, UriDir } from "./node/directory.ts";
import { statsOf, type UriBigIntStats, type UriDirent, type UriStats } from "./node/entries.ts";
import { type GlobOptions, glob } from "./node/glob.ts";
import { type AnyFileHandle, isHandle, openFile } from "./node/open-file.ts";
import {
  checkParent,
  firstMissing,
  isPosix,
  isSameStore,
  kindAt,
  type Place,
  Places,
  shown,
  statusIfAny,
  type UriPath,
} from "./node/places.ts";
import { PosixByUri } from "./node/posix-by-uri.ts";
import { type ReadStreamOptions, UriReadStream } from "./node/read-stream.ts";
import { webReadable, webWritable } from "./node/web-streams.ts";
import { type FileContent, readWhole, writeWhole } from "./node/whole-files.ts";
import { UriWriteStream, type WriteStreamOptions } from "./node/write-stream.ts";
import type { FileSystems } from "./provider.ts";

export type { UriPath } from "./node/places.ts";

export interface ReadFileOptions extends EncodingOptions {
  readonly flag?: string | number | undefined;
}
export interface WriteFileOptions extends EncodingOptions {
  readonly flag?: string | number | undefined;
  readonly mode?: string | number | undefined;
  /** Taken for compatibility: a file that is written whole is durable anyway. */
  readonly flush?: boolean | undefined;
}
export interface ReaddirOptions extends EncodingOptions {
  readonly recursive?: boolean | undefined;
  readonly withFileTypes?: boolean | undefined;
}
export interface MkdirOptions {
  readonly recursive?: boolean | undefined;
  readonly mode?: string | number | undefined;
}
type Text = { readonly encoding: BufferEncoding };
type NoText = { readonly encoding?: null | undefined };
type BigInt = { readonly bigint: true };
type NoBigInt = { readonly bigint?: false | undefined };
type AnyStats = Stats | BigIntStats | UriStats | UriBigIntStats;

/**
 * `node:fs/promises` by URI, over every scheme: Node's names, options, results and error codes.
 *
 * On object stores: parents need not exist, renaming a folder is not atomic, mode, ino and folder times are fixed
 * values, a file appears when it is closed. What a store cannot do rejects at once with `ENOTSUP`. On `file:` too a file
 * written by `writeFile`, `copyFile` or a stream appears whole or not at all.
 */
export class UriFileSystem extends PosixByUri {
  /** `node:fs` constants, for `access`, `open` and `copyFile`. */
  readonly constants = constants;

  constructor(fileSystems: FileSystems) {
    super(new Places(fileSystems));
  }

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

  readFile(
    path: UriPath | AnyFileHandle,
    options: BufferEncoding | (ReadFileOptions & Text),
  ): Promise<string>;
  readFile(path: UriPath | AnyFileHandle, options?: null | (ReadFileOptions & NoText)): Promise<Buffer>;
  async readFile(
    path: UriPath | AnyFileHandle,
    argument?: EncodingArgument<ReadFileOptions>,
  ): Promise<string | Buffer> {
    const { encoding, flag = "r", signal } = withEncoding(argument);
    if (isHandle(path)) return path.readFile(argument as Text);
    return asNode(signal, async () => {
      const bytes = await readWhole(await this.places.at(path), flag, signal);
      return encoding == null || encoding === "buffer" ? bytes : bytes.toString(encoding);
    });
  }

  /** The file appears when all of `data` is written; a failure leaves what was there. */
  async writeFile(
    path: UriPath | AnyFileHandle,
    data: FileContent,
    argument?: EncodingArgument<WriteFileOptions>,
  ): Promise<void> {
    const { encoding, flag, mode, signal } = withEncoding(argument);
    if (isHandle(path)) return path.writeFile(data as string, argument as Text);
    return asNode(signal, async () => {
      const open = async () => openSink(await this.places.at(path), { flag, mode, signal });
      await writeWhole(open, data, encoding === "buffer" ? undefined : (encoding ?? undefined), signal);
    });
  }

  async appendFile(
    path: UriPath | AnyFileHandle,
    data: FileContent,
    argument?: EncodingArgument<WriteFileOptions>,
  ): Promise<void> {
    await this.writeFile(path, data, { flag: "a", ...withEncoding(argument) });
  }

  /** On a store without capability `posix` the handle reads anywhere, or writes one byte after another. */
  async open(path: UriPath, flags: string | number = "r", mode?: string | number): Promise<AnyFileHandle> {
    return openFile(await this.places.at(path), flags, mode);
  }

  createReadStream(
    path: UriPath,
    argument?: BufferEncoding | null | (ReadStreamOptions & { readonly flags?: string | undefined }),
  ): UriReadStream {
    const options = typeof argument === "string" ? { encoding: argument } : (argument ?? {});
    withEncoding(options);
    const at = this.places.resolve(path);
    return new UriReadStream(
      shown(at),
      async (window) => openSource(await this.places.at(at), window),
      options,
    );
  }

  createWriteStream(path: UriPath, argument?: BufferEncoding | null | WriteStreamOptions): UriWriteStream {
    const options = typeof argument === "string" ? { encoding: argument } : (argument ?? {});
    withEncoding(options);
    const at = this.places.resolve(path);
    return new UriWriteStream(shown(at), async (sink) => openSink(await this.places.at(at), sink), options);
  }

  /** A byte stream of the web. `start` and `end` are both inclusive, as of `createReadStream`. */
  readableWebStream(
    path: UriPath,
    options: Pick<ReadStreamOptions, "start" | "end" | "signal"> = {},
  ): ReadableStream<Uint8Array> {
    const at = this.places.resolve(path);
    const { start, end, signal } = options;
    const window = { start, end: end === undefined ? undefined : end + 1, signal };
    return webReadable(async () => openSource(await this.places.at(at), window));
  }

  /** A stream of the web that writes a file, which appears when it is closed, and after `abort` never. */
  writableWebStream(
    path: UriPath,
    options: Pick<WriteStreamOptions, "flags" | "mode" | "signal"> = {},
  ): WritableStream<Uint8Array | string> {
    const at = this.places.resolve(path);
    const { flags: flag, mode, signal } = options;
    return webWritable(async () => openSink(await this.places.at(at), { flag, mode, signal }));
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
        if ((error as { code?: unknown }).code !== "EEXIST") throw error;
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

  /** One file, also from one scheme to another. */
  async copyFile(src: UriPath, dest: UriPath, mode = 0): Promise<void> {
    const [source, target] = await Promise.all([this.places.at(src), this.places.at(dest)]);
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
    await copyOne(source, target, { overwrite });
  }

  /** Files and trees, also from one scheme to another; several files at once. */
  async cp(source: UriPath, destination: UriPath, options: CpOptions = {}): Promise<void> {
    const [from, to] = await Promise.all([this.places.at(source), this.places.at(destination)]);
    await cp(from, to, options);
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
