import { errorCode } from "../errors/errors.ts";
import type { FileStatus, FileSystem, SignalOption } from "./contract.ts";
import type { Path } from "./path.ts";

/** Undefined when nothing is there; any other failure is one. */
export async function statusIfAny(
  fileSystem: FileSystem,
  path: Path,
  options: SignalOption = {},
): Promise<FileStatus | undefined> {
  try {
    return await fileSystem.getFileStatus(path, options);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
