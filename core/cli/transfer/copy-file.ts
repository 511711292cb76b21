import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus } from "../../fs/contract.ts";
import type { Place } from "../context.ts";

export interface CopyFileOptions {
  readonly signal: AbortSignal;
  readonly overwrite: boolean;
  /** A status of the source that is at hand; spares the store a request. */
  readonly status?: FileStatus | undefined;
  /** Of the target; spares the store a look. */
  readonly isClear?: boolean | undefined;
  readonly onBytes?: (count: number) => void;
}

/**
 * Copies one file, within its store where that can do it, else through this process, chunk by chunk. Nothing appears at
 * the target unless all bytes arrived: the number of bytes read, written and announced must be one, and the checksums
 * where both stores have one. Resolves to the target's status.
 */
export async function copyFile(from: Place, to: Place, options: CopyFileOptions): Promise<FileStatus> {
  const { signal, overwrite, isClear, onBytes } = options;
  if (isSameStore(from, to) && to.fileSystem.capabilities.has("server-side-copy")) {
    const source = options.status ?? (await from.fileSystem.getFileStatus(from.path, { signal }));
    const copied = await to.fileSystem.copy(from.path, to.path, { overwrite, isClear, signal });
    check(from, to, source, copied, copied.length);
    onBytes?.(copied.length);
    return copied;
  }
  await using input = await from.fileSystem.open(from.path, { signal, status: options.status });
  await using output = await to.fileSystem.create(to.path, { signal, overwrite, isClear });
  let bytes = 0;
  for await (const chunk of input.chunks()) {
    signal.throwIfAborted();
    await output.write(chunk);
    bytes += chunk.byteLength;
    onBytes?.(chunk.byteLength);
  }
  // Before close: a file that is short is not published.
  if (bytes !== input.status.length)
    throw different(from, to, `${bytes} of ${input.status.length} bytes arrived`);
  const written = await output.close();
  check(from, to, input.status, written, bytes);
  return written;
}

export function isSameStore(a: Place, b: Place): boolean {
  return a.path.scheme === b.path.scheme && a.path.authority === b.path.authority;
}

function check(from: Place, to: Place, source: FileStatus, written: FileStatus, bytes: number): void {
  if (written.length !== bytes || source.length !== bytes) {
    throw different(from, to, `${source.length} bytes were to be copied, the target has ${written.length}`);
  }
  if (source.crc64 !== undefined && written.crc64 !== undefined && source.crc64 !== written.crc64) {
    throw different(from, to, `the checksums differ (${source.crc64}, ${written.crc64})`);
  }
}

function different(from: Place, to: Place, message: string): FileSystemError {
  return new FileSystemError({
    code: "EIO",
    path: from.path,
    dest: to.path,
    operation: "copy",
    message,
    hint: "The source may have changed meanwhile: run the command again",
  });
}
