import { errorCode } from "../errors/errors.ts";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";

/** Deletes a folder that holds nothing; one that holds something, or is not there, is left alone. */
export async function deleteIfEmpty(fileSystem: FileSystem, directory: Path): Promise<void> {
  try {
    await fileSystem.delete(directory);
  } catch (error) {
    if (errorCode(error) !== "ENOTEMPTY") throw error;
  }
}
