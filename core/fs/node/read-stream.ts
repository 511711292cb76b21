import { Readable } from "node:stream";
import { argumentError } from "./arguments.ts";
import type { ByteSource, ReadWindow } from "./byte-source.ts";
import { type FileStreamOptions, streamOptions, whenClosed, whenEnded, whenOpened } from "./file-stream.ts";

/** Options of Node's `createReadStream`. */
export interface ReadStreamOptions extends FileStreamOptions {
  /** Last byte, inclusive. Default: the end. */
  readonly end?: number | undefined;
  /** Bytes of one chunk, and what is read ahead. Default 64 KiB. */
  readonly highWaterMark?: number | undefined;
}

/** Bytes of one chunk: Node's number. */
const CHUNK = 64 * 1024;

/** A `fs.ReadStream` of any store. There is no descriptor: `open` comes with -1. */
export class UriReadStream extends Readable {
  readonly path: string;
  bytesRead = 0;
  pending = true;
  readonly #open: (window: ReadWindow) => Promise<ByteSource>;
  readonly #window: ReadWindow;
  readonly #ending = new AbortController();
  #source: ByteSource | undefined;

  constructor(
    path: string,
    open: (window: ReadWindow) => Promise<ByteSource>,
    options: ReadStreamOptions = {},
  ) {
    const { encoding, highWaterMark = CHUNK } = options;
    super({ ...streamOptions(options), highWaterMark, ...(encoding == null ? {} : { encoding }) });
    this.path = path;
    this.#open = open;
    this.#window = { ...windowOf(options), signal: this.#ending.signal };
  }

  override _construct(done: (error?: Error | null) => void): void {
    const opening = this.#open(this.#window).then((source) => {
      this.#source = source;
    });
    whenOpened(this, opening, done);
  }

  override _read(size: number): void {
    const into = Buffer.allocUnsafeSlow(Math.max(1, size));
    this.#source?.read(into).then(
      (count) => {
        this.bytesRead += count;
        this.push(count === 0 ? null : into.subarray(0, count));
      },
      (error) => this.destroy(error),
    );
  }

  /** Before the stream is there this is called too, so that an opening under way ends. */
  override destroy(error?: Error): this {
    this.#ending.abort(error);
    return super.destroy(error);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    whenEnded(this.#source?.close(), error, done);
  }

  close(done?: (error?: Error | null) => void): void {
    whenClosed(this, done);
    this.destroy();
  }
}

/** `start` and `end` as Node checks them; the end exclusive. */
function windowOf({ start, end }: ReadStreamOptions): { start?: number; end?: number } {
  for (const [name, value] of Object.entries({ start, end })) {
    if (value === undefined || (name === "end" && value === Number.POSITIVE_INFINITY)) continue;
    if (typeof value !== "number") {
      throw argumentError("ERR_INVALID_ARG_TYPE", `"${name}" has to be a number, not ${typeof value}`);
    }
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(name, value, "an integer of 0 or more");
  }
  if (start !== undefined && end !== undefined && start > end) {
    throw outOfRange("start", start, `at most "end" (${end})`);
  }
  return {
    ...(start === undefined ? {} : { start }),
    ...(end === undefined || end === Number.POSITIVE_INFINITY ? {} : { end: end + 1 }),
  };
}

function outOfRange(name: string, value: number, expected: string): RangeError {
  const message = `The value of "${name}" is out of range. It must be ${expected}. Received ${value}`;
  return Object.assign(new RangeError(message), { code: "ERR_OUT_OF_RANGE" });
}
