import { FileSystemError } from "../../errors/errors.ts";
import { replaces } from "./arguments.ts";
import { hasFolders, isPosix, type Place } from "./places.ts";

/** Takes bytes one after another. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<unknown>;
  /** What was written is dropped, where the store writes files whole. */
  abort(reason?: unknown): Promise<void>;
}

export interface SinkOptions {
  readonly flag?: string | number | undefined;
  readonly mode?: string | number | undefined;
  /** Writes at a position, which only a file written in place can. */
  readonly start?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A file is written whole, and appears when it is closed; in place, through a handle, is written what asks for it
 * (another flag than `w` and `wx`, a mode, a position) and what is no plain file.
 */
export async function openSink(place: Place, options: SinkOptions): Promise<ByteSink> {
  const { flag = "w", mode, start, signal } = options;
  if (await isInPlace(place, options)) {
    const handle = await place.fileSystem.openHandle(place.path, flag, mode);
    let position = start ?? null;
    return {
      async write(bytes) {
        for (let done = 0; done < bytes.byteLength; ) {
          signal?.throwIfAborted();
          const rest = bytes.byteLength - done;
          const { bytesWritten } = await handle.write(bytes, done, rest, position);
          done += bytesWritten;
          if (position !== null) position += bytesWritten;
        }
      },
      close: () => handle.close(),
      abort: () => handle.close(),
    };
  }
  if (start !== undefined && start > 0) {
    const message = "files are written whole, not at a position";
    throw new FileSystemError({ code: "ENOTSUP", path: place.path, operation: "create", message });
  }
  const overwrite = replaces(flag);
  return place.fileSystem.create(place.path, { overwrite, createParents: !hasFolders(place), signal });
}

async function isInPlace(place: Place, { flag = "w", mode, start }: SinkOptions): Promise<boolean> {
  if (!isPosix(place)) return false;
  if (mode !== undefined || start !== undefined || !["w", "wx", "xw"].includes(String(flag))) return true;
  try {
    const stats = await place.fileSystem.stat(place.path);
    // Another name of the same file has to see the change as well.
    return !stats.isDirectory() && (!stats.isFile() || Number(stats.nlink) > 1);
  } catch {
    return false;
  }
}
