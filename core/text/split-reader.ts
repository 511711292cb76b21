import { FileSystemError } from "../errors/errors.ts";
import type { FileStatus, FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { charset } from "./charset.ts";
import { compressionOf, decompressed } from "./compression.ts";
import { LineReader } from "./lines.ts";
import { type InputSplit, textFormat } from "./splits.ts";

/** Bytes asked for behind a split's end at first, to finish its last line; then twice as many, and so on. */
const OVERSHOOT = 64 * 1024;

/**
 * A reader of one split's lines. Nothing is opened before the first batch is asked for. `from`: position in the file
 * where a line of this split begins, to go on there.
 */
export function openSplit(
  fileSystems: FileSystems,
  split: InputSplit,
  signal: AbortSignal,
  from?: number,
): LineReader {
  const { charset: label, delimiter, maxLineLength } = textFormat(split.format);
  const end = split.start + split.length;
  const format = compressionOf(split.path);
  // A compressed file can only be read from its start.
  const chunks =
    format === undefined
      ? splitChunks(fileSystems, split, from ?? split.start, signal)
      : skipped(decompressed(splitChunks(fileSystems, split, 0, signal), split.path, format), from ?? 0);
  return new LineReader(chunks, {
    file: split.path,
    charset: charset(label),
    delimiter,
    maxLineLength,
    start: from ?? split.start,
    skipFirst: from === undefined && split.start > 0,
    end: end < split.fileLength ? end : Number.POSITIVE_INFINITY,
  });
}

async function* splitChunks(
  fileSystems: FileSystems,
  split: InputSplit,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const path = fileSystems.resolve(split.path);
  const fileSystem = await fileSystems.fileSystem(path);
  let start = from;
  let end = split.start + split.length;
  for (let more = OVERSHOOT; start < split.fileLength; more *= 2) {
    end = Math.min(split.fileLength, Math.max(start, end) + more);
    yield* rangeChunks(fileSystem, path, split, { start, end, signal });
    start = end;
  }
}

async function* skipped(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function* rangeChunks(
  fileSystem: FileSystem,
  path: Path,
  split: InputSplit,
  range: { readonly start: number; readonly end: number; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = await fileSystem.open(path, { ...range, ...sameFile(path, split) });
  try {
    if (stream.status.length !== split.fileLength) throw changed(path, split, stream.status);
    yield* stream.chunks();
  } finally {
    await stream.close();
  }
}

/** With a version the store itself answers for the file being the same, and no request is spent on its status. */
function sameFile(path: Path, split: InputSplit): { ifVersion: string; status: FileStatus } | undefined {
  const { version, fileLength } = split;
  if (version === undefined) return undefined;
  const status: FileStatus = { path, kind: "file", length: fileLength, modificationTime: 0, version };
  return { ifVersion: version, status };
}

function changed(path: Path, split: InputSplit, now: FileStatus): FileSystemError {
  return new FileSystemError({
    code: "ESTALE",
    path,
    operation: "readTextFile",
    message: `the file is ${now.length} bytes long, but was ${split.fileLength} when its splits were made`,
  });
}
