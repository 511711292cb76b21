import { setImmediate as nextTurn } from "node:timers/promises";
import { type FileStatus, FileSystemError, type FsDataInputStream, type Path } from "plugfs";
import { Ending, onAbort } from "./abort.ts";
import { type About, answerError } from "./errors.ts";
import { BLOCK_BYTES } from "./memory.ts";
import { Part, type Transfer } from "./part.ts";
import { MIN_READ_BYTES, type ReadAhead, ReadChecksum, readAhead } from "./prefetch.ts";
import { type OpenedRange, type RangeRequest, readRange } from "./range.ts";
import type { Store } from "./store.ts";
import { mergeRanges, readMerged, type WantedRange } from "./vectored.ts";

export interface InputOptions {
  readonly path: Path;
  readonly status: FileStatus;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
  /** The answer that there is already; memory for its bytes is taken. */
  readonly first?: OpenedRange;
}

/**
 * Reads ahead while it is read in sequence: ranges are fetched whole and wait in memory, so that a slow reader holds
 * no connection. Every range is pinned to the version that was opened. A read of the whole object, from the first
 * byte to the last, is compared with the store's CRC64.
 */
export class OssInputStream implements FsDataInputStream {
  readonly status: FileStatus;
  readonly #store: Store;
  readonly #key: string;
  readonly #about: About;
  #ahead: ReadAhead;
  readonly #end: number;
  readonly #ending = new Ending();
  #release: () => void = () => {};
  #position: number;
  /** Bytes at the position that have arrived. */
  #chunk: Buffer = NOTHING;
  /** Contiguous; the first one holds what comes after the chunk. */
  #parts: Part[] = [];
  /** Where the next byte out of the parts belongs. */
  #partsAt: number;
  #checksum: ReadChecksum | undefined;
  #crc64: string | undefined;
  #reading = false;

  constructor(store: Store, options: InputOptions) {
    const { path, status, start, end, signal, first } = options;
    this.status = status;
    this.#store = store;
    this.#key = path.key;
    this.#about = { operation: "read", path };
    this.#ahead = this.#newAhead();
    this.#end = Math.min(end, status.length);
    this.#position = start;
    this.#partsAt = start;
    this.#crc64 = status.crc64;
    this.#checkPosition(start, "start");
    this.#checksum = this.#newChecksum();
    if (first !== undefined) this.#startFirst(first);
    store.live.add(this);
    this.#release = onAbort(signal, () => this.#endWith(() => signal?.reason));
  }

  get position(): number {
    return this.#position;
  }

  seek(position: number): void {
    this.#ending.throwIfOver();
    this.#checkPosition(position, "position");
    const forward = position - this.#position;
    this.#chunk = forward >= 0 && forward <= this.#chunk.length ? this.#chunk.subarray(forward) : NOTHING;
    this.#position = position;
  }

  async read(into: Uint8Array): Promise<number> {
    let count = 0;
    while (count < into.byteLength) {
      const chunk = await this.#nextChunk(into.byteLength - count);
      if (chunk === undefined) break;
      const copied = chunk.copy(into, count);
      count += copied;
      this.#advance(copied);
    }
    return count;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.#nextChunk(BLOCK_BYTES);
      if (chunk === undefined) return;
      this.#advance(chunk.length);
      yield chunk;
    }
  }

  /** Near ranges are read together: `fs.oss.vectored.*`. A range outside the file is `EINVAL`. */
  async readRanges(ranges: readonly WantedRange[]): Promise<void> {
    this.#ending.throwIfOver();
    for (const { position, into } of ranges) {
      this.#checkPosition(position, "position");
      this.#checkPosition(position + into.byteLength, "end");
    }
    const { client } = this.#store;
    const { vectored } = client.settings;
    await readMerged(mergeRanges(ranges, vectored), vectored.active, ({ start, end }, receiver) =>
      readRange(client, this.#range(start, end, this.#ending), receiver),
    );
  }

  /** Exactly the bytes asked for, in a request of its own. */
  async readAt(position: number, into: Uint8Array): Promise<number> {
    this.#ending.throwIfOver();
    this.#checkPosition(position, "position");
    const wanted = Math.min(into.byteLength, Math.max(0, this.#end - position));
    if (wanted === 0) return 0;
    let count = 0;
    const take = (chunk: Buffer): void => {
      count += chunk.copy(into, count);
    };
    await readRange(this.#store.client, this.#range(position, position + wanted, this.#ending), { take });
    return count;
  }

  async close(): Promise<void> {
    const message = "the stream is closed";
    this.#endWith(() => new FileSystemError({ code: "EINVAL", ...this.#about, message }));
  }

  /** Ends the stream; later calls reject with `reason`. */
  async abort(reason: unknown): Promise<void> {
    this.#endWith(() => reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #endWith(reason: () => unknown): void {
    if (this.#ending.isOver) return;
    this.#release();
    this.#store.live.delete(this);
    this.#ending.end(reason);
    this.#drop(reason);
  }

  #advance(count: number): void {
    this.#chunk = this.#chunk.subarray(count);
    this.#position += count;
  }

  /** The bytes at the position that are there; waits for the next when there are none. Undefined at the end. */
  async #nextChunk(wanted: number): Promise<Buffer | undefined> {
    this.#ending.throwIfOver();
    if (this.#reading) throw this.#busy();
    this.#reading = true;
    try {
      while (this.#chunk.length === 0) {
        if (this.#position >= this.#end) return await this.#finish();
        const chunk = await this.#takeFromParts(wanted);
        this.#ending.throwIfOver();
        // What lies before the position was skipped by a seek.
        const skipped = this.#position - (this.#partsAt - chunk.length);
        if (skipped < chunk.length) this.#chunk = chunk.subarray(skipped);
      }
      return this.#chunk;
    } finally {
      this.#reading = false;
    }
  }

  async #takeFromParts(wanted: number): Promise<Buffer> {
    this.#align();
    for (;;) {
      this.#prefetch(wanted);
      const part = this.#parts[0] as Part;
      const chunk = await part.read(wanted);
      this.#ending.throwIfOver();
      if (chunk !== undefined) {
        this.#partsAt += chunk.length;
        if (this.#partsAt === part.end) this.#verify(part);
        return chunk;
      }
      part.free(unwanted);
      this.#parts.shift();
      this.#ahead.consume(part.waited);
      // A reader who always finds bytes would never let the connections have the thread.
      if (part.waited) continue;
      await nextTurn();
      this.#ending.throwIfOver();
    }
  }

  /** At the end: lets the last transfer end, so that its connection can be used again. */
  async #finish(): Promise<undefined> {
    const last = this.#parts[0];
    if (last === undefined || this.#partsAt < this.#end) return;
    await last.read(1);
    this.#drop(unwanted);
  }

  /** After a seek: keeps the parts when the position lies ahead in them, else begins anew there. */
  #align(): void {
    const last = this.#parts.at(-1);
    const ahead = this.#position - this.#partsAt;
    if (ahead === 0) return;
    if (ahead > 0 && last !== undefined && this.#position < last.end) return;
    this.#drop(unwanted);
    this.#partsAt = this.#position;
    this.#checksum = this.#newChecksum();
    this.#ahead = this.#newAhead();
  }

  #prefetch(wanted: number): void {
    if ((this.#parts.at(-1)?.end ?? this.#partsAt) >= this.#end) return;
    const { depth } = this.#ahead;
    const { memory } = this.#store.pool;
    let running = this.#parts.reduce((count, part) => count + (part.isRunning ? 1 : 0), 0);
    for (; running < depth; running++) {
      const start = this.#parts.at(-1)?.end ?? this.#partsAt;
      if (start >= this.#end) return;
      let size = Math.min(this.#ahead.size(wanted), this.#end - start);
      if (this.#parts.length >= depth && !this.#mayWait(size)) return;
      if (!memory.tryTake(size)) {
        if (this.#parts.length > 0) return;
        size = Math.min(size, MIN_READ_BYTES);
        memory.force(size);
      }
      this.#ahead.start();
      this.#start(start, start + size, {
        run: (receiver, ending) =>
          readRange(this.#store.client, this.#range(start, start + size, ending), receiver),
      });
    }
  }

  /**
   * Whether one part more may wait besides those on their way: the slow connection that the reader waits for must not
   * stop the others. Only for a reader who has shown to read on, and within this stream's share of the memory.
   */
  #mayWait(size: number): boolean {
    if (!this.#parts[0]?.isRunning) return false;
    const { pool, live } = this.#store;
    const held = this.#parts.reduce((sum, part) => sum + part.held, 0);
    const limit = this.#ahead.depth + this.#ahead.consumed;
    return this.#parts.length < limit && held + size <= pool.memory.limit / live.size;
  }

  #startFirst(first: OpenedRange): void {
    const { end, answer } = first;
    const start = this.#position;
    this.#start(start, end, {
      run: (receiver, ending) =>
        readRange(this.#store.client, this.#range(start, end, ending), receiver, answer),
      // It was asked for under the caller's signal; from now on the stream ends it.
      cancel: () => answer.discard(),
    });
  }

  /** Memory for the bytes is taken. */
  #start(start: number, end: number, transfer: Transfer): void {
    const { pool } = this.#store;
    const part = new Part({ start, end, pool, checked: this.#checksum !== undefined });
    this.#parts.push(part);
    part.run(transfer, () => {
      // Its connection is free; after a seek nobody knows what is wanted next.
      if (this.#position + this.#chunk.length === this.#partsAt && this.#ahead.consumed > 0)
        this.#prefetch(0);
    });
  }

  #range(start: number, end: number, ending: Ending): RangeRequest {
    const { length, version = "" } = this.status;
    return {
      key: this.#key,
      start,
      end,
      total: length,
      version,
      get signal() {
        return ending.signal;
      },
      about: this.#about,
      onAnswer: (answer) => {
        const crc64 = answer.headers["x-oss-hash-crc64ecma"];
        if (typeof crc64 === "string") this.#crc64 ??= crc64;
      },
    };
  }

  #newAhead(): ReadAhead {
    const { downloadPartSize, downloadParts } = this.#store.client.settings;
    return readAhead(downloadPartSize, downloadParts);
  }

  /** Of a read of the whole object only. */
  #newChecksum(): ReadChecksum | undefined {
    const { length } = this.status;
    return this.#position === 0 && this.#end === length ? new ReadChecksum(length) : undefined;
  }

  /** When the reader takes the part's last bytes; those of the object are not handed out before they are checked. */
  #verify(part: Part): void {
    this.#checksum?.add(part.crc64, part.end - part.start);
    if (this.#checksum?.differs(this.#crc64) !== true) return;
    throw answerError("the bytes that arrived are not the ones that are stored (CRC64)", this.#about);
  }

  #drop(reason: () => unknown): void {
    for (const part of this.#parts) part.free(reason);
    this.#parts = [];
    this.#chunk = NOTHING;
  }

  #checkPosition(position: number, name: string): void {
    if (Number.isInteger(position) && position >= 0 && position <= this.status.length) return;
    throw new FileSystemError({
      code: "EINVAL",
      ...this.#about,
      message: `${name} is ${position}; expected an integer from 0 to ${this.status.length}`,
    });
  }

  #busy(): FileSystemError {
    return new FileSystemError({
      code: "EBUSY",
      ...this.#about,
      message: "another read of this stream is under way",
      hint: "Await it first, or use readAt, which may run concurrently",
    });
  }
}

const NOTHING = Buffer.alloc(0);

function unwanted(): Error {
  return new Error("the bytes are not wanted any more");
}
