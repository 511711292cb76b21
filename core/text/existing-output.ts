import type { FileStatus, FileSystem } from "../fs/contract.ts";

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
