import type { BigIntStats, Stats } from "node:fs";
import type { FileStatus } from "../contract.ts";

const FILE_MODE = 0o100644;
const FOLDER_MODE = 0o040755;

export type EntryKind = FileStatus["kind"] | "link" | "block device" | "character device" | "fifo" | "socket";

/** What stands at a place, with the questions of Node's `Stats` and `Dirent`. */
class Kind {
  readonly #kind: EntryKind;

  constructor(kind: EntryKind) {
    this.#kind = kind;
  }

  isFile(): boolean {
    return this.#kind === "file";
  }
  isDirectory(): boolean {
    return this.#kind === "directory";
  }
  isSymbolicLink(): boolean {
    return this.#kind === "link";
  }
  isBlockDevice(): boolean {
    return this.#kind === "block device";
  }
  isCharacterDevice(): boolean {
    return this.#kind === "character device";
  }
  isFIFO(): boolean {
    return this.#kind === "fifo";
  }
  isSocket(): boolean {
    return this.#kind === "socket";
  }
}

type Questions = { readonly [K in keyof Kind]: () => boolean };

export function kindOf(entry: Questions): EntryKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "link";
  if (entry.isFIFO()) return "fifo";
  if (entry.isSocket()) return "socket";
  return entry.isBlockDevice() ? "block device" : "character device";
}

/**
 * Node's `Stats` of a place in any store. What no store knows has a fixed value: mode 644 (folders 755), owner, device
 * and inode 0, one time (the modification's) for all four.
 */
export class UriStats extends Kind {
  readonly dev = 0;
  readonly ino = 0;
  readonly mode: number;
  readonly nlink = 1;
  readonly uid = 0;
  readonly gid = 0;
  readonly rdev = 0;
  readonly blksize = 4096;
  readonly size: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor({ kind, length, modificationTime }: FileStatus) {
    super(kind);
    this.mode = kind === "file" ? FILE_MODE : FOLDER_MODE;
    this.size = length;
    this.blocks = Math.ceil(length / 512);
    this.atimeMs = modificationTime;
    this.mtimeMs = modificationTime;
    this.ctimeMs = modificationTime;
    this.birthtimeMs = modificationTime;
    this.atime = new Date(modificationTime);
    this.mtime = new Date(modificationTime);
    this.ctime = new Date(modificationTime);
    this.birthtime = new Date(modificationTime);
  }
}

/** The same with `bigint: true`, and times in nanoseconds. */
export class UriBigIntStats extends Kind {
  readonly dev = 0n;
  readonly ino = 0n;
  readonly mode: bigint;
  readonly nlink = 1n;
  readonly uid = 0n;
  readonly gid = 0n;
  readonly rdev = 0n;
  readonly blksize = 4096n;
  readonly size: bigint;
  readonly blocks: bigint;
  readonly atimeMs: bigint;
  readonly mtimeMs: bigint;
  readonly ctimeMs: bigint;
  readonly birthtimeMs: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(status: FileStatus) {
    super(status.kind);
    const stats = new UriStats(status);
    this.mode = BigInt(stats.mode);
    this.size = BigInt(stats.size);
    this.blocks = BigInt(stats.blocks);
    const milliseconds = BigInt(Math.trunc(status.modificationTime));
    this.atimeMs = this.mtimeMs = this.ctimeMs = this.birthtimeMs = milliseconds;
    const nanoseconds = BigInt(Math.trunc(status.modificationTime * 1e6));
    this.atimeNs = this.mtimeNs = this.ctimeNs = this.birthtimeNs = nanoseconds;
    this.atime = stats.atime;
    this.mtime = stats.mtime;
    this.ctime = stats.ctime;
    this.birthtime = stats.birthtime;
  }
}

export function statsOf(status: FileStatus, bigint = false): Stats | BigIntStats {
  return bigint ? new UriBigIntStats(status) : new UriStats(status);
}

/** Node's `Dirent`; `parentPath` is a URI, or the plain path of a local folder. */
export class UriDirent<Name extends string | Buffer = string> extends Kind {
  readonly name: Name;
  readonly parentPath: string;

  constructor(kind: EntryKind, name: Name, parentPath: string) {
    super(kind);
    this.name = name;
    this.parentPath = parentPath;
  }

  /** Node's older name of `parentPath`. */
  get path(): string {
    return this.parentPath;
  }
}
