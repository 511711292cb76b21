import type { FileStatus } from "../contract.ts";

const FILE_MODE = 0o100644;
const FOLDER_MODE = 0o040755;

/** What stands at a place, with the questions of Node's `Stats` and `Dirent`. */
class Kind {
  readonly #kind: FileStatus["kind"];

  constructor(kind: FileStatus["kind"]) {
    this.#kind = kind;
  }

  isFile(): boolean {
    return this.#kind === "file";
  }
  isDirectory(): boolean {
    return this.#kind === "directory";
  }
  isSymbolicLink(): boolean {
    return false;
  }
  isBlockDevice(): boolean {
    return false;
  }
  isCharacterDevice(): boolean {
    return false;
  }
  isFIFO(): boolean {
    return false;
  }
  isSocket(): boolean {
    return false;
  }
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

/** Node's `Dirent`; `parentPath` is a URI, or the plain path of a local folder. */
export class UriDirent extends Kind {
  readonly name: string;
  readonly parentPath: string;

  constructor(kind: FileStatus["kind"], name: string, parentPath: string) {
    super(kind);
    this.name = name;
    this.parentPath = parentPath;
  }

  /** Node's older name of `parentPath`. */
  get path(): string {
    return this.parentPath;
  }
}
