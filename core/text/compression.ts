import type { Transform } from "node:stream";
import zlib from "node:zlib";
import { errorMessage, FileSystemError, JobError } from "../errors/errors.ts";
import type { Path } from "../fs/path.ts";

/** Flink's extensions, case-sensitive as there. */
const FORMAT = /\.(gz|gzip|deflate|zst|bz2|xz)$/;

/** The format that a name's extension tells; undefined for plain text. */
export function compressionOf(name: string): string | undefined {
  return FORMAT.exec(name)?.[1];
}

/** Rejects a file in a format that cannot be read here, before anything of it is. */
export function checkCompression(path: Path): void {
  const format = compressionOf(path.name);
  if (format !== undefined) decompressor(path.toString(), format);
}

/** The bytes of a compressed file. Damaged or cut short: `ERR_JOB_INPUT`, naming the file. */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  format: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const transform = decompressor(file, format)();
  let sourceError: unknown;
  const feeding = feed(chunks, transform).catch((error) => {
    sourceError = error;
    transform.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const piece of transform) yield piece as Uint8Array;
  } catch (cause) {
    if (sourceError !== undefined) throw sourceError;
    throw new JobError({
      code: "ERR_JOB_INPUT",
      message: `${file} is damaged or cut short (.${format}): ${errorMessage(cause)}`,
      cause,
    });
  } finally {
    transform.destroy();
    await feeding;
  }
}

/** A chunk is only valid until the next one is asked for: each has to be taken up before that. */
async function feed(chunks: AsyncIterable<Uint8Array>, transform: Transform): Promise<void> {
  for await (const chunk of chunks) {
    const taken = await new Promise<boolean>((resolve) => {
      transform.once("close", () => resolve(false));
      transform.write(chunk, (error) => resolve(!error));
    });
    transform.removeAllListeners("close");
    if (!taken) return;
  }
  transform.end();
}

/** Makes the stream that decompresses a format. `ENOTSUP` for one that cannot be read. */
function decompressor(file: string, format: string): () => Transform {
  if (format === "gz" || format === "gzip") return zlib.createGunzip;
  if (format === "deflate") return zlib.createInflate;
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
  if (format === "zst" && createZstdDecompress !== undefined) return createZstdDecompress;
  throw new FileSystemError({
    code: "ENOTSUP",
    path: file,
    operation: "readTextFile",
    message: `text compressed as .${format} cannot be read`,
    hint: format === "zst" ? "Node reads it from 22.15 on; or decompress it first" : "Decompress it first",
  });
}
