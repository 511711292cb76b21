import { JobError } from "../errors/errors.ts";
import type { FileStatus } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { charset } from "./charset.ts";
import { checkCompression, compressionOf } from "./compression.ts";
import { globIsNested, globMatcher } from "./glob.ts";

/** How the bytes of a text are cut into lines. */
export interface TextFormat {
  /** A label that `TextDecoder` knows. Default `utf-8`. Malformed bytes become U+FFFD. */
  readonly charset?: string | undefined;
  /** Default `"\n"`, which also takes one `"\r"` before it. */
  readonly delimiter?: string | undefined;
  /** Longest line in bytes; a longer one fails the reading. Default 16 MiB. */
  readonly maxLineLength?: number | undefined;
}

export interface ReadTextOptions extends TextFormat {
  /** Reads the files of nested folders too. Default false. */
  readonly recursive?: boolean | undefined;
  /**
   * Of a folder only the files whose path in it matches: `*.csv`, `logs/20??/*.{txt,gz}`. A pattern that reaches into
   * folders reads them too.
   */
  readonly glob?: string | undefined;
  /**
   * Bytes of one split; the last of a file may be up to 1.1 times as long. Default: a whole file, and with a sink of
   * parallelism n a file's n-th part, 64 KiB at least.
   */
  readonly splitSize?: number | undefined;
  /**
   * Goes on for ever (Flink's `PROCESS_CONTINUOUSLY`): lists the path again and again, and reads each file that is new or
   * has another version, whole, once. Files have to appear whole: put by an object store, or renamed from a name that
   * begins with `_` or `.`. Its sinks need `rolling`, its job checkpoints. Default split: a whole file.
   *
   * Files that are there are remembered, in about 100 bytes of memory and 22 of each checkpoint for each; one that was
   * deleted is forgotten. A file that changes or vanishes while its lines are being read fails the job.
   */
  readonly continuous?: ContinuousOptions | undefined;
}

export interface ContinuousOptions {
  /** Milliseconds between the end of one listing and the next. Default 1000. */
  readonly interval?: number | undefined;
}

/** A part of one file, as plain data: any queue or process can carry it to `readSplit`. */
export interface InputSplit {
  readonly path: string;
  /** First byte. The split's lines are those that begin behind a delimiter that begins inside of it. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  /** Number of the split, over all files. */
  readonly index: number;
  readonly fileLength: number;
  /** `FileStatus.version` when the split was made; reading another version is `ESTALE`. */
  readonly version?: string;
  readonly format?: TextFormat;
}

const DEFAULT_MAX_LINE_LENGTH = 16 * 1024 * 1024;
const SMALLEST_DEFAULT_SPLIT = 64 * 1024;
/** Longest time that a timer of Node takes. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

export function textFormat(
  format: TextFormat = {},
): Required<{ [K in keyof TextFormat]: NonNullable<TextFormat[K]> }> {
  return {
    charset: format.charset ?? "utf-8",
    delimiter: format.delimiter ?? "\n",
    maxLineLength: format.maxLineLength ?? DEFAULT_MAX_LINE_LENGTH,
  };
}

/** Throws `ERR_JOB_INPUT` for options that cannot work, at the call rather than at the first line. */
export function checkReadOptions(options: ReadTextOptions): void {
  const { charset: label, delimiter, maxLineLength } = textFormat(options);
  if (delimiter === "") throw unusable("the delimiter is empty");
  charset(label).encode(delimiter);
  checkBytes("maxLineLength", maxLineLength);
  if (options.glob !== undefined) globMatcher(options.glob);
  if (options.splitSize !== undefined) checkBytes("splitSize", options.splitSize);
  const { interval = 1 } = options.continuous ?? {};
  if (!Number.isFinite(interval) || interval < 1 || interval > LONGEST_INTERVAL) {
    throw unusable(`continuous.interval is ${interval}; expected milliseconds from 1 to ${LONGEST_INTERVAL}`);
  }
}

/**
 * The splits of a file, or of the files of a folder in byte order of their path. Names that begin with `_` or `.` are
 * left out, folders too; a file that is named itself never is. Listed as they are asked for. A missing path rejects
 * with `ENOENT`; an error while listing rejects, it never reads as an empty folder.
 */
export async function* inputSplits(
  fileSystems: FileSystems,
  path: Path,
  options: ReadTextOptions,
  { signal, parallelism }: { readonly signal: AbortSignal; readonly parallelism: number },
): AsyncGenerator<InputSplit, void, undefined> {
  let index = 0;
  for await (const file of inputFiles(fileSystems, path, options, signal)) {
    for (const split of splitsOf(file, options, { parallelism, first: index })) {
      index = split.index + 1;
      yield split;
    }
  }
}

/** The splits of one file, numbered from `first`. */
export function* splitsOf(
  file: Pick<FileStatus, "path" | "length" | "version">,
  options: ReadTextOptions,
  { parallelism, first }: { readonly parallelism: number; readonly first: number },
): Generator<InputSplit, void, undefined> {
  const format = givenFormat(options);
  const isWhole = !canSplit(options) || compressionOf(file.path.name) !== undefined;
  const size = isWhole ? file.length : splitSize(file.length, options.splitSize, parallelism);
  let index = first;
  for (const [start, length] of ranges(file.length, size)) {
    yield {
      path: file.path.toString(),
      start,
      length,
      index: index++,
      fileLength: file.length,
      ...(file.version === undefined ? {} : { version: file.version }),
      ...(format === undefined ? {} : { format }),
    };
  }
}

/** Whether the files of nested folders are read too. */
export function readsNested({ recursive, glob }: ReadTextOptions): boolean {
  return recursive ?? (glob !== undefined && globIsNested(glob));
}

/** The files that the options choose, in byte order of their path. */
export async function* inputFiles(
  fileSystems: FileSystems,
  path: Path,
  options: ReadTextOptions,
  signal: AbortSignal,
): AsyncGenerator<FileStatus, void, undefined> {
  const fileSystem = await fileSystems.fileSystem(path);
  const status = await fileSystem.getFileStatus(path, { signal });
  if (status.kind === "file") {
    checkCompression(path);
    yield status;
    return;
  }
  const { glob } = options;
  const recursive = readsNested(options);
  const matches = glob === undefined ? () => true : globMatcher(glob);
  for await (const entry of fileSystem.listStatus(path, { signal, recursive })) {
    const name = below(path, entry.path);
    if (entry.kind !== "file" || isHidden(name) || !matches(name)) continue;
    checkCompression(entry.path);
    yield entry;
  }
}

/** A path relative to a folder that it lies in. */
function below(folder: Path, path: Path): string {
  return path.key.slice(folder.key.length).replace(/^\//, "");
}

function isHidden(name: string): boolean {
  return /(?:^|\/)[_.]/.test(name);
}

function splitSize(length: number, wanted: number | undefined, parallelism: number): number {
  if (wanted !== undefined) return wanted;
  return parallelism === 1 ? length : Math.max(SMALLEST_DEFAULT_SPLIT, Math.ceil(length / parallelism));
}

/** Start and length of each part; an empty file is one empty part. */
function* ranges(length: number, size: number): Generator<[number, number]> {
  let start = 0;
  // As in Flink: a rest too small for a split of its own goes to the last one.
  for (; length - start > 1.1 * size; start += size) yield [start, size];
  yield [start, length - start];
}

/** Whether a reader that begins anywhere finds the same delimiters as one that begins at the front. */
function canSplit(options: ReadTextOptions): boolean {
  const { charset: label, delimiter } = textFormat(options);
  const { encode, unit } = charset(label);
  const bytes = encode(delimiter);
  for (let shift = 1; shift < bytes.length; shift++) {
    if (bytes.subarray(shift).equals(bytes.subarray(0, bytes.length - shift))) return false;
  }
  return unit === 1;
}

function givenFormat(options: ReadTextOptions): TextFormat | undefined {
  const { charset, delimiter, maxLineLength } = options;
  const given = Object.entries({ charset, delimiter, maxLineLength }).filter(
    ([, value]) => value !== undefined,
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function checkBytes(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw unusable(`${name} is ${value}; expected a whole number of bytes from 1`);
}

function unusable(message: string): JobError {
  return new JobError({ code: "ERR_JOB_INPUT", message });
}
