/** The bytes and lines that every tool reads and writes, and how they are known again. */
const MIB = 1024 * 1024;
const PAGE = 4096;
/** Prime to every part size, so that parts in the wrong order show. */
const RING_CHUNKS = 17;
const RING_PAGES = (RING_CHUNKS * MIB) / PAGE;

/** Bytes after which the content begins anew. */
export const CONTENT_PERIOD = RING_CHUNKS * MIB;

/** `size` bytes in pieces of 1 MiB, which are never changed: every page of 4 KiB begins with its number. */
export function* contentOf(size: number): Generator<Buffer> {
  for (let left = size, i = 0; left > 0; left -= MIB, i = (i + 1) % RING_CHUNKS) {
    yield ringChunk(i).subarray(0, left);
  }
}

/** Made once a process, in the warm-up: not within the clock. */
const ring: Buffer[] = [];

function ringChunk(index: number): Buffer {
  const made = ring[index];
  if (made !== undefined) return made;
  const chunk = Buffer.allocUnsafe(MIB);
  for (let i = 0; i < MIB; i++) chunk[i] = (i * 31 + (i >> 8)) & 255;
  for (let at = 0; at < MIB; at += PAGE) chunk.writeUInt32LE((index * MIB + at) / PAGE, at);
  ring[index] = chunk;
  return chunk;
}

/** Follows the bytes of {@link contentOf}; costs one comparison a page, the same for every tool. */
export class ContentCheck {
  #at: number;

  constructor(position = 0) {
    this.#at = position;
  }

  /** @throws Error when a page is not the one that belongs here */
  accept(chunk: Uint8Array): void {
    const end = this.#at + chunk.length;
    for (let page = Math.ceil(this.#at / PAGE); page * PAGE + 4 <= end; page++) {
      const i = page * PAGE - this.#at;
      const found =
        (chunk[i] as number) |
        ((chunk[i + 1] as number) << 8) |
        ((chunk[i + 2] as number) << 16) |
        ((chunk[i + 3] as number) << 24);
      if (found !== page % RING_PAGES) throw new Error(`wrong bytes at position ${page * PAGE}`);
    }
    this.#at = end;
  }

  /** @returns where the next byte belongs */
  get position(): number {
    return this.#at;
  }
}

/** About `size` bytes of lines of about 100 bytes, in pieces. */
export function* textOf(size: number): Generator<Buffer> {
  const text: string[] = [];
  for (let i = 0; i < 10_000; i++) {
    text.push(`${i} ${"lorem ipsum dolor sit amet ".repeat(4).slice(0, 85 + (i % 20))}`);
  }
  const chunk = Buffer.from(`${text.join("\n")}\n`);
  for (let left = size; left > 0; left -= chunk.length) yield chunk;
}

/** Positions that every tool reads at, the same in every run. */
export function randomPositions(count: number, size: number, length: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * (length - size));
  });
}

/** Of a vectored read: `count` ranges, each 8 KiB behind the one before. */
export function nearPositions(count: number, size: number): number[] {
  return Array.from({ length: count }, (_, i) => i * (size + 8192));
}
