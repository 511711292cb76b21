import { type FileStatus, FileSystemError, type FsDataInputStream, type Path } from "plugfs";
import { Ending, onAbort } from "./abort.ts";
import { type About, answerError } from "./errors.ts";
import { BLOCK_BYTES } from "./memory.ts";
import type { Part } from "./part.ts";
import { PartsAhead } from "./parts-ahead.ts";
import { ReadChecksum } from "./prefetch.ts";
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
 * Reads ahead while it is read in sequence; every range is pinned to the version that was opened. A read of the whole
 * object, from the first byte to the last, is compared with the store's CRC64.
 */
export class OssInputStream implements FsDataInputStream {
  readonly status: FileStatus;
  readonly #store: Store;
  readonly #key: string;
  readonly #about: About;
  readonly #end: number;
  readonly #ending = new Ending();
  #release: () => void = () => {};
  #position: number;
  /** Bytes at the position that have arrived. */
  #chunk: Buffer = NOTHING;
  /** What comes behind the chunk. */
  #ahead: PartsAhead;
  #checksum: ReadChecksum | undefined;
  #crc64: string | undefined;
  #reading = false;

  constructor(store: Store, options: InputOptions) {
    const { path, status, start, end, signal, first } = options;
    this.status = status;
    this.#store = store;
    this.#key = path.key;
    this.#about = { operation: "read", path };
    this.#end = Math.min(end, status.length);
    this.#position = start;
    this.#crc64 = status.crc64;
    this.#checkPosition(start, "start");
    this.#ahead = this.#aheadOf(start);
    if (first !== undefined) this.#beginWith(first);
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
    this.#ahead.drop(reason);
    this.#chunk = NOTHING;
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
        if (!this.#ahead.covers(this.#position)) this.#beginAnew();
        const chunk = (await this.#ahead.next(wanted)) ?? NOTHING;
        this.#ending.throwIfOver();
        // What lies before the position was skipped by a seek.
        const skipped = this.#position - (this.#ahead.position - chunk.length);
        if (skipped < chunk.length) this.#chunk = chunk.subarray(skipped);
      }
      return this.#chunk;
    } finally {
      this.#reading = false;
    }
  }

  /** At the end: lets the last transfer end, so that its connection can be used again. */
  async #finish(): Promise<undefined> {
    if (this.#ahead.position === this.#end) await this.#ahead.next(1);
    this.#ending.throwIfOver();
  }

  /** After a seek to where nothing is on its way. */
  #beginAnew(): void {
    this.#ahead.drop();
    this.#ahead = this.#aheadOf(this.#position);
  }

  #aheadOf(start: number): PartsAhead {
    const end = this.#end;
    // Only a read of the whole object can be compared.
    const isWhole = start === 0 && end === this.status.length;
    this.#checksum = isWhole ? new ReadChecksum(end) : undefined;
    return new PartsAhead(this.#store, {
      start,
      end,
      checked: isWhole,
      transfer: (from, to) => ({
        run: (receiver, ending) => readRange(this.#store.client, this.#range(from, to, ending), receiver),
      }),
      isInStep: () => this.#position + this.#chunk.length === this.#ahead.position,
      onLast: (part) => this.#verify(part),
    });
  }

  #beginWith({ end, answer }: OpenedRange): void {
    const start = this.#position;
    this.#ahead.begin(end, {
      run: (receiver, ending) =>
        readRange(this.#store.client, this.#range(start, end, ending), receiver, answer),
      // It was asked for under the caller's signal; from now on the stream ends it.
      cancel: () => answer.discard(),
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

  /** When the reader takes the part's last bytes; those of the object are not handed out before they are checked. */
  #verify(part: Part): void {
    this.#checksum?.add(part.crc64, part.end - part.start);
    if (this.#checksum?.differs(this.#crc64) !== true) return;
    throw answerError("the bytes that arrived are not the ones that are stored (CRC64)", this.#about);
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
