import type { Backend, Blob, BlobWriter } from "./backend.ts";

const BLOCK = 1 << 20;

/** How many blocks that nobody uses any more are kept for the next upload: touching new memory costs more than filling it. */
const SPARE_BLOCKS = 512;

/** Keeps everything in memory, in blocks of 1 MiB, so that serving needs neither copies nor many small writes. */
export function memoryBackend(): Backend {
  let counter = 0;
  const spare: Uint8Array[] = [];
  const allocate = (size: number) =>
    (size === BLOCK ? spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(size);
  return {
    writer: (size) => new MemoryWriter(`m${++counter}`, allocate, size),
    removeBlob(blob) {
      if (!(blob instanceof MemoryBlob)) return;
      for (const block of blob.blocks) {
        if (block.length === BLOCK && spare.length < SPARE_BLOCKS) spare.push(block);
      }
    },
    save: () => {},
    forget: () => {},
    load: async () => ({ records: [], blobs: new Map() }),
    close: async () => {
      spare.length = 0;
    },
  };
}

class MemoryWriter implements BlobWriter {
  readonly #id: string;
  readonly #allocate: (size: number) => Uint8Array;
  readonly #blocks: Uint8Array[] = [];
  readonly #expected: number;
  #block: Uint8Array = new Uint8Array(0);
  #used = 0;
  #size = 0;

  constructor(id: string, allocate: (size: number) => Uint8Array, expected = 0) {
    this.#id = id;
    this.#allocate = allocate;
    this.#expected = expected;
  }

  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      if (this.#used === this.#block.length) this.#nextBlock(bytes.length - from);
      const count = Math.min(bytes.length - from, this.#block.length - this.#used);
      this.#block.set(bytes.subarray(from, from + count), this.#used);
      this.#used += count;
      this.#size += count;
      from += count;
    }
  }

  async finish(): Promise<Blob> {
    if (this.#used > 0) {
      const isFull = this.#used === this.#block.length;
      this.#blocks.push(isFull ? this.#block : Uint8Array.prototype.slice.call(this.#block, 0, this.#used));
    }
    return new MemoryBlob(this.#id, this.#size, this.#blocks);
  }

  async abort(): Promise<void> {
    this.#blocks.length = 0;
  }

  #nextBlock(atHand: number): void {
    if (this.#used > 0) this.#blocks.push(this.#block);
    const known = this.#expected - this.#size;
    const size = known > 0 ? known : Math.max(atHand, this.#size > 0 ? BLOCK : 4096);
    this.#block = this.#allocate(Math.min(BLOCK, size));
    this.#used = 0;
  }
}

class MemoryBlob implements Blob {
  readonly id: string;
  readonly size: number;
  readonly blocks: readonly Uint8Array[];
  readonly #starts: number[] = [];

  constructor(id: string, size: number, blocks: readonly Uint8Array[]) {
    this.id = id;
    this.size = size;
    this.blocks = blocks;
    let start = 0;
    for (const block of blocks) {
      this.#starts.push(start);
      start += block.length;
    }
  }

  view(start: number, end: number): Uint8Array | undefined {
    const index = this.#indexOf(start);
    const from = start - (this.#starts[index] ?? 0);
    const block = this.blocks[index];
    if (block === undefined) return start === end ? new Uint8Array(0) : undefined;
    const to = from + end - start;
    return to <= block.length ? block.subarray(from, to) : undefined;
  }

  *chunks(start: number, end: number): Iterable<Uint8Array> {
    for (let index = this.#indexOf(start); start < end; index++) {
      const block = this.blocks[index] as Uint8Array;
      const from = start - (this.#starts[index] as number);
      const piece = block.subarray(from, from + Math.min(block.length - from, end - start));
      start += piece.length;
      yield piece;
    }
  }

  /** The block that holds byte `position`. */
  #indexOf(position: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle;
    }
    return low;
  }
}
