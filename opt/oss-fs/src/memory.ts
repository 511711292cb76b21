/**
 * The memory that all streams of one file system may use for data on its way (`fs.oss.transfer.memory`).
 *
 * Nobody ever waits here, so that no order of calls can deadlock: a stream that gets nothing makes do with what it
 * holds, and may `force` the little that it needs to go on at all.
 */
export class TransferMemory {
  /** Bytes. */
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Whether `bytes` were free; they are taken then. */
  tryTake(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    return true;
  }

  /** Takes them in any case. */
  force(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** Bytes of a {@link BlockPool} block: more than OSS's smallest part (100 KiB), so that one block makes a part. */
export const BLOCK_BYTES = 256 * 1024;

/**
 * Reused buffers of one size, counted against a {@link TransferMemory}. Free ones beyond an eighth of its limit are left
 * to the garbage collector: they serve a next stream that comes soon, and are gone when nothing uses them.
 */
export class BlockPool {
  readonly memory: TransferMemory;
  readonly #free: Buffer[] = [];
  readonly #spare: WeakRef<Buffer>[] = [];

  constructor(memory: TransferMemory) {
    this.memory = memory;
  }

  /** A block, or undefined when the memory is used up. */
  tryTake(): Buffer | undefined {
    return this.memory.tryTake(BLOCK_BYTES) ? this.block() : undefined;
  }

  /** A block in any case: the one that a stream needs to go on at all. */
  force(): Buffer {
    this.memory.force(BLOCK_BYTES);
    return this.block();
  }

  /** The caller must not touch `block` afterwards. */
  give(block: Buffer): void {
    this.memory.give(BLOCK_BYTES);
    this.reuse(block);
  }

  /** A block for memory that the caller has taken already. */
  block(): Buffer {
    return this.#free.pop() ?? this.#takeSpare() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Its end; the memory stays the caller's. */
  reuse(block: Buffer): void {
    const { limit } = this.memory;
    if (this.#free.length * BLOCK_BYTES < limit / 8) this.#free.push(block);
    else if (this.#spare.length * BLOCK_BYTES < limit) this.#spare.push(new WeakRef(block));
  }

  #takeSpare(): Buffer | undefined {
    for (let spare = this.#spare.pop(); spare !== undefined; spare = this.#spare.pop()) {
      const block = spare.deref();
      if (block !== undefined) return block;
    }
    return undefined;
  }
}
