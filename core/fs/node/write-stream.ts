import { Writable } from "node:stream";
import type { ByteSink, SinkOptions } from "./byte-sink.ts";

/** Options of Node's `createWriteStream`. */
export interface WriteStreamOptions {
  readonly flags?: string | undefined;
  readonly encoding?: BufferEncoding | null | undefined;
  readonly mode?: string | number | undefined;
  readonly start?: number | undefined;
  /** Bytes held before `write` says wait. Default 16 KiB. */
  readonly highWaterMark?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly autoClose?: boolean | undefined;
  readonly emitClose?: boolean | undefined;
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
    const { encoding, highWaterMark, signal, autoClose = true, emitClose = true } = options;
    super({
      autoDestroy: autoClose,
      emitClose,
      ...(encoding == null ? {} : { defaultEncoding: encoding }),
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.path = path;
    this.#open = open;
    const { flags: flag, mode, start } = options;
    this.#options = { flag, mode, start, signal: this.#ending.signal };
  }

  override _construct(done: (error?: Error | null) => void): void {
    this.#open(this.#options).then((sink) => {
      this.#sink = sink;
      this.pending = false;
      done();
      this.emit("open", -1);
      this.emit("ready");
    }, done);
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
    const aborting = this.#sink?.abort(error ?? undefined) ?? Promise.resolve();
    aborting.then(
      () => done(error),
      (failure) => done(error ?? failure),
    );
  }

  close(done?: (error?: Error | null) => void): void {
    if (done !== undefined) {
      if (this.closed) process.nextTick(done);
      else this.once("close", done);
    }
    this.end();
  }
}
