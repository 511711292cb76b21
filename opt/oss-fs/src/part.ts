import { Ending } from "./abort.ts";
import { Crc64 } from "./crc64.ts";
import { BLOCK_BYTES, type BlockPool } from "./memory.ts";
import type { Receiver } from "./transport.ts";

/** In bytes. */
const LEAST_SPACE = 16 * 1024;

/** What a {@link Part} is made for. */
export interface PartOptions {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Of its memory `end - start` bytes are taken; the part gives them back. */
  readonly pool: BlockPool;
  /** Whether to compute `crc64`. */
  readonly checked: boolean;
}

/** How a part's bytes are had. */
export interface Transfer {
  /** Hands every byte to `receiver`, in order. Rejects once `ending` is over. */
  run(receiver: Receiver, ending: Ending): Promise<void>;
  /** Hears besides that it is over before its time. */
  cancel?(): void;
}

/**
 * One range on its way: its bytes wait in blocks of the pool, in order, until the reader takes them. Blocks are had when
 * bytes arrive, and go back one by one when the reader is done with them.
 */
export class Part implements Receiver {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly #pool: BlockPool;
  readonly #crc: Crc64 | undefined;
  readonly #ending = new Ending();
  #transfer: Transfer | undefined;
  /** Emptied from the front. */
  readonly #blocks: Buffer[] = [];
  /** The last of them, while it is not full. */
  #filling: Buffer | undefined;
  #arrived = 0;
  #taken = 0;
  #held: number;
  /** Seen to the end by the reader, who still looks at it. */
  #lent: Buffer | undefined;
  #running = true;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #waited = false;
  #freed = false;

  constructor({ start, end, pool, checked }: PartOptions) {
    this.start = start;
    this.end = end;
    this.#pool = pool;
    this.#held = end - start;
    this.#crc = checked ? new Crc64() : undefined;
  }

  /** Whether the transfer has not ended yet. */
  get isRunning(): boolean {
    return this.#running;
  }

  /** Whether the reader had to wait for a byte. */
  get waited(): boolean {
    return this.#waited;
  }

  /** Bytes of memory that are not given back yet. */
  get held(): number {
    return this.#held;
  }

  /** Of the bytes that have arrived; 0 when it was not asked for. */
  get crc64(): bigint {
    return this.#crc?.value ?? 0n;
  }

  /** Begins the transfer; `onEnd` hears that it is over, unless the part was freed before. */
  run(transfer: Transfer, onEnd: () => void): void {
    this.#transfer = transfer;
    const ended = (failure?: { error: unknown }): void => {
      this.#running = false;
      this.#failure = failure;
      this.#wake?.();
      if (!this.#freed) onEnd();
    };
    transfer.run(this, this.#ending).then(
      () => ended(),
      (error: unknown) => ended({ error }),
    );
  }

  /**
   * Bytes that have arrived: of one block, at least `least` of them where block and part hold so many. Valid until the
   * next call. Undefined when the part is used up; rejects when the transfer failed.
   */
  async read(least: number): Promise<Buffer | undefined> {
    this.#reuseLent();
    const from = this.#taken % BLOCK_BYTES;
    const most = Math.min(BLOCK_BYTES - from, this.#size - this.#taken);
    // At the end too the transfer is waited for, so that its connection can be used again.
    const enough = most === 0 ? 1 : Math.min(least, most);
    while (this.#running && !this.#freed && this.#arrived - this.#taken < enough) {
      this.#waited = true;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#freed) return undefined;
    const count = Math.min(most, this.#arrived - this.#taken);
    if (count === 0) {
      if (this.#failure !== undefined) throw this.#failure.error;
      return undefined;
    }
    const block = this.#blocks[0] as Buffer;
    this.#taken += count;
    if (from + count === BLOCK_BYTES || this.#taken === this.#size) this.#lent = this.#blocks.shift();
    return block.subarray(from, from + count);
  }

  take(piece: Buffer): void {
    if (this.#freed) return;
    this.#crc?.update(piece);
    for (let from = 0; from < piece.length; ) {
      const at = this.#arrived % BLOCK_BYTES;
      const block = this.#blockToFill();
      const count = Math.min(piece.length - from, block.length - at);
      if (!liesAt(piece, block, at)) piece.copy(block, at, from, from + count);
      from += count;
      this.#arrived += count;
      if (at + count === block.length) this.#filling = undefined;
    }
    this.#wake?.();
  }

  space(): Buffer | undefined {
    if (this.#freed || this.#arrived === this.#size) return undefined;
    const at = this.#arrived % BLOCK_BYTES;
    // A read of a few bytes costs more than a copy.
    if (BLOCK_BYTES - at < LEAST_SPACE) return undefined;
    return this.#blockToFill().subarray(at);
  }

  /** Ends the transfer if it still runs, and gives the memory back. What `read` handed out stays as it is. */
  free(reason: () => unknown): void {
    if (this.#freed) return;
    this.#freed = true;
    // With every byte here the transfer ends by itself, and its connection can be used again.
    if (this.#arrived < this.#size) {
      this.#ending.end(reason);
      this.#transfer?.cancel?.();
    }
    // The reader may still look at the first block, and a connection that is being closed may know the last.
    if (this.#taken % BLOCK_BYTES > 0) this.#blocks.shift();
    if (this.#filling !== undefined) this.#blocks.pop();
    for (const block of this.#blocks) this.#reuse(block);
    this.#blocks.length = 0;
    this.#pool.memory.give(this.#held);
    this.#held = 0;
    this.#wake?.();
  }

  get #size(): number {
    return this.end - this.start;
  }

  #blockToFill(): Buffer {
    if (this.#filling === undefined) {
      this.#filling = this.#newBlock();
      this.#blocks.push(this.#filling);
    }
    return this.#filling;
  }

  /** A part that is shorter than a block gets no more than it needs: many small files may be open at a time. */
  #newBlock(): Buffer {
    return this.#size < BLOCK_BYTES ? Buffer.allocUnsafe(this.#size) : this.#pool.block();
  }

  #reuse(block: Buffer): void {
    if (block.length === BLOCK_BYTES) this.#pool.reuse(block);
  }

  #reuseLent(): void {
    if (this.#lent === undefined) return;
    this.#reuse(this.#lent);
    this.#lent = undefined;
    const bytes = Math.min(BLOCK_BYTES, this.#held);
    this.#pool.memory.give(bytes);
    this.#held -= bytes;
  }
}

/** Whether the piece begins at `at` of the block, where a connection has put it. */
function liesAt(piece: Buffer, block: Buffer, at: number): boolean {
  return piece.buffer === block.buffer && piece.byteOffset === block.byteOffset + at;
}
