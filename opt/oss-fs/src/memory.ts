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

/** Reused buffers of one size, counted against a {@link TransferMemory}. */
export class BlockPool {
  readonly memory: TransferMemory;
  readonly #free: Buffer[] = [];

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
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Its end; the memory stays the caller's. As many bytes are kept as are in use, and an eighth of the limit always. */
  reuse(block: Buffer): void {
    const { limit, used } = this.memory;
    const keep = Math.ceil(Math.max(limit / 8, Math.min(limit, used)) / BLOCK_BYTES);
    if (this.#free.length < keep) this.#free.push(block);
    else this.#free.length = keep;
  }
}
