import type { FileStatus } from "../../fs/contract.ts";
import type { Place } from "../context.ts";
import { Crc64 } from "./crc64.ts";

/** Bytes compared at a time, of each of the two files. */
const BLOCK = 256 * 1024;

type File = Place & { readonly status: FileStatus };

/**
 * Whether two files have the same bytes. Checksums that stores keep decide without reading; where only one has them the
 * other file is read, where none has, both are, up to the first difference.
 */
export async function hasSameContent(source: File, target: File, signal: AbortSignal): Promise<boolean> {
  if (source.status.length !== target.status.length) return false;
  const [a, b] = await Promise.all([keptChecksum(source, signal), keptChecksum(target, signal)]);
  if (a === undefined && b === undefined) return readsTheSame(source, target, signal);
  return (a ?? (await checksumOf(source, signal))) === (b ?? (await checksumOf(target, signal)));
}

/** A listing may leave out what a status has. */
async function keptChecksum(
  { status, path, fileSystem }: File,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (status.crc64 !== undefined || path.scheme === "file") return status.crc64;
  return (await fileSystem.getFileStatus(path, { signal })).crc64;
}

async function checksumOf({ path, fileSystem }: Place, signal: AbortSignal): Promise<string> {
  await using stream = await fileSystem.open(path, { signal });
  const checksum = new Crc64();
  for await (const chunk of stream.chunks()) checksum.update(chunk);
  return checksum.toString();
}

async function readsTheSame(source: Place, target: Place, signal: AbortSignal): Promise<boolean> {
  await using a = await source.fileSystem.open(source.path, { signal });
  await using b = await target.fileSystem.open(target.path, { signal });
  const one = Buffer.allocUnsafe(BLOCK);
  const other = Buffer.allocUnsafe(BLOCK);
  for (;;) {
    const [n, m] = await Promise.all([a.read(one), b.read(other)]);
    if (n !== m || !one.subarray(0, n).equals(other.subarray(0, m))) return false;
    if (n === 0) return true;
  }
}
