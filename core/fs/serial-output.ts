import { FileSystemError } from "../errors/errors.ts";
import type { FileStatus, FsDataOutputStream } from "./contract.ts";
import type { Path } from "./path.ts";

/** What a store has to offer so that {@link SerialOutputStream} can make a whole stream of it. */
export interface OutputSink {
  readonly path: Path;
  /** Takes all of `bytes`; they are the caller's again once it resolves. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Publishes the file. When it rejects, `discard` is called. */
  finish(signal: AbortSignal): Promise<FileStatus>;
  /** Publishes nothing and frees everything. Called at most once, never after `finish` resolved. */
  discard(reason: unknown): Promise<void>;
  /** Ends every later write, and `close`, with `signal.reason`; nothing is published. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The rules of {@link FsDataOutputStream} around a store's three calls: one write at a time (a second is `EBUSY`), no
 * publishing after a failed write, `close` and `abort` once.
 *
 * `close` waits for a write under way, and `abort` for a close under way. The signal that `write` gets fires at `abort`
 * too. After `abort` with a reason, later calls reject with that reason.
 */
export class SerialOutputStream implements FsDataOutputStream {
  readonly #sink: OutputSink;
  readonly #ended = new AbortController();
  readonly #onAbort: (() => void) | undefined;
  #position = 0;
  #writing: Promise<void> | undefined;
  #failed = false;
  #failure: unknown;
  #closing: Promise<FileStatus> | undefined;
  #aborting: Promise<void> | undefined;

  constructor(sink: OutputSink) {
    this.#sink = sink;
    const { signal } = sink;
    if (signal !== undefined) {
      this.#onAbort = () => this.#fail(signal.reason);
      if (signal.aborted) this.#onAbort();
      else signal.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  get position(): number {
    return this.#position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failed) throw this.#failure;
    if (this.#closing !== undefined) throw this.#closed();
    if (this.#writing !== undefined) {
      throw new FileSystemError({
        code: "EBUSY",
        path: this.#sink.path,
        message: "another write to this stream is under way",
        hint: "Await each write",
      });
    }
    if (!(bytes instanceof Uint8Array)) {
      throw new FileSystemError({
        code: "EINVAL",
        path: this.#sink.path,
        message: "only a Uint8Array can be written",
      });
    }
    this.#writing = this.#write(bytes);
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  close(): Promise<FileStatus> {
    if (this.#closing === undefined) {
      this.#closing = this.#aborting === undefined ? this.#finish() : Promise.reject(this.#failure);
    }
    return this.#closing;
  }

  abort(reason?: unknown): Promise<void> {
    this.#aborting ??= this.#discardUnlessClosing(reason);
    return this.#aborting;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#sink.write(bytes, this.#ended.signal);
      this.#ended.signal.throwIfAborted();
      this.#position += bytes.byteLength;
    } catch (error) {
      this.#fail(error);
      throw this.#failure;
    }
  }

  async #finish(): Promise<FileStatus> {
    await this.#writing?.catch(() => {});
    try {
      if (this.#failed) throw this.#failure;
      return await this.#sink.finish(this.#ended.signal);
    } catch (error) {
      // The caller has to hear why it failed; a clean-up that fails as well would hide that.
      await this.#sink.discard(error).catch(() => {});
      throw error;
    } finally {
      this.#detach();
    }
  }

  async #discardUnlessClosing(given: unknown): Promise<void> {
    if (this.#closing !== undefined) {
      // Only waited for: `return stream.close()` in the stream's own scope must not undo itself.
      await this.#closing.catch(() => {});
      return;
    }
    const reason = given ?? this.#closed();
    this.#fail(reason);
    await this.#writing?.catch(() => {});
    this.#detach();
    await this.#sink.discard(reason);
  }

  /** The first failure decides, so that every later call tells the same story. */
  #fail(reason: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = reason;
    this.#ended.abort(reason);
  }

  #detach(): void {
    if (this.#onAbort !== undefined) this.#sink.signal?.removeEventListener("abort", this.#onAbort);
  }

  #closed(): FileSystemError {
    return new FileSystemError({
      code: "EINVAL",
      path: this.#sink.path,
      message: "the stream is closed",
    });
  }
}
