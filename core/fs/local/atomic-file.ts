import { randomUUID } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { copyFile, type FileHandle, link, lstat, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../../errors/errors.ts";

/** Longest name, in bytes, that local file systems take. */
const NAME_MAX = 255;

/** Bytes of one call of `node:fs`, which takes less than 2 GiB. */
export const LARGEST_CALL = 2 ** 30;

/** Codes of file systems without hard links (FAT, some network mounts) and of links that policy forbids. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/**
 * A file that appears at its target whole or not at all. Until then it is `.<name>.inprogress.<uuid>` beside the target
 * (the name Flink gives it), shortened where the name would become too long; a crash leaves that file behind.
 */
export class AtomicFile {
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #target: string;

  private constructor(handle: FileHandle, temporary: string, target: string) {
    this.#handle = handle;
    this.#temporary = temporary;
    this.#target = target;
  }

  /** `mode`: the permissions of the file that is to be replaced. */
  static async create(
    target: string,
    options: { createParents: boolean; mode?: number | undefined },
  ): Promise<AtomicFile> {
    const temporary = join(dirname(target), temporaryName(basename(target)));
    const handle = await openNew(temporary, options.createParents);
    try {
      if (options.mode !== undefined) await handle.chmod(options.mode & 0o777);
    } catch (error) {
      await handle.close();
      await unlink(temporary);
      throw error;
    }
    return new AtomicFile(handle, temporary, target);
  }

  /** One that holds a clone of another file, made at no cost; undefined where the system cannot. */
  static async cloneOf(source: string, target: string, mode: number): Promise<AtomicFile | undefined> {
    const temporary = join(dirname(target), temporaryName(basename(target)));
    try {
      await copyFile(source, temporary, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    } catch {
      return undefined;
    }
    try {
      const handle = await open(temporary, "r");
      await handle.chmod(mode & 0o777);
      return new AtomicFile(handle, temporary, target);
    } catch (error) {
      await removeIfAny(temporary);
      throw error;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(bytes.byteLength - done, LARGEST_CALL);
      const { bytesWritten } = await this.#handle.write(bytes, done, length);
      done += bytesWritten;
    }
  }

  /**
   * Makes the bytes durable, then gives them their name. Without `overwrite` it never replaces a file: `EEXIST`. The
   * stats are taken from the open file, so that they are of these bytes whatever happens to the name afterwards.
   */
  async publish(overwrite: boolean): Promise<BigIntStats> {
    await this.#handle.sync();
    const stats = await this.#handle.stat({ bigint: true });
    await this.#handle.close();
    if (overwrite) await rename(this.#temporary, this.#target);
    else await renameWithoutReplacing(this.#temporary, this.#target);
    await syncDirectory(dirname(this.#target));
    return stats;
  }

  /** Removes the unpublished file. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await removeIfAny(this.#temporary);
  }
}

/**
 * Moves a file to a name that nothing has, whatever other processes do meanwhile: `link` fails with `EEXIST`, where
 * `rename` would replace. Where there are no hard links, an empty file claims the name first; other readers may see
 * it for a moment.
 */
export async function renameWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error) ?? "")) throw error;
    await (await open(to, "wx")).close();
    try {
      await rename(from, to);
    } catch (failure) {
      await unlink(to);
      throw failure;
    }
    return;
  }
  await unlink(from);
}

/** Makes the names in a folder durable, where the file system can and lets us. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    await using handle = await open(directory, "r");
    await handle.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM", "EBADF", "EACCES"].includes(errorCode(error) ?? "")) throw error;
  }
}

/** Resolves to whether it was there. */
export async function removeIfAny(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** `mkdir -p`; `ENOTDIR` where a file is in the way. */
export async function makeFolders(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    if ((await stat(directory)).isDirectory()) return;
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${directory}'`), { code: "ENOTDIR" });
  }
}

async function openNew(file: string, createParents: boolean): Promise<FileHandle> {
  try {
    return await open(file, "wx");
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || !createParents) throw error;
  }
  await makeFolders(dirname(file));
  return open(file, "wx");
}

export function temporaryName(name: string): string {
  const suffix = `.inprogress.${randomUUID()}`;
  let front = name;
  while (Buffer.byteLength(front) > NAME_MAX - 1 - suffix.length) front = [...front].slice(0, -8).join("");
  return `.${front}${suffix}`;
}

/** Whether two names are one file, as `a` and `A` are where case does not count. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([lstat(a), lstat(b)]);
  return first.dev === second.dev && first.ino === second.ino && first.nlink === 1;
}
