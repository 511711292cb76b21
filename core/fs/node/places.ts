import { errorCode, FileSystemError } from "../../errors/errors.ts";
import type { FileStatus, FileSystem } from "../contract.ts";
import type { Path } from "../path.ts";

/** A path, and the file system that serves it. */
export interface Place {
  readonly path: Path;
  readonly fileSystem: FileSystem;
}

export function isSameStore(a: Path, b: Path): boolean {
  return a.scheme === b.scheme && a.authority === b.authority;
}

export function hasFolders({ fileSystem }: Place): boolean {
  return fileSystem.capabilities.has("directories");
}

export async function statusIfAny(fileSystem: FileSystem, path: Path): Promise<FileStatus | undefined> {
  try {
    return await fileSystem.getFileStatus(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export async function firstMissing(fileSystem: FileSystem, folder: Path): Promise<Path | undefined> {
  let missing: Path | undefined;
  for (let at: Path | null = folder; at !== null; at = at.parent) {
    if ((await statusIfAny(fileSystem, at)) !== undefined) return missing;
    missing = at;
  }
  return missing;
}

/** Local files have permissions and links, for which the contract has no words yet: better nothing than a guess. */
export function refuseLocal(place: Place, operation: string, what: string): void {
  if (place.path.scheme !== "file") return;
  throw new FileSystemError({
    code: "ENOTSUP",
    path: place.path,
    operation,
    message: `${what} of local files are not served yet`,
  });
}
