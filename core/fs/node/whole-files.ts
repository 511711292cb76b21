import { constants } from "node:buffer";
import type { FileStatus, FileSystem } from "../contract.ts";
import type { Path } from "../path.ts";
import { argumentError } from "./arguments.ts";

/** Anything that Node's `writeFile` takes. */
export type FileContent =
  | string
  | NodeJS.ArrayBufferView
  | Iterable<string | NodeJS.ArrayBufferView>
  | AsyncIterable<string | NodeJS.ArrayBufferView>;

/** Reads a file into one buffer; Node's limit and Node's code for what does not fit. */
export async function readWhole(
  fileSystem: FileSystem,
  path: Path,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  await using stream = await fileSystem.open(path, { signal });
  const { length } = stream.status;
  if (length > constants.MAX_LENGTH) {
    const message = `'${path}' is ${length} bytes long, which is too much for one buffer`;
    throw Object.assign(new RangeError(message), { code: "ERR_FS_FILE_TOO_LARGE" });
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  const count = await stream.read(bytes);
  return count === length ? bytes : bytes.subarray(0, count);
}

/** Writes a file whole: nothing is visible before all of it is. */
export async function writeWhole(
  fileSystem: FileSystem,
  path: Path,
  content: FileContent,
  options: {
    overwrite: boolean;
    createParents: boolean;
    encoding?: BufferEncoding | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<FileStatus> {
  const pieces = piecesOf(content);
  const { encoding, ...createOptions } = options;
  await using stream = await fileSystem.create(path, createOptions);
  for await (const piece of pieces) {
    options.signal?.throwIfAborted();
    await stream.write(typeof piece === "string" ? Buffer.from(piece, encoding) : bytesOf(piece));
  }
  return await stream.close(); // without await the scope would end, and abort, before the store confirms
}

/** Copies one file through this process, also between file systems. A source that ends early rejects. */
export async function copyThrough(
  from: { fileSystem: FileSystem; path: Path },
  to: { fileSystem: FileSystem; path: Path },
  options: { overwrite: boolean; createParents: boolean },
): Promise<FileStatus> {
  await using source = await from.fileSystem.open(from.path);
  await using target = await to.fileSystem.create(to.path, options);
  for await (const chunk of source.chunks()) await target.write(chunk);
  return await target.close();
}

function piecesOf(
  content: FileContent,
): Iterable<string | NodeJS.ArrayBufferView> | AsyncIterable<string | NodeJS.ArrayBufferView> {
  if (typeof content === "string" || ArrayBuffer.isView(content)) return [content];
  if (typeof content === "object" && content !== null) {
    if (Symbol.asyncIterator in content || Symbol.iterator in content) return content;
  }
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    "only a string, a buffer or an iterable of those can be written",
  );
}

function bytesOf(piece: NodeJS.ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  throw argumentError("ERR_INVALID_ARG_TYPE", "only strings and buffers can be written");
}
