import { FileSystemError } from "../errors/errors.ts";
import type { FileStatus, FsDataInputStream } from "./contract.ts";

/** What a store has to offer so that {@link RandomAccessInputStream} can make a whole stream of it. */
export interface RandomAccessSource {
  readonly status: FileStatus;
  /** First position, in bytes. Default 0. */
  readonly start?: number | undefined;
  /** Where reading ends, exclusive; past the file's end it means the end. Default: the end. */
  readonly end?: number | undefined;
  /**
   * Reads into the front of `into` and resolves to the bytes read: at least one, fewer than asked for is fine. `into`
   * never reaches past the file's end. `signal` fires when the stream is closed or aborted.
   */
  readAt(position: number, into: Uint8Array, signal: AbortSignal): Promise<number>;
  /** Frees what the source holds; called once. */
  close?(): void | Promise<void>;
  /** Bytes of one chunk of `chunks()`. Default 64 KiB. */
  readonly chunkSize?: number | undefined;
  /** Ends every later read with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A whole {@link FsDataInputStream} from one `readAt`. Positions are absolute; a window (`start`, `end`) says where
 * reading begins and ends, seeking may go anywhere in the file.
 *
 * A source that runs dry before `status.length` rejects with `ESTALE`: the file is not the one that was opened.
 */
export class RandomAccessInputStream implements FsDataInputStream {
  readonly status: FileStatus;
  readonly #source: RandomAccessSource;
  readonly #end: number;
  readonly #chunkSize: number;
  readonly #ended = new AbortController();
  readonly #onAbort: (() => void) | undefined;
  #position: number;
  #reading = false;
  #closing: Promise<void> | undefined;

  constructor(source: RandomAccessSource) {
    const { status, start = 0, end = status.length, chunkSize = 64 * 1024, signal } = source;
    this.status = status;
    this.#source = source;
    this.#chunkSize = chunkSize;
    this.#end = Math.min(end, status.length);
    this.#position = start;
    this.#checkPosition(start, "start");
    if (!Number.isInteger(end) || end < start) {
      throw this.#invalid(`end is ${end}; expected an integer not below start (${start})`);
    }
    if (signal !== undefined) {
      this.#onAbort = () => this.#ended.abort(signal.reason);
      if (signal.aborted) this.#onAbort();
      else signal.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  get position(): number {
    return this.#position;
  }

  seek(position: number): void {
    this.#ended.signal.throwIfAborted();
    this.#checkPosition(position, "position");
    this.#position = position;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#reading) {
      throw new FileSystemError({
        code: "EBUSY",
        path: this.status.path,
        message: "another read of this stream is under way",
        hint: "Await it first, or use readAt, which may run concurrently",
      });
    }
    this.#reading = true;
    const from = this.#position;
    try {
      const count = await this.readAt(from, into);
      if (this.#position === from) this.#position += count;
      return count;
    } finally {
      this.#reading = false;
    }
  }

  async readAt(position: number, into: Uint8Array): Promise<number> {
    const { signal } = this.#ended;
    signal.throwIfAborted();
    this.#checkPosition(position, "position");
    const wanted = Math.min(into.byteLength, Math.max(0, this.#end - position));
    let count = 0;
    while (count < wanted) {
      const piece = count === 0 && wanted === into.byteLength ? into : into.subarray(count, wanted);
      const read = await this.#source.readAt(position + count, piece, signal);
      signal.throwIfAborted();
      if (read === 0) throw this.#ranDry(position + count);
      count += read;
    }
    return count;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const remaining = Math.max(0, this.#end - this.#position);
    const buffer = new Uint8Array(Math.min(this.#chunkSize, remaining));
    for (;;) {
      const count = await this.read(buffer);
      if (count === 0) return;
      yield count === buffer.byteLength ? buffer : buffer.subarray(0, count);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#onAbort !== undefined) this.#source.signal?.removeEventListener("abort", this.#onAbort);
    this.#ended.abort(this.#invalid("the stream is closed"));
    await this.#source.close?.();
  }

  #checkPosition(position: number, name: string): void {
    if (Number.isInteger(position) && position >= 0 && position <= this.status.length) return;
    throw this.#invalid(`${name} is ${position}; expected an integer from 0 to ${this.status.length}`);
  }

  #invalid(message: string): FileSystemError {
    return new FileSystemError({ code: "EINVAL", path: this.status.path, message });
  }

  #ranDry(position: number): FileSystemError {
    return new FileSystemError({
      code: "ESTALE",
      path: this.status.path,
      message: `the file ends at ${position}, but was ${this.status.length} bytes long when it was opened`,
    });
  }
}
