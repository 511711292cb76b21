import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus, FsDataOutputStream } from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import type { Link } from "./link.ts";
import { errorToWire, statusFromWire, type WireStatus } from "./wire.ts";

/** Bytes that one message carries; longer writes take several. */
const PIECE = 1 << 20;

/** Sends bytes to a stream in the worker, in a buffer that comes back. */
export class RemoteBytes {
  readonly #link: Link;
  readonly #ref: number;
  readonly #path: Path | undefined;
  readonly #signal: AbortSignal | undefined;
  #buffer: ArrayBuffer | undefined;
  #writing = false;
  position: number;

  constructor(
    link: Link,
    ref: number,
    position: number,
    path: Path | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#link = link;
    this.#ref = ref;
    this.#path = path;
    this.#signal = signal;
    this.position = position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#writing) {
      throw new FileSystemError({
        code: "EBUSY",
        path: this.#path,
        message: "another write to this stream is under way",
        hint: "Await each write",
      });
    }
    if (!(bytes instanceof Uint8Array)) {
      throw new FileSystemError({
        code: "EINVAL",
        path: this.#path,
        message: "only a Uint8Array can be written",
      });
    }
    this.#writing = true;
    try {
      let at = 0;
      do {
        const piece = bytes.subarray(at, at + PIECE);
        await this.#send(piece);
        at += piece.byteLength;
        this.position += piece.byteLength;
      } while (at < bytes.byteLength);
    } finally {
      this.#writing = false;
    }
  }

  async call<T>(
    method: string,
    args: readonly unknown[] = [],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<T> {
    this.#signal?.throwIfAborted();
    try {
      return await this.#link.call<T>(this.#ref, method, args, { transfer });
    } catch (error) {
      throw this.#signal?.aborted === true ? this.#signal.reason : error;
    }
  }

  async #send(piece: Uint8Array): Promise<void> {
    const kept = this.#buffer;
    this.#buffer = undefined;
    const buffer =
      kept !== undefined && kept.byteLength >= piece.byteLength ? kept : new ArrayBuffer(piece.byteLength);
    new Uint8Array(buffer).set(piece);
    this.#buffer = await this.call<ArrayBuffer>("write", [buffer, piece.byteLength], [buffer]);
  }
}

export class RemoteOutputStream implements FsDataOutputStream {
  readonly #link: Link;
  readonly #ref: number;
  readonly #bytes: RemoteBytes;
  #aborted: { readonly reason: unknown } | undefined;
  #closing: Promise<FileStatus> | undefined;
  #aborting: Promise<void> | undefined;

  constructor(link: Link, ref: number, path: Path, signal: AbortSignal | undefined) {
    this.#link = link;
    this.#ref = ref;
    this.#bytes = new RemoteBytes(link, ref, 0, path, signal);
    link.hold(this, ref);
  }

  get position(): number {
    return this.#bytes.position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#bytes.write(bytes);
    } catch (error) {
      throw this.#aborted === undefined ? error : this.#aborted.reason;
    }
  }

  close(): Promise<FileStatus> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  abort(reason?: unknown): Promise<void> {
    // Of a reason only a copy gets to the worker; what is thrown here is the reason itself.
    if (this.#closing === undefined && reason !== undefined) this.#aborted ??= { reason };
    this.#aborting ??= this.#abort(reason);
    return this.#aborting;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  async #close(): Promise<FileStatus> {
    try {
      return statusFromWire(await this.#bytes.call<WireStatus>("close"));
    } catch (error) {
      throw this.#aborted === undefined ? error : this.#aborted.reason;
    } finally {
      this.#link.ignoreSignal(this.#ref);
    }
  }

  async #abort(reason: unknown): Promise<void> {
    // With its worker the stream is gone, and nothing was published.
    if (this.#link.alive) {
      await this.#link.call(this.#ref, "abort", reason === undefined ? [] : [errorToWire(reason)]);
    }
    this.#link.ignoreSignal(this.#ref);
  }
}
