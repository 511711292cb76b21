import {
  type BigIntStats,
  type BigIntStatsFs,
  constants,
  type Dirent,
  type MakeDirectoryOptions,
  type Stats,
  type StatsFs,
  type TimeLike,
  type WatchOptions,
} from "node:fs";
import type { FileChangeInfo, FileHandle } from "node:fs/promises";
import { FileSystemError } from "../errors/errors.ts";
import type { Path } from "./path.ts";

export interface BigIntOption {
  readonly bigint?: boolean | undefined;
}

export interface ReaddirOptions {
  readonly encoding?: BufferEncoding | "buffer" | null | undefined;
  readonly recursive?: boolean | undefined;
  readonly withFileTypes?: boolean | undefined;
}

/**
 * What capability `posix` adds: calls of `node:fs/promises`, with their names, results and errors, and a {@link Path}
 * where they take a path.
 */
export interface PosixCalls {
  access(path: Path, mode?: number): Promise<void>;
  chmod(path: Path, mode: string | number): Promise<void>;
  chown(path: Path, uid: number, gid: number): Promise<void>;
  lchmod(path: Path, mode: string | number): Promise<void>;
  lchown(path: Path, uid: number, gid: number): Promise<void>;
  link(existing: Path, path: Path): Promise<void>;
  lstat(path: Path, options?: BigIntOption): Promise<Stats | BigIntStats>;
  lutimes(path: Path, atime: TimeLike, mtime: TimeLike): Promise<void>;
  /** One folder, or with `recursive` those above it too; resolves to the first that it made. */
  mkdir(path: Path, options?: MakeDirectoryOptions): Promise<string | undefined>;
  /** Node's `open`; the handle is Node's own. Closed with the file system. */
  openHandle(path: Path, flags?: string | number, mode?: string | number): Promise<PosixHandle>;
  /** In the system's order; with types links are what they are, and not followed. */
  readdir(path: Path, options: ReaddirOptions & { readonly withFileTypes: true }): Promise<Dirent[]>;
  readdir(path: Path, options?: ReaddirOptions): Promise<string[] | Buffer[] | Dirent[]>;
  readlink(path: Path): Promise<Buffer>;
  realpath(path: Path): Promise<Buffer>;
  stat(path: Path, options?: BigIntOption): Promise<Stats | BigIntStats>;
  statfs(path: Path, options?: BigIntOption): Promise<StatsFs | BigIntStatsFs>;
  /** `target` is the text of the link. */
  symlink(target: string, path: Path, type?: string | null): Promise<void>;
  truncate(path: Path, length?: number): Promise<void>;
  utimes(path: Path, atime: TimeLike, mtime: TimeLike): Promise<void>;
}
export type PosixName = keyof PosixCalls;
/** Node's handle, with the one thing of `EventEmitter` that is needed of it. */
export type PosixHandle = FileHandle & { once(event: "close", listener: () => void): void };

/** Those that change nothing, `openHandle` and `access` aside, which depend on what is asked. */
const READING: ReadonlySet<PosixName> = new Set([
  "lstat",
  "readdir",
  "readlink",
  "realpath",
  "stat",
  "statfs",
]);
const FLAGS_TO_READ: ReadonlySet<string | number> = new Set(["r", "rs", "sr", constants.O_RDONLY]);

/** The part of `FileSystem` that is capability `posix`; without it every call is `ENOTSUP`. */
export abstract class PosixFileSystem implements PosixCalls {
  access(...call: Parameters<PosixCalls["access"]>): Promise<void> {
    return this.posixCall("access", call);
  }
  chmod(...call: Parameters<PosixCalls["chmod"]>): Promise<void> {
    return this.posixCall("chmod", call);
  }
  chown(...call: Parameters<PosixCalls["chown"]>): Promise<void> {
    return this.posixCall("chown", call);
  }
  lchmod(...call: Parameters<PosixCalls["lchmod"]>): Promise<void> {
    return this.posixCall("lchmod", call);
  }
  lchown(...call: Parameters<PosixCalls["lchown"]>): Promise<void> {
    return this.posixCall("lchown", call);
  }
  link(...call: Parameters<PosixCalls["link"]>): Promise<void> {
    return this.posixCall("link", call);
  }
  lstat(...call: Parameters<PosixCalls["lstat"]>): Promise<Stats | BigIntStats> {
    return this.posixCall("lstat", call);
  }
  lutimes(...call: Parameters<PosixCalls["lutimes"]>): Promise<void> {
    return this.posixCall("lutimes", call);
  }
  mkdir(...call: Parameters<PosixCalls["mkdir"]>): Promise<string | undefined> {
    return this.posixCall("mkdir", call);
  }
  openHandle(...call: Parameters<PosixCalls["openHandle"]>): Promise<PosixHandle> {
    return this.posixCall("openHandle", call);
  }
  readdir(path: Path, options: ReaddirOptions & { readonly withFileTypes: true }): Promise<Dirent[]>;
  readdir(path: Path, options?: ReaddirOptions): Promise<string[] | Buffer[] | Dirent[]>;
  readdir(...call: Parameters<PosixCalls["readdir"]>): Promise<never> {
    return this.posixCall("readdir", call) as Promise<never>;
  }
  readlink(...call: Parameters<PosixCalls["readlink"]>): Promise<Buffer> {
    return this.posixCall("readlink", call);
  }
  realpath(...call: Parameters<PosixCalls["realpath"]>): Promise<Buffer> {
    return this.posixCall("realpath", call);
  }
  stat(...call: Parameters<PosixCalls["stat"]>): Promise<Stats | BigIntStats> {
    return this.posixCall("stat", call);
  }
  statfs(...call: Parameters<PosixCalls["statfs"]>): Promise<StatsFs | BigIntStatsFs> {
    return this.posixCall("statfs", call);
  }
  symlink(...call: Parameters<PosixCalls["symlink"]>): Promise<void> {
    return this.posixCall("symlink", call);
  }
  truncate(...call: Parameters<PosixCalls["truncate"]>): Promise<void> {
    return this.posixCall("truncate", call);
  }
  utimes(...call: Parameters<PosixCalls["utimes"]>): Promise<void> {
    return this.posixCall("utimes", call);
  }

  /** Changes at a place, until the signal fires or the iteration is left. Also capability `posix`. */
  // biome-ignore lint/correctness/useYield: it ends at once
  async *watch(path: Path, _options?: WatchOptions): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    throw unsupported("watch", path);
  }

  /** What every call but `watch` comes to: the one method that a wrapper overrides. */
  protected posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    return Promise.reject(unsupported(name, pathsOf(call)[0])) as ReturnType<PosixCalls[K]>;
  }
}

/** Makes the call on another file system. */
export function callPosix<K extends PosixName>(
  target: PosixCalls,
  name: K,
  call: Parameters<PosixCalls[K]>,
): ReturnType<PosixCalls[K]> {
  const method = target[name] as (...call: unknown[]) => unknown;
  return method.apply(target, call) as ReturnType<PosixCalls[K]>;
}

export function isPosixName(name: string): boolean {
  return Object.hasOwn(PosixFileSystem.prototype, name) && name !== "constructor" && name !== "posixCall";
}

/** Whether a call can change something. */
export function changes(name: PosixName, call: readonly unknown[]): boolean {
  if (name === "openHandle") return !FLAGS_TO_READ.has((call[1] as string | number | undefined) ?? "r");
  if (name === "access") return (((call[1] as number | undefined) ?? 0) & constants.W_OK) !== 0;
  return !READING.has(name);
}

/** The paths among what a call was given: one, or two. */
export function pathsOf(call: readonly unknown[]): Path[] {
  return call.filter(
    (value): value is Path => typeof value === "object" && value !== null && "scheme" in value,
  );
}

function unsupported(operation: string, path: Path | undefined): FileSystemError {
  return new FileSystemError({ code: "ENOTSUP", operation, path });
}
