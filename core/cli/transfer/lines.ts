import { FileSystemError } from "../../errors/errors.ts";
import type { Found } from "../globs.ts";

const NEWLINE = 10;

/** Bytes looked through at a time from the end. */
const BLOCK = 64 * 1024;

/** The position after the first `lines` lines: where they end. Reads no further. */
export async function startOfLine(file: Found, lines: number, signal: AbortSignal): Promise<number> {
  refuseFolder(file);
  if (lines === 0) return 0;
  await using stream = await file.fileSystem.open(file.path, { signal, status: file.status });
  let left = lines;
  let position = 0;
  for await (const chunk of stream.chunks()) {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
      if (--left === 0) return position + at + 1;
    }
    position += chunk.byteLength;
  }
  return position;
}

/** Where the last `lines` lines begin. Reads from the end, block by block. */
export async function startOfLastLines(file: Found, lines: number, signal: AbortSignal): Promise<number> {
  refuseFolder(file);
  const { length } = file.status;
  if (lines === 0 || length === 0) return length;
  await using stream = await file.fileSystem.open(file.path, { signal, status: file.status });
  const block = Buffer.allocUnsafe(Math.min(BLOCK, length));
  let left = lines;
  for (let end = length; end > 0; ) {
    const start = Math.max(0, end - block.byteLength);
    const part = block.subarray(0, end - start);
    const read = await stream.readAt(start, part);
    // The newline that ends the file ends a line, and begins none.
    for (let at = read - 1; at >= 0; at--) {
      if (part[at] === NEWLINE && start + at !== length - 1 && --left === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

function refuseFolder({ path, status }: Found): void {
  if (status.kind === "file") return;
  const hint = "plugfs ls shows what is in it";
  throw new FileSystemError({ code: "EISDIR", path, operation: "read", hint });
}
