import { EventEmitter } from "node:events";
import type { BigIntStats, ObjectEncodingOptions, StatOptions, Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline";
import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus, FsDataInputStream, FsDataOutputStream } from "../contract.ts";
import {
  type Abortable,
  type EncodingArgument,
  type EncodingOptions,
  type OwnBuffer,
  onlyReads,
  replaces,
  withEncoding,
} from "./arguments.ts";
import { statsOf } from "./entries.ts";
import { hasFolders, type Place, shown } from "./places.ts";
import { type ReadStreamOptions, UriReadStream } from "./read-stream.ts";
import { webReadable } from "./web-streams.ts";
import { bytesOf, type FileContent, piecesOf, wholeBuffer } from "./whole-files.ts";
import { UriWriteStream, type WriteStreamOptions } from "./write-stream.ts";

interface ReadOptions {
  readonly buffer?: NodeJS.ArrayBufferView | undefined;
  readonly offset?: number | null | undefined;
  readonly length?: number | null | undefined;
  readonly position?: number | bigint | null | undefined;
}

/**
 * Node's `FileHandle` on a store that knows no descriptors (`fd` is -1): opened to read, it reads anywhere; opened to
 * write, it writes one byte after another, and the file appears at `close`. What is neither is `ENOTSUP`.
 */
export class UriFileHandle extends EventEmitter implements FileHandle {
  readonly fd = -1;
  readonly #place: Place;
  readonly #input: FsDataInputStream | undefined;
  readonly #output: FsDataOutputStream | undefined;
  /** Where a write without a position goes, which one with a position does not move. */
  #position = 0;
  /** Calls at the handle's own position come one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(place: Place, streams: { input?: FsDataInputStream; output?: FsDataOutputStream }) {
    super();
    this.#place = place;
    this.#input = streams.input;
    this.#output = streams.output;
  }

  static async open(place: Place, flags: string | number): Promise<UriFileHandle> {
    const { fileSystem, path } = place;
    if (onlyReads(flags)) {
      return new UriFileHandle(place, { input: await fileSystem.open(path) });
    }
    if (String(flags).includes("+")) throw refusal(place, "open", `the flag "${flags}" is not served`);
    const options = { overwrite: replaces(flags), createParents: !hasFolders(place) };
    return new UriFileHandle(place, { output: await fileSystem.create(path, options) });
  }

  read<T extends NodeJS.ArrayBufferView>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesRead: number; buffer: T }>;
  read<T extends NodeJS.ArrayBufferView>(
    buffer: T,
    options?: ReadOptions,
  ): Promise<{ bytesRead: number; buffer: T }>;
  read(options?: ReadOptions): Promise<{ bytesRead: number; buffer: NodeJS.ArrayBufferView }>;
  async read(
    first: NodeJS.ArrayBufferView | ReadOptions = {},
    second?: number | null | ReadOptions,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesRead: number; buffer: NodeJS.ArrayBufferView }> {
    const given = ArrayBuffer.isView(first)
      ? typeof second === "object" && second !== null
        ? { ...second, buffer: first }
        : { buffer: first, offset: second, length, position }
      : first;
    const { buffer = Buffer.alloc(16_384) } = given;
    const bytes = bytesOf(buffer);
    const offset = given.offset ?? 0;
    const into = bytes.subarray(offset, offset + (given.length ?? bytes.byteLength - offset));
    return { bytesRead: await this.#read(into, given.position), buffer };
  }

  async readv<T extends readonly NodeJS.ArrayBufferView[]>(buffers: T, position?: number | null) {
    let bytesRead = 0;
    for (const buffer of buffers) {
      const into = bytesOf(buffer);
      const count = await this.#read(into, position == null ? null : position + bytesRead);
      bytesRead += count;
      if (count < into.byteLength) break;
    }
    return { bytesRead, buffers: buffers as T & NodeJS.ArrayBufferView[] };
  }

  readFile(options?: null | (Abortable & { readonly encoding?: null | undefined })): Promise<OwnBuffer>;
  readFile(options: BufferEncoding | (Abortable & { readonly encoding: BufferEncoding })): Promise<string>;
  readFile(
    options?: BufferEncoding | null | (ObjectEncodingOptions & Abortable),
  ): Promise<string | OwnBuffer>;
  async readFile(argument?: EncodingArgument<EncodingOptions>): Promise<string | OwnBuffer> {
    const { encoding } = withEncoding(argument);
    const input = this.#reading("read");
    const bytes = wholeBuffer(input.status, input.status.length - input.position);
    const count = await this.#read(bytes, null);
    const read = bytes.subarray(0, count);
    return encoding == null || encoding === "buffer" ? read : read.toString(encoding);
  }

  readLines(options?: ReadStreamOptions): Interface {
    return createInterface({ input: this.createReadStream(options), crlfDelay: Number.POSITIVE_INFINITY });
  }

  readableWebStream(): ReadableStream<Uint8Array> {
    this.#reading("read");
    return webReadable(async () => ({ read: (into) => this.#read(into, null), close: async () => {} }));
  }

  /** Closes the handle at its end, unless `autoClose` is false. */
  createReadStream(options: ReadStreamOptions = {}): UriReadStream {
    this.#reading("read");
    const open = async ({ start, end = Number.POSITIVE_INFINITY }: { start?: number; end?: number }) => {
      let at = start;
      return {
        read: async (into: Uint8Array) => {
          const from = at ?? this.#reading("read").position;
          const count = await this.#read(into.subarray(0, Math.max(0, end - from)), at);
          if (at !== undefined) at += count;
          return count;
        },
        close: async () => (options.autoClose === false ? undefined : this.close()),
      };
    };
    return new UriReadStream(shown(this.#place.path), open as never, options);
  }

  write(
    data: string,
    position?: number | null,
    encoding?: BufferEncoding | null,
  ): Promise<{ bytesWritten: number; buffer: string }>;
  write<T extends NodeJS.ArrayBufferView>(
    data: T,
    offset?: number | ReadOptions | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: T }>;
  async write(
    data: string | NodeJS.ArrayBufferView,
    second?: number | ReadOptions | null,
    third?: number | BufferEncoding | null,
    fourth?: number | null,
  ): Promise<{ bytesWritten: number; buffer: string | NodeJS.ArrayBufferView }> {
    if (typeof data === "string") {
      const bytes = Buffer.from(data, (third as BufferEncoding | null | undefined) ?? "utf8");
      await this.#write(bytes, second as number | null | undefined);
      return { bytesWritten: bytes.byteLength, buffer: data };
    }
    const options =
      typeof second === "object" && second !== null
        ? second
        : { offset: second, length: third as number | null | undefined, position: fourth };
    const bytes = bytesOf(data);
    const offset = options.offset ?? 0;
    const piece = bytes.subarray(offset, offset + (options.length ?? bytes.byteLength - offset));
    await this.#write(piece, options.position);
    return { bytesWritten: piece.byteLength, buffer: data };
  }

  async writev<T extends readonly NodeJS.ArrayBufferView[]>(buffers: T, position?: number | null) {
    let bytesWritten = 0;
    for (const buffer of buffers) {
      const bytes = bytesOf(buffer);
      await this.#write(bytes, position == null ? null : position + bytesWritten);
      bytesWritten += bytes.byteLength;
    }
    return { bytesWritten, buffers: buffers as T & NodeJS.ArrayBufferView[] };
  }

  async writeFile(data: FileContent, argument?: EncodingArgument<EncodingOptions>): Promise<void> {
    const { encoding, signal } = withEncoding(argument);
    for await (const piece of piecesOf(data)) {
      signal?.throwIfAborted();
      const text = encoding == null || encoding === "buffer" ? "utf8" : encoding;
      await this.#write(typeof piece === "string" ? Buffer.from(piece, text) : bytesOf(piece), null);
    }
  }

  appendFile(data: FileContent, argument?: EncodingArgument<EncodingOptions>): Promise<void> {
    return this.writeFile(data, argument);
  }

  /** Closes the handle, and so publishes the file, at its end. */
  createWriteStream(options: WriteStreamOptions = {}): UriWriteStream {
    this.#writing("write");
    const open = async () => ({
      write: (bytes: Uint8Array) => this.#write(bytes, null),
      close: async () => (options.autoClose === false ? undefined : this.close()),
      abort: async (reason?: unknown) => this.#output?.abort(reason),
    });
    return new UriWriteStream(shown(this.#place.path), open, options);
  }

  stat(options?: StatOptions & { readonly bigint?: false | undefined }): Promise<Stats>;
  stat(options: StatOptions & { readonly bigint: true }): Promise<BigIntStats>;
  stat(options?: StatOptions): Promise<Stats | BigIntStats>;
  async stat(options: StatOptions = {}): Promise<Stats | BigIntStats> {
    const written: FileStatus = {
      path: this.#place.path,
      kind: "file",
      length: this.#output?.position ?? 0,
      modificationTime: Date.now(),
    };
    return statsOf(this.#input?.status ?? written, options.bigint);
  }

  /** Bytes of these stores are durable when the file is there, so not before `close`. */
  sync(): Promise<never> {
    return this.#refuse("fsync");
  }
  datasync(): Promise<never> {
    return this.#refuse("fdatasync");
  }
  truncate(_length?: number): Promise<never> {
    return this.#refuse("ftruncate");
  }
  chmod(_mode: string | number): Promise<never> {
    return this.#refuse("fchmod");
  }
  chown(_uid: number, _gid: number): Promise<never> {
    return this.#refuse("fchown");
  }
  utimes(_atime: unknown, _mtime: unknown): Promise<never> {
    return this.#refuse("futimes");
  }

  /** Publishes what was written. After a failed write it rejects and publishes nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#last;
    await this.#input?.close();
    await this.#output?.close();
    this.emit("close");
  }

  #read(into: Uint8Array, position: number | bigint | null | undefined): Promise<number> {
    const input = this.#reading("read");
    if (position == null || position < 0) return this.#inTurn(() => input.read(into));
    const at = Number(position);
    // Beyond the end there is nothing, in Node; the SPI refuses to look there.
    return at >= input.status.length ? Promise.resolve(0) : input.readAt(at, into);
  }

  #write(bytes: Uint8Array, position: number | bigint | null | undefined): Promise<void> {
    const output = this.#writing("write");
    return this.#inTurn(async () => {
      const own = position == null || position < 0;
      if ((own ? this.#position : Number(position)) !== output.position) {
        throw refusal(this.#place, "write", "files are written whole, one byte after another");
      }
      await output.write(bytes);
      if (own) this.#position = output.position;
    });
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(call);
    this.#last = result.catch(() => {});
    return result;
  }

  #reading(operation: string): FsDataInputStream {
    if (this.#input === undefined || this.#closing !== undefined) throw this.#badDescriptor(operation);
    return this.#input;
  }

  #writing(operation: string): FsDataOutputStream {
    if (this.#output === undefined || this.#closing !== undefined) throw this.#badDescriptor(operation);
    return this.#output;
  }

  #badDescriptor(operation: string): FileSystemError {
    return new FileSystemError({ code: "EBADF", path: this.#place.path, operation });
  }

  #refuse(operation: string): Promise<never> {
    return Promise.reject(refusal(this.#place, operation));
  }
}

function refusal(place: Place, operation: string, message?: string): FileSystemError {
  return new FileSystemError({ code: "ENOTSUP", path: place.path, operation, message });
}
