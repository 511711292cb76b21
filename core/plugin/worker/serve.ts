/** The worker's end: makes the calls that come over the port on the plugin's own objects. */
import type { WatchOptions } from "node:fs";
import { FileSystemError } from "../../errors/errors.ts";
import type {
  Committer,
  FileStatus,
  FileSystem,
  FsDataInputStream,
  FsDataOutputStream,
  ListOptions,
  OpenOptions,
  RecoverableStream,
  RecoverableWriter,
} from "../../fs/contract.ts";
import { callPosix, type PosixName } from "../../fs/posix.ts";
import {
  type CallMessage,
  SMALL,
  type ToHost,
  type ToWorker,
  type WireBytes,
  type WireInput,
} from "./messages.ts";
import { argumentsFromWire, resultToWire, type WireArgument } from "./posix-wire.ts";
import {
  errorFromWire,
  errorToWire,
  pathFromWire,
  pathToWire,
  statusFromWire,
  statusToWire,
  type WirePath,
  type WireStatus,
} from "./wire.ts";

/** What one object answers to. `transfer` lists the buffers of the result that travel with it. */
export type Methods = Readonly<
  Record<string, (signal: AbortSignal | undefined, args: never, transfer: object[]) => unknown>
>;

/** Says something to the host; what is in `transfer` goes with it. */
export type Tell = (message: ToHost, transfer?: readonly object[]) => void;

/** A stream keeps the signal of the call that opened it. */
const ENDINGS = new Set(["close", "abort", "closeForCommit", "dispose"]);

export class Served {
  readonly #tell: Tell;
  readonly #objects = new Map<number, Methods>();
  readonly #controllers = new Map<number, AbortController>();
  /** Stream → the call that opened it. */
  readonly #opened = new Map<number, number>();
  #last: number;

  constructor(tell: Tell, first: Methods) {
    this.#tell = tell;
    this.#last = 0;
    this.#objects.set(0, first);
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case "call":
        void this.#call(message);
        break;
      case "abort":
        this.#controllers.get(message.call)?.abort(errorFromWire(message.reason));
        break;
      case "release":
        this.#objects.delete(message.ref);
        this.#forget(message.ref);
        break;
      case "ping":
        this.#tell({ type: "pong" });
    }
  }

  async #call({ call, ref, method, args, abortable }: CallMessage): Promise<void> {
    const controller = abortable ? new AbortController() : undefined;
    const signal = controller?.signal;
    if (controller !== undefined) this.#controllers.set(call, controller);
    const transfer: object[] = [];
    const before = this.#last;
    try {
      const target = this.#objects.get(ref)?.[method];
      if (target === undefined)
        throw new FileSystemError({ code: "EINVAL", message: "the stream is closed" });
      const value = await target(signal, args as never, transfer);
      this.#tell({ type: "result", call, value }, transfer);
      // The signal of what was opened goes on.
      if (this.#last > before && OPENS.has(method)) {
        this.#opened.set((value as { ref: number }).ref, call);
        return;
      }
    } catch (error) {
      const aborted = signal?.aborted === true && error === signal.reason;
      this.#tell({ type: "error", call, error: errorToWire(error), aborted });
    }
    this.#controllers.delete(call);
    if (ENDINGS.has(method)) this.#forget(ref);
  }

  /** A stream stays callable after its end, because every later call has its own answer. */
  #forget(ref: number): void {
    const opened = this.#opened.get(ref);
    if (opened !== undefined) this.#controllers.delete(opened);
    this.#opened.delete(ref);
  }

  #add(methods: Methods): number {
    this.#last += 1;
    this.#objects.set(this.#last, methods);
    return this.#last;
  }

  fileSystem(fs: FileSystem): number {
    return this.#add({
      getFileStatus: async (signal, [path]: readonly WirePath[]) =>
        statusToWire(await fs.getFileStatus(pathFromWire(path as WirePath), { signal })),
      listStatus: (signal, [path, options]: readonly [WirePath, ListOptions & { startAfter?: WirePath }]) => {
        const after = options.startAfter as WirePath | undefined;
        const startAfter = after === undefined ? undefined : pathFromWire(after);
        const listing = fs.listStatus(pathFromWire(path), { ...options, startAfter, signal });
        return { ref: this.#iteration(listing, statusToWire) };
      },
      open: async (signal, [path, options]: readonly [WirePath, OpenOptions & { status?: WireStatus }]) => {
        const given = options.status as WireStatus | undefined;
        const status = given === undefined ? undefined : statusFromWire(given);
        return this.#input(await fs.open(pathFromWire(path), { ...options, status, signal }));
      },
      create: async (signal, [path, options]: readonly [WirePath, object]) => {
        const stream = await fs.create(pathFromWire(path), { ...options, signal });
        return { ref: this.#output(stream), position: stream.position };
      },
      mkdirs: (signal, [path]: readonly [WirePath]) => fs.mkdirs(pathFromWire(path), { signal }),
      delete: (signal, [path, options]: readonly [WirePath, object]) =>
        fs.delete(pathFromWire(path), { ...options, signal }),
      rename: (signal, [src, dst, options]: readonly [WirePath, WirePath, object]) =>
        fs.rename(pathFromWire(src), pathFromWire(dst), { ...options, signal }),
      copy: async (signal, [src, dst, options]: readonly [WirePath, WirePath, object]) =>
        statusToWire(await fs.copy(pathFromWire(src), pathFromWire(dst), { ...options, signal })),
      createRecoverableWriter: async () => ({ ref: this.#writer(await fs.createRecoverableWriter()) }),
      posix: async (_signal, [name, call]: readonly [PosixName, readonly WireArgument[]], transfer) =>
        resultToWire(name, await callPosix(fs, name, argumentsFromWire(call) as never), transfer),
      watch: (signal, [path, options]: readonly [WirePath, WatchOptions]) => {
        const changes = fs.watch(pathFromWire(path), { ...options, signal });
        return { ref: this.#iteration(changes, (change) => change) };
      },
      close: () => fs.close(),
    });
  }

  #iteration<T>(iterable: AsyncIterable<T>, toWire: (item: T) => unknown): number {
    const iterator = iterable[Symbol.asyncIterator]();
    return this.#add({
      /** At most `count` items: the first at once, more as long as they come. */
      next: async (_signal, [count]: readonly number[]) => {
        const items: unknown[] = [];
        try {
          while (items.length < (count ?? 1)) {
            const step = await iterator.next();
            if (step.done === true) return { items, done: true };
            items.push(toWire(step.value));
          }
          return { items, done: false };
        } catch (error) {
          if (items.length === 0) throw error;
          return { items, done: true, error: errorToWire(error) };
        }
      },
      dispose: async () => void (await iterator.return?.()),
    });
  }

  #input(stream: FsDataInputStream): WireInput {
    let chunks: AsyncIterator<Uint8Array> | undefined;
    /** What depends on the position is done in the order in which it was asked for. */
    let last: Promise<unknown> = Promise.resolve();
    const inOrder = <T>(body: () => Promise<T>): Promise<T> => {
      const done = last.then(body);
      last = done.catch(() => {});
      return done;
    };
    const lent = (length: number, buffer: ArrayBuffer | undefined, transfer: object[]): ArrayBuffer => {
      const into = buffer !== undefined && buffer.byteLength >= length ? buffer : new ArrayBuffer(length);
      if (into.byteLength > SMALL) transfer.push(into);
      return into;
    };
    const ref = this.#add({
      read: (_signal, [length, buffer]: readonly [number, ArrayBuffer?], transfer) =>
        inOrder(async () => {
          const into = lent(length, buffer, transfer);
          const count = await stream.read(new Uint8Array(into, 0, length));
          return { buffer: into, length: count };
        }),
      readAt: async (
        _signal,
        [position, length, buffer]: readonly [number, number, ArrayBuffer?],
        transfer,
      ) => {
        const into = lent(length, buffer, transfer);
        const count = await stream.readAt(position, new Uint8Array(into, 0, length));
        return { buffer: into, length: count };
      },
      readRanges: async (
        _signal,
        [ranges]: readonly [readonly { position: number; length: number }[]],
        transfer,
      ) => {
        const filled = ranges.map(({ position, length }) => ({ position, into: new Uint8Array(length) }));
        await stream.readRanges?.(filled);
        transfer.push(...filled.map(({ into }) => into.buffer));
        return filled.map(({ into }) => into);
      },
      /** Ends the chunks that were read ahead, and only then moves: they would move on from there. */
      seek: (_signal, [position]: readonly number[]) =>
        inOrder(async () => {
          const ending = chunks;
          chunks = undefined;
          // What its end fails with, the seek does not.
          await ending?.return?.().catch(() => {});
          stream.seek(position ?? 0);
        }),
      /** The next chunk, in a buffer that came back from the host. Undefined at the end. */
      chunk: (_signal, [buffer]: readonly [ArrayBuffer?], transfer) =>
        inOrder(async (): Promise<WireBytes | undefined> => {
          chunks ??= stream.chunks()[Symbol.asyncIterator]();
          const step = await chunks.next();
          if (step.done === true) {
            chunks = undefined;
            return undefined;
          }
          const { byteLength } = step.value;
          const into = lent(byteLength, buffer, transfer);
          new Uint8Array(into).set(step.value);
          return { buffer: into, length: byteLength };
        }),
      close: async () => {
        // Nothing more is asked of it: what comes later the host answers itself.
        this.#objects.delete(ref);
        await stream.close();
      },
    });
    const { position, readRanges } = stream;
    return { ref, status: statusToWire(stream.status), position, ranges: readRanges !== undefined };
  }

  #output(stream: FsDataOutputStream): number {
    return this.#add({
      write: async (_signal, [buffer, length]: readonly [ArrayBuffer, number], transfer) => {
        transfer.push(buffer);
        await stream.write(new Uint8Array(buffer, 0, length));
        return buffer;
      },
      close: async () => statusToWire(await stream.close()),
      abort: (_signal, [reason]: readonly never[]) =>
        stream.abort(reason === undefined ? undefined : errorFromWire(reason)),
    });
  }

  #writer(writer: RecoverableWriter): number {
    return this.#add({
      open: async (signal, [target, options]: readonly [WirePath, object]) =>
        this.#recoverableStream(await writer.open(pathFromWire(target), { ...options, signal })),
      recover: async (signal, [recoverable]: readonly Uint8Array[]) =>
        this.#recoverableStream(await writer.recover(recoverable as Uint8Array, { signal })),
      recoverForCommit: async (_signal, [recoverable]: readonly Uint8Array[]) =>
        this.#committer(await writer.recoverForCommit(recoverable as Uint8Array)),
      cleanup: (_signal, [recoverable]: readonly Uint8Array[]) => writer.cleanup(recoverable as Uint8Array),
      pending: (_signal, [prefix]: readonly WirePath[]) => ({
        ref: this.#iteration(writer.pending(pathFromWire(prefix as WirePath)), (pending) => ({
          ...pending,
          target: pathToWire(pending.target),
        })),
      }),
      discard: (_signal, [target, id]: readonly [WirePath, string]) =>
        writer.discard(pathFromWire(target), id),
    });
  }

  #recoverableStream(stream: RecoverableStream): { ref: number; id: string; position: number } {
    const ref = this.#add({
      write: async (_signal, [buffer, length]: readonly [ArrayBuffer, number], transfer) => {
        transfer.push(buffer);
        await stream.write(new Uint8Array(buffer, 0, length));
        return buffer;
      },
      persist: () => stream.persist(),
      closeForCommit: async () => this.#committer(await stream.closeForCommit()),
      dispose: () => stream[Symbol.asyncDispose](),
    });
    return { ref, id: stream.id, position: stream.position };
  }

  #committer(committer: Committer): { ref: number; recoverable: Uint8Array } {
    const told = async (commit: () => Promise<FileStatus>) => statusToWire(await commit());
    const ref = this.#add({
      commit: () => told(() => committer.commit()),
      commitAfterRecovery: () => told(() => committer.commitAfterRecovery()),
    });
    return { ref, recoverable: committer.recoverable };
  }
}

/** Calls that resolve to a stream. */
const OPENS = new Set(["open", "create", "recover", "listStatus", "watch"]);
