import { readdir, rmdir, unlink } from "node:fs/promises";
import { errorCode } from "../../errors/errors.ts";
import { fromNodeError } from "../node-error.ts";

const SLASH = Buffer.from("/");

/**
 * Deletes a folder and all that is in it, the deepest first; links are removed, never followed. Names are handled as
 * bytes, so that files whose names are no valid Unicode go too. Stops at the first failure and says how far it came.
 */
export async function deleteTree(directory: string, signal: AbortSignal | undefined): Promise<void> {
  let deleted = 0;
  let current: Buffer = Buffer.from(directory);

  async function remove(path: Buffer, isFolder: boolean): Promise<void> {
    try {
      if (isFolder) await empty(path);
      current = path;
      await (isFolder ? rmdir : unlink)(path);
      deleted++;
    } catch (error) {
      // Somebody else deleted it meanwhile.
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  async function empty(folder: Buffer): Promise<void> {
    current = folder;
    for (const entry of await readdir(folder, { withFileTypes: true, encoding: "buffer" })) {
      signal?.throwIfAborted();
      await remove(Buffer.concat([folder, SLASH, entry.name as unknown as Buffer]), entry.isDirectory());
    }
  }

  try {
    await remove(current, true);
  } catch (error) {
    signal?.throwIfAborted();
    throw fromNodeError(error, {
      operation: "delete",
      path: `file://${current}`,
      hint: `Before it, ${deleted} files and folders below '${directory}' were deleted; the others are still there`,
    });
  }
}
