import { OssError } from "./errors.ts";

/** Bytes `[start, end)`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks of an object of `size` bytes; undefined: the whole object, with status 200.
 *
 * OSS ("GetObject", "How to obtain OSS resources by segmenting"): a range that is malformed, or starts or ends
 * beyond the object, is ignored. With `x-oss-range-behavior: standard` an end beyond the object is cut off, and a
 * start beyond it is InvalidRange (416). Of several ranges the first one counts.
 */
export function rangeOf(header: string | undefined, size: number, standard: boolean): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)(?:,|$)/i.exec(header?.trim() ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === "") {
    const length = Number(last);
    if (length === 0) return unsatisfiable(standard, header, size);
    if (length > size && !standard) return undefined;
    return size === 0
      ? unsatisfiable(standard, header, size)
      : { start: Math.max(0, size - length), end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Number(last) + 1;
  if (start >= end && last !== "") return undefined;
  if (start >= size) return unsatisfiable(standard, header, size);
  if (end > size && !standard) return undefined;
  return { start, end: Math.min(end, size) };
}

function unsatisfiable(standard: boolean, header: string | undefined, size: number): undefined {
  if (!standard) return undefined;
  throw new OssError(
    416,
    "InvalidRange",
    "The requested range cannot be satisfied.",
    { ActualObjectSize: String(size), RangeRequested: header ?? "" },
    { "Content-Range": `bytes */${size}` },
  );
}

/** `x-oss-copy-source-range`, which has to lie inside the source. */
export function copyRangeOf(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return { start: 0, end: size };
  const match = /^bytes=(\d+)-(\d*)$/.exec(header.trim());
  const start = Number(match?.[1]);
  const end = match?.[2] === "" ? size : Number(match?.[2]) + 1;
  if (match === null || start >= end || end > size) {
    throw new OssError(400, "InvalidRange", "The requested range is not valid.", { RangeRequested: header });
  }
  return { start, end };
}
