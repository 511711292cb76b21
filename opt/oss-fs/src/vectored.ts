import { forEachConcurrently } from "./concurrency.ts";
import type { Receiver } from "./transport.ts";

/** Bytes that a reader wants at a place of the file. */
export interface WantedRange {
  readonly position: number;
  readonly into: Uint8Array;
}

/** Wanted ranges that are read together. */
export interface MergedRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly wanted: readonly WantedRange[];
}

export interface VectoredSettings {
  /** Ranges with a gap of at most this many bytes between them are read together, ... */
  readonly minSeek: number;
  /** ... up to this many bytes. */
  readonly maxMerged: number;
  /** Requests at the same time. */
  readonly active: number;
}

/** Sorts by position and merges near ranges. A single range may be longer than `maxMerged`. */
export function mergeRanges(
  ranges: readonly WantedRange[],
  { minSeek, maxMerged }: VectoredSettings,
): MergedRange[] {
  const merged: { start: number; end: number; wanted: WantedRange[] }[] = [];
  const sorted = ranges.filter(({ into }) => into.byteLength > 0);
  for (const range of sorted.sort((a, b) => a.position - b.position)) {
    const end = range.position + range.into.byteLength;
    const last = merged.at(-1);
    const near = last !== undefined && range.position - last.end <= minSeek;
    if (near && Math.max(end, last.end) - last.start <= maxMerged) {
      last.end = Math.max(end, last.end);
      last.wanted.push(range);
    } else {
      merged.push({ start: range.position, end, wanted: [range] });
    }
  }
  return merged;
}

/** Reads the merged ranges; `read` hands over every byte of a range in order. */
export async function readMerged(
  merged: readonly MergedRange[],
  active: number,
  read: (range: MergedRange, receiver: Receiver) => Promise<void>,
): Promise<void> {
  await forEachConcurrently(merged, active, async (range) => {
    let at = range.start;
    await read(range, {
      take(chunk) {
        scatter(chunk, at, range.wanted);
        at += chunk.length;
      },
    });
  });
}

/** Copies what `chunk`, which begins at `at`, holds of each range. */
function scatter(chunk: Buffer, at: number, wanted: readonly WantedRange[]): void {
  for (const { position, into } of wanted) {
    if (position >= at + chunk.length) return;
    const from = Math.max(at, position);
    const to = Math.min(at + chunk.length, position + into.byteLength);
    if (from < to) chunk.copy(into, from - position, from - at, to - at);
  }
}
