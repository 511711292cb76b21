import type { FileStatus } from "../fs/contract.ts";
import type { Colors } from "./colors.ts";
import { formatBytes, formatTime, printable } from "./printable.ts";

/** Columns of fixed width, so that a line can be printed before the next one is known. */
const SIZE_WIDTH = 10;
const BYTES_WIDTH = 15;
const TIME_WIDTH = 19;

/** One line of a listing: size, time, name. */
export function entryLine(
  status: FileStatus,
  name: string,
  colors: Colors,
  inBytes: boolean | undefined,
): string {
  const isFolder = status.kind === "directory";
  const size = isFolder ? "-" : inBytes ? String(status.length) : formatBytes(status.length);
  const shown = isFolder ? colors.blue(`${printable(name)}/`) : printable(name);
  const time = formatTime(status.modificationTime).padEnd(TIME_WIDTH);
  return `${size.padStart(inBytes ? BYTES_WIDTH : SIZE_WIDTH)}  ${colors.dim(time)}  ${shown}`;
}
