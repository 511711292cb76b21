import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus } from "../contract.ts";
import { checkParent, hasFolders, isSameStore, type Place } from "./places.ts";

export interface CopyFileOptions {
  readonly overwrite: boolean;
  /** Whether it is known that nothing is in the way of the target. */
  readonly isClear?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every piece that was copied, in bytes. */
  readonly moved?: ((bytes: number) => void) | undefined;
}

/** Copies one file: within a store by the store itself where it can, else through this process. Lengths are compared. */
export async function copyOne(from: Place, to: Place, options: CopyFileOptions): Promise<FileStatus> {
  const { overwrite, isClear, signal, moved } = options;
  if (isSameStore(from.path, to.path) && from.fileSystem.capabilities.has("server-side-copy")) {
    await checkParent(to, "copyFile");
    const status = await from.fileSystem.copy(from.path, to.path, { overwrite, isClear, signal });
    moved?.(status.length);
    return status;
  }
  await using source = await from.fileSystem.open(from.path, { signal });
  const createParents = !hasFolders(to);
  await using target = await to.fileSystem.create(to.path, { overwrite, createParents, isClear, signal });
  for await (const chunk of source.chunks()) {
    await target.write(chunk);
    moved?.(chunk.byteLength);
  }
  if (target.position !== source.status.length) throw wrongLength(from, to, target.position);
  const status = await target.close();
  if (status.length !== source.status.length) throw wrongLength(from, to, status.length);
  return status;
}

function wrongLength(from: Place, to: Place, length: number): FileSystemError {
  return new FileSystemError({
    code: "EIO",
    path: from.path,
    dest: to.path,
    operation: "copyFile",
    message: `the copy is ${length} bytes long, which its source is not`,
  });
}
