import { Writable } from "node:stream";
import type { ByteSink, SinkOptions } from "./byte-sink.ts";
import { type FileStreamOptions, streamOptions, whenClosed, whenEnded, whenOpened } from "./file-stream.ts";

/** Options of Node's `createWriteStream`. */
export interface WriteStreamOptions extends FileStreamOptions {
  readonly mode?: string | number | undefined;
  /** Bytes held before `write` says wait. Default 16 KiB. */
  readonly highWaterMark?: number | undefined;
}

/**
 * A `fs.WriteStream` of any store: `finish` comes when the store has confirmed the file. Destroyed before, it publishes
 * nothing. There is no descriptor: `open` comes with -1.
 */
export class UriWriteStream extends Writable {
  readonly path: string;
  bytesWritten = 0;
  pending = true;
  readonly #open: (options: SinkOptions) => Promise<ByteSink>;
  readonly #options: SinkOptions;
  readonly #ending = new AbortController();
  #sink: ByteSink | undefined;

  constructor(
    path: string,
    open: (options: SinkOptions) => Promise<ByteSink>,
    options: WriteStreamOptions = {},
  ) {
    const { encoding, highWaterMark } = options;
    super({
      ...streamOptions(options),
      ...(encoding == null ? {} : { defaultEncoding: encoding }),
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
    });
    this.path = path;
    this.#open = open;
    const { flags: flag, mode, start } = options;
    this.#options = { flag, mode, start, signal: this.#ending.signal };
  }

  override _construct(done: (error?: Error | null) => void): void {
    const opening = this.#open(this.#options).then((sink) => {
      this.#sink = sink;
    });
    whenOpened(this, opening, done);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#sink?.write(chunk).then(() => {
      this.bytesWritten += chunk.byteLength;
      done();
    }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sink?.close().then(() => {
      this.#sink = undefined;
      done();
    }, done);
  }

  override destroy(error?: Error): this {
    if (!this.writableFinished) this.#ending.abort(error);
    return super.destroy(error);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    whenEnded(this.#sink?.abort(error ?? undefined), error, done);
  }

  close(done?: (error?: Error | null) => void): void {
    whenClosed(this, done);
    this.end();
  }
}
