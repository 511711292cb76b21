import type {
  BigIntStatsFs,
  BufferEncodingOption,
  Mode,
  ObjectEncodingOptions,
  StatFsOptions,
  StatsFs,
  TimeLike,
  WatchOptions,
} from "node:fs";
import type { FileChangeInfo } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Path } from "../path.ts";
import {
  decoded,
  type EncodingArgument,
  type EncodingOptions,
  nodeAbort,
  type OwnBuffer,
  withEncoding,
} from "./arguments.ts";
import { isPosix, type Places, shown, type UriPath } from "./places.ts";

type Encoding = EncodingArgument<EncodingOptions>;

/** The functions of `node:fs/promises` that are one call of capability `posix`, and `ENOTSUP` without it. */
export class PosixByUri {
  protected readonly places: Places;

  constructor(places: Places) {
    this.places = places;
  }

  async chmod(path: UriPath, mode: Mode): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.chmod(at, mode);
  }

  async lchmod(path: UriPath, mode: Mode): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.lchmod(at, mode);
  }

  async chown(path: UriPath, uid: number, gid: number): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.chown(at, uid, gid);
  }

  async lchown(path: UriPath, uid: number, gid: number): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.lchown(at, uid, gid);
  }

  async utimes(path: UriPath, atime: TimeLike, mtime: TimeLike): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.utimes(at, atime, mtime);
  }

  async lutimes(path: UriPath, atime: TimeLike, mtime: TimeLike): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.lutimes(at, atime, mtime);
  }

  async truncate(path: UriPath, length = 0): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.truncate(at, length);
  }

  async link(existingPath: UriPath, newPath: UriPath): Promise<void> {
    const { fileSystem, path } = await this.places.at(existingPath);
    return fileSystem.link(path, this.places.resolve(newPath));
  }

  /** The link holds `target` as it is written; a `URL` or a `file:` URI as the path it means. */
  async symlink(target: UriPath, path: UriPath, type?: string | null): Promise<void> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.symlink(linkText(target), at, type);
  }

  readlink(path: UriPath, options?: ObjectEncodingOptions | BufferEncoding | null): Promise<string>;
  readlink(path: UriPath, options: BufferEncodingOption): Promise<OwnBuffer>;
  readlink(path: UriPath, options?: ObjectEncodingOptions | string | null): Promise<string | OwnBuffer>;
  async readlink(path: UriPath, options?: Encoding | string): Promise<string | OwnBuffer> {
    const { encoding } = withEncoding(options as Encoding);
    const { fileSystem, path: at } = await this.places.at(path);
    return decoded(await fileSystem.readlink(at), encoding);
  }

  /** Where there are no links, the path itself, if something is there. */
  realpath(path: UriPath, options?: ObjectEncodingOptions | BufferEncoding | null): Promise<string>;
  realpath(path: UriPath, options: BufferEncodingOption): Promise<OwnBuffer>;
  realpath(
    path: UriPath,
    options?: ObjectEncodingOptions | BufferEncoding | null,
  ): Promise<string | OwnBuffer>;
  async realpath(path: UriPath, options?: Encoding): Promise<string | OwnBuffer> {
    const { encoding } = withEncoding(options);
    const place = await this.places.at(path);
    if (isPosix(place)) return decoded(await place.fileSystem.realpath(place.path), encoding);
    await place.fileSystem.getFileStatus(place.path);
    return decoded(Buffer.from(shown(place.path)), encoding);
  }

  statfs(path: UriPath, options?: StatFsOptions & { readonly bigint?: false | undefined }): Promise<StatsFs>;
  statfs(path: UriPath, options: StatFsOptions & { readonly bigint: true }): Promise<BigIntStatsFs>;
  statfs(path: UriPath, options?: StatFsOptions): Promise<StatsFs | BigIntStatsFs>;
  async statfs(path: UriPath, options?: StatFsOptions): Promise<StatsFs | BigIntStatsFs> {
    const { fileSystem, path: at } = await this.places.at(path);
    return fileSystem.statfs(at, options);
  }

  /** Changes as they come; ends by the signal, by leaving the loop, or with the environment. */
  watch(
    path: UriPath,
    options: "buffer" | (WatchOptions & { readonly encoding: "buffer" }),
  ): AsyncGenerator<FileChangeInfo<OwnBuffer>>;
  watch(path: UriPath, options?: WatchOptions | BufferEncoding): AsyncGenerator<FileChangeInfo<string>>;
  watch(
    path: UriPath,
    options: WatchOptions | string,
  ): AsyncGenerator<FileChangeInfo<string>> | AsyncGenerator<FileChangeInfo<OwnBuffer>>;
  async *watch(path: UriPath, options?: WatchOptions | string): AsyncGenerator<FileChangeInfo<never>> {
    const watched = (typeof options === "string" ? { encoding: options } : options) as WatchOptions;
    try {
      watched?.signal?.throwIfAborted();
      const { fileSystem, path: at } = await this.places.at(path);
      yield* fileSystem.watch(at, watched) as AsyncGenerator<FileChangeInfo<never>>;
    } catch (error) {
      throw nodeAbort(watched?.signal, error);
    }
  }
}

function linkText(target: UriPath): string {
  if (target instanceof URL) return fileURLToPath(target);
  if (target instanceof Path) return shown(target);
  const text = target.toString();
  return /^file:/i.test(text) ? Path.parse(text).key : text;
}
