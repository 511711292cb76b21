import { constants } from "node:buffer";
import type { Stream } from "node:stream";
import { errorCode } from "../../errors/errors.ts";
import type { FileStatus } from "../contract.ts";
import { argumentError, type OwnBuffer, onlyReads } from "./arguments.ts";
import type { ByteSink } from "./byte-sink.ts";
import { openFile } from "./open-file.ts";
import { isPosix, type Place } from "./places.ts";

/** Anything that Node's `writeFile` takes. */
export type FileContent =
  | string
  | NodeJS.ArrayBufferView
  | Iterable<string | NodeJS.ArrayBufferView>
  | AsyncIterable<string | NodeJS.ArrayBufferView>
  | Stream;

/** Reads a file into one buffer; Node's limit and Node's code for what does not fit. */
export async function readWhole(
  place: Place,
  flag: string | number,
  signal: AbortSignal | undefined,
): Promise<OwnBuffer> {
  if (onlyReads(flag)) {
    try {
      await using stream = await place.fileSystem.open(place.path, { signal });
      const { status } = stream;
      const bytes = wholeBuffer(status, status.length);
      const count = await stream.read(bytes);
      return count === status.length ? bytes : bytes.subarray(0, count);
    } catch (error) {
      // A pipe, a device or a file of no known length (`/proc`) can be read through a handle.
      if (errorCode(error) !== "ENOTSUP" || !isPosix(place)) throw error;
    }
  }
  const handle = await openFile(place, flag, undefined);
  try {
    return (await handle.readFile(signal === undefined ? {} : { signal })) as OwnBuffer;
  } finally {
    await handle.close();
  }
}

/** A buffer for what a file holds, unless that is too much for one. */
export function wholeBuffer({ path }: FileStatus, length: number): OwnBuffer {
  if (length <= constants.MAX_LENGTH) return Buffer.allocUnsafeSlow(length);
  const message = `'${path}' is ${length} bytes long, which is too much for one buffer`;
  throw Object.assign(new RangeError(message), { code: "ERR_FS_FILE_TOO_LARGE" });
}

/** Writes all of a file. Where files are written whole, nothing is visible before the end, or after a failure. */
export async function writeWhole(
  open: () => Promise<ByteSink>,
  content: FileContent,
  encoding: BufferEncoding | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pieces = piecesOf(content);
  const sink = await open();
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      await sink.write(typeof piece === "string" ? Buffer.from(piece, encoding) : bytesOf(piece));
    }
    await sink.close();
  } catch (error) {
    await sink.abort(error).catch(() => {});
    throw error;
  }
}

type Pieces = Iterable<string | NodeJS.ArrayBufferView> | AsyncIterable<string | NodeJS.ArrayBufferView>;

export function piecesOf(content: FileContent): Pieces {
  if (typeof content === "string" || ArrayBuffer.isView(content)) return [content];
  if (typeof content === "object" && content !== null) {
    if (Symbol.asyncIterator in content || Symbol.iterator in content) return content as Pieces;
  }
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    "only a string, a buffer or an iterable of those can be written",
  );
}

export function bytesOf(piece: NodeJS.ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  throw argumentError("ERR_INVALID_ARG_TYPE", "only strings and buffers can be written");
}
