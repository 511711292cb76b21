import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus, FsDataInputStream } from "../../fs/contract.ts";
import type { Link } from "./link.ts";
import { SMALL, type WireBytes, type WireInput } from "./messages.ts";
import { statusFromWire } from "./wire.ts";

/** Chunks that the worker fills ahead of the one that is in use. */
const AHEAD = 3;
/** Buffers that are kept for reading again. */
const KEPT = 2;

/** A stream in the worker. Its bytes come in buffers that go back to be filled again. */
export class RemoteInputStream implements FsDataInputStream {
  readonly status: FileStatus;
  readonly readRanges?: NonNullable<FsDataInputStream["readRanges"]>;
  readonly #link: Link;
  readonly #ref: number;
  readonly #signal: AbortSignal | undefined;
  readonly #buffers: ArrayBuffer[] = [];
  #position: number;
  /** Counts seeks and ended iterations: chunks that were asked for before are not to be used. */
  #turn = 0;
  #reading = false;
  #closing: Promise<void> | undefined;

  constructor(link: Link, input: WireInput, signal: AbortSignal | undefined) {
    this.#link = link;
    this.#ref = input.ref;
    this.#signal = signal;
    this.#position = input.position;
    this.status = statusFromWire(input.status);
    link.hold(this, input.ref);
    if (input.ranges) this.readRanges = (ranges) => this.#readRanges(ranges);
  }

  get position(): number {
    return this.#position;
  }

  seek(position: number): void {
    this.#signal?.throwIfAborted();
    if (this.#closing !== undefined) throw this.#invalid("the stream is closed");
    if (!Number.isInteger(position) || position < 0 || position > this.status.length) {
      throw this.#invalid(`position is ${position}; expected an integer from 0 to ${this.status.length}`);
    }
    this.#realign(position);
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
      const buffer = this.#borrow(into.byteLength);
      const count = this.#give(await this.#bytes("read", [into.byteLength, buffer], buffer), into);
      if (this.#position === from) this.#position += count;
      return count;
    } finally {
      this.#reading = false;
    }
  }

  async readAt(position: number, into: Uint8Array): Promise<number> {
    const buffer = this.#borrow(into.byteLength);
    return this.#give(await this.#bytes("readAt", [position, into.byteLength, buffer], buffer), into);
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const asked: Promise<WireBytes | undefined>[] = [];
    const free: ArrayBuffer[] = [];
    const ask = (): void => {
      const buffer = free.pop();
      const chunk = this.#bytes("chunk", [buffer], buffer);
      // A later one may fail before it is waited for.
      chunk.catch(() => {});
      asked.push(chunk);
    };
    let turn = this.#turn;
    let ended = false;
    try {
      for (;;) {
        if (turn !== this.#turn) {
          // A seek: what was read ahead is from elsewhere.
          turn = this.#turn;
          await Promise.allSettled(asked.splice(0));
        }
        while (asked.length < AHEAD) ask();
        const chunk = await asked.shift();
        if (turn !== this.#turn) continue;
        if (chunk === undefined) {
          ended = true;
          return;
        }
        this.#position += chunk.length;
        yield new Uint8Array(chunk.buffer, 0, chunk.length);
        if (chunk.buffer.byteLength > SMALL) free.push(chunk.buffer);
      }
    } catch (error) {
      ended = true;
      throw error;
    } finally {
      // What was read ahead is given up: the worker's position goes back to where the reader is.
      if (!ended && this.#closing === undefined && this.#link.alive) this.#realign(this.#position);
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
    this.#link.ignoreSignal(this.#ref);
    if (this.#link.alive) await this.#link.call(this.#ref, "close", []);
  }

  /** Calls arrive in the order in which they are made, so whatever is read later is read from there. */
  #realign(position: number): void {
    this.#turn += 1;
    this.#position = position;
    this.#link.call(this.#ref, "seek", [position]).catch(() => {});
  }

  async #readRanges(ranges: readonly { position: number; into: Uint8Array }[]): Promise<void> {
    const wanted = ranges.map(({ position, into }) => ({ position, length: into.byteLength }));
    const filled = await this.#call<Uint8Array[]>("readRanges", [wanted]);
    for (const [index, { into }] of ranges.entries()) into.set(filled[index] ?? []);
  }

  #bytes(method: string, args: readonly unknown[], buffer: ArrayBuffer | undefined): Promise<WireBytes> {
    return this.#call<WireBytes>(method, args, buffer === undefined ? [] : [buffer]);
  }

  async #call<T>(
    method: string,
    args: readonly unknown[],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<T> {
    this.#signal?.throwIfAborted();
    if (this.#closing !== undefined) throw this.#invalid("the stream is closed");
    try {
      return await this.#link.call<T>(this.#ref, method, args, { transfer });
    } catch (error) {
      throw this.#signal?.aborted === true ? this.#signal.reason : error;
    }
  }

  #borrow(length: number): ArrayBuffer | undefined {
    if (length <= SMALL) return undefined;
    const index = this.#buffers.findIndex(({ byteLength }) => byteLength >= length);
    return index === -1 ? undefined : this.#buffers.splice(index, 1)[0];
  }

  #give({ buffer, length }: WireBytes, into: Uint8Array): number {
    into.set(new Uint8Array(buffer, 0, length));
    if (buffer.byteLength > SMALL && this.#buffers.length < KEPT) this.#buffers.push(buffer);
    return length;
  }

  #invalid(message: string): FileSystemError {
    return new FileSystemError({ code: "EINVAL", path: this.status.path, message });
  }
}
