import stringWidth from "string-width";
import { formatBytes, formatDuration } from "./printable.ts";

/** Where a transfer stands. */
export interface Standing {
  readonly bytes: number;
  readonly files: number;
  readonly totalBytes: number;
  readonly totalFiles: number;
  /** Whether the totals are all, and not only what was listed so far. */
  readonly isTotal: boolean;
  /** Since the transfer began. */
  readonly milliseconds: number;
}

/** Widths of the bar, in columns; without one where there is no room. */
const BARS = [24, 12, 0];

/**
 * Bar, share, bytes, rate, time left and files on one line of at most `columns`: in a narrow terminal the bar shrinks,
 * then what matters less is left out. `paint` colours the bar.
 */
export function progressLine(
  standing: Standing,
  columns: number,
  paint: (bar: string) => string = (bar) => bar,
): string {
  const { bytes, files, totalBytes, totalFiles, isTotal, milliseconds } = standing;
  const done = totalBytes === 0 ? 0 : Math.min(1, bytes / totalBytes);
  const perSecond = bytes / (milliseconds / 1000);
  const more = isTotal ? "" : "+";
  const share = isTotal ? [`${Math.floor(100 * done)}%`] : [];
  const sofar = formatBytes(bytes);
  const size = `${sofar} / ${formatBytes(totalBytes)}${more}`;
  const rate = `${formatBytes(Math.round(perSecond))}/s`;
  const left = timeLeft(Math.max(0, totalBytes - bytes) / perSecond, isTotal);
  const count = `${files.toLocaleString("en-US")} / ${totalFiles.toLocaleString("en-US")}${more} files`;
  const lines = [
    ...BARS.map((width) => [...barOf(done, width), [...share, size].join(" "), rate, left, count]),
    [...share, rate, left, count],
    [...share, sofar, left],
    [...share, left],
    [...share, sofar],
    [share[0] ?? sofar],
  ].map((parts) => parts.join("  "));
  const fitting = lines.find((line) => stringWidth(line) <= columns) ?? "";
  const end = fitting.search(/[^█░]/);
  return end > 0 ? paint(fitting.slice(0, end)) + fitting.slice(end) : fitting;
}

function barOf(done: number, width: number): string[] {
  const full = Math.round(done * width);
  return width === 0 ? [] : ["█".repeat(full) + "░".repeat(width - full)];
}

function timeLeft(seconds: number, isTotal: boolean): string {
  if (!isTotal) return "listing…";
  return Number.isFinite(seconds) ? `${formatDuration(seconds * 1000)} left` : "waiting…";
}
