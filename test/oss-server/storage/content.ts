import type { Blob } from "./backend.ts";

/** `length` bytes of a blob, from `start` on. */
export interface Segment {
  readonly blob: Blob;
  readonly start: number;
  readonly length: number;
}

/** What an object or a part holds: segments one after another. Completing and copying move no bytes. */
export type Content = readonly Segment[];

export const EMPTY_CONTENT: Content = [];

export function wholeBlob(blob: Blob): Content {
  return blob.size === 0 ? EMPTY_CONTENT : [{ blob, start: 0, length: blob.size }];
}

/** The bytes `[start, end)` of `content`. */
export function slice(content: Content, start: number, end: number): Content {
  const found: Segment[] = [];
  let position = 0;
  for (const segment of content) {
    const from = Math.max(start, position);
    const to = Math.min(end, position + segment.length);
    if (from < to) {
      found.push({ blob: segment.blob, start: segment.start + from - position, length: to - from });
    }
    position += segment.length;
    if (position >= end) break;
  }
  return found;
}

/** All of `content` in one piece, if it is small or lies in memory so. */
export function viewOf(content: Content): Uint8Array | undefined {
  const [first, ...more] = content;
  if (first === undefined) return new Uint8Array(0);
  return more.length > 0 ? undefined : first.blob.view(first.start, first.start + first.length);
}

/** The bytes of `content`; a piece is valid until the next one is asked for. */
export function* chunksOf(content: Content): Iterable<Uint8Array> {
  for (const { blob, start, length } of content) yield* blob.chunks(start, start + length);
}

export function readAll(content: Content): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const piece of chunksOf(content)) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}
