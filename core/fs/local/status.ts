import type { BigIntStats } from "node:fs";
import { lstat, stat } from "node:fs/promises";
import { errorCode } from "../../errors/errors.ts";
import type { FileStatus } from "../contract.ts";
import type { Path } from "../path.ts";

/** A status from what `stat` says; the version changes with the file's identity, its size and its time in nanoseconds. */
export function statusOf(path: Path, stats: BigIntStats): FileStatus {
  const modificationTime = Number(stats.mtimeNs) / 1e6;
  if (stats.isDirectory()) return { path, kind: "directory", length: 0, modificationTime };
  return {
    path,
    kind: "file",
    length: Number(stats.size),
    modificationTime,
    version: [stats.dev, stats.ino, stats.mtimeNs, stats.size].map((n) => n.toString(36)).join("-"),
  };
}

export async function statusAt(path: Path): Promise<FileStatus> {
  return statusOf(path, await stat(path.key, { bigint: true }));
}

/**
 * What stands at a name, links followed. A link that leads nowhere is the link itself; nothing at all (also below a
 * file) is undefined.
 */
export async function statsIfAny(file: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ELOOP") {
      if (errorCode(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }
  return linkStatsIfAny(file);
}

/** What stands at a name, a link being itself; undefined when nothing is there. */
export async function linkStatsIfAny(file: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(file, { bigint: true });
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
