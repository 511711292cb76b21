import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { FileSystemError } from "../../errors/errors.ts";
import type { CopyOptions, FileStatus } from "../contract.ts";
import type { Path } from "../path.ts";
import { AtomicFile } from "./atomic-file.ts";
import { statsIfAny, statusOf } from "./status.ts";

/** Bytes copied at once. */
const PIECE = 1024 * 1024;

/** Copies one file with its permissions; the copy appears whole or not at all. */
export async function copyLocal(src: Path, dst: Path, options: CopyOptions): Promise<FileStatus> {
  const { overwrite = false, signal } = options;
  const existing = await statsIfAny(dst.key);
  if (existing !== undefined) {
    if (!overwrite) throw new FileSystemError({ code: "EEXIST", path: src, dest: dst });
    if (existing.isDirectory()) throw new FileSystemError({ code: "EISDIR", path: src, dest: dst });
    // A rename would put a file in the place of /dev/null.
    if (!existing.isFile() && !existing.isSymbolicLink()) throw notRegular(src, dst);
  }
  await using source = await open(src.key, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await source.stat();
  if (stats.isDirectory()) throw new FileSystemError({ code: "EISDIR", path: src, dest: dst });
  if (!stats.isFile()) throw notRegular(src, dst);
  const target = existing?.isFile() ? await realpath(dst.key) : dst.key;
  const mode = existing?.isFile() ? Number(existing.mode) : stats.mode;
  const clone = await AtomicFile.cloneOf(src.key, target, mode);
  const file = clone ?? (await AtomicFile.create(target, { createParents: true, mode }));
  try {
    if (clone === undefined) await pour(source, file, signal);
    signal?.throwIfAborted();
    return statusOf(dst, await file.publish(overwrite));
  } catch (error) {
    await file.discard().catch(() => {});
    throw error;
  }
}

function notRegular(src: Path, dst: Path): FileSystemError {
  const message = "a pipe, socket or device is no file that can be copied or replaced";
  return new FileSystemError({ code: "ENOTSUP", path: src, dest: dst, message });
}

async function pour(source: FileHandle, file: AtomicFile, signal: AbortSignal | undefined): Promise<void> {
  const buffer = new Uint8Array(PIECE);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, PIECE, null);
    if (bytesRead === 0) return;
    await file.write(buffer.subarray(0, bytesRead));
  }
}
