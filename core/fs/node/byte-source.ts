import { errorCode } from "../../errors/errors.ts";
import { isPosix, type Place } from "./places.ts";

/** Bytes one after another. */
export interface ByteSource {
  /** Fills `into` as far as there is something; 0 is the end. */
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

export interface ReadWindow {
  /** First byte, inclusive. */
  readonly start?: number | undefined;
  /** End, exclusive. */
  readonly end?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pipes, devices and files of no known length (`/proc`) are read through a handle where there are such. */
export async function openSource(place: Place, window: ReadWindow): Promise<ByteSource> {
  const { fileSystem, path } = place;
  try {
    return await fileSystem.open(path, window);
  } catch (error) {
    if (errorCode(error) === "ENOTSUP" && isPosix(place)) return handleSource(place, window);
    // Node reads nothing from beyond the end; the SPI refuses to start there.
    if (errorCode(error) !== "EINVAL" || (window.start ?? 0) === 0) throw error;
    const { length } = await fileSystem.getFileStatus(path, { signal: window.signal });
    if ((window.start ?? 0) <= length) throw error;
    return { read: async () => 0, close: async () => {} };
  }
}

async function handleSource({ fileSystem, path }: Place, window: ReadWindow): Promise<ByteSource> {
  const handle = await fileSystem.openHandle(path, "r");
  const { start, end = Number.POSITIVE_INFINITY } = window;
  let done = 0;
  return {
    async read(into) {
      const length = Math.min(into.byteLength, end - (start ?? 0) - done);
      if (length <= 0) return 0;
      const position = start === undefined ? null : start + done;
      const { bytesRead } = await handle.read(into, 0, length, position);
      done += bytesRead;
      return bytesRead;
    },
    close: () => handle.close(),
  };
}
