import { errorCode } from "../errors/errors.ts";
import type { FileStatus, FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";

export async function statusIfAny(
  fileSystem: FileSystem,
  path: Path,
  signal: AbortSignal,
): Promise<FileStatus | undefined> {
  try {
    return await fileSystem.getFileStatus(path, { signal });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A folder in which nothing is visible: an attempt that did not come to its end has made it. */
export async function isOnlyStaged(
  fileSystem: FileSystem,
  existing: FileStatus,
  signal: AbortSignal,
): Promise<boolean> {
  if (existing.kind !== "directory") return false;
  for await (const { path } of fileSystem.listStatus(existing.path, { signal })) {
    if (!path.name.startsWith(".")) return false;
  }
  return true;
}
