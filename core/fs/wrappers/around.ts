import type {
  Committer,
  FileStatus,
  FsDataInputStream,
  FsDataOutputStream,
  RecoverableStream,
  RecoverableWriter,
  SignalOption,
} from "../contract.ts";
import type { Path } from "../path.ts";
import { steps } from "./steps.ts";

/** One call that passes through a wrapper. */
export interface Call {
  /** The method's name; disposing counts as the `close` or `abort` that it means. */
  readonly operation: string;
  readonly path?: Path | undefined;
  readonly dest?: Path | undefined;
  /** The signal of the call, or of the call that opened the stream. */
  readonly signal?: AbortSignal | undefined;
}

/** What a wrapper does around each call. */
export interface Around {
  /** `moved` tells how many bytes the call read or wrote, from what it resolved to; absent where it moves none. */
  run<T>(call: Call, body: () => Promise<T>, moved?: (result: T) => number): Promise<T>;
  /** The same for `seek`, the one call that is not asynchronous. */
  runSync(call: Call, body: () => void): void;
  /** What goes around the calls of one stream, and of its committer. Default: this. */
  stream?(opened: Call, direction: "input" | "output"): Around;
}

/** Every step of an iteration is a call; so is its beginning. */
export function aroundIterable<T>(
  around: Around,
  call: Call,
  iterable: () => AsyncIterable<T>,
  moved?: (item: T) => number,
): AsyncGenerator<T, void, undefined> {
  return aroundIterator(around, call, () => iterable()[Symbol.asyncIterator](), moved);
}

export function aroundIterator<T>(
  around: Around,
  call: Call,
  begin: () => AsyncIterator<T, unknown>,
  moved?: (item: T) => number,
): AsyncGenerator<T, void, undefined> {
  const movedByStep =
    moved && ((step: IteratorResult<T, unknown>) => (step.done === true ? 0 : moved(step.value)));
  return steps(
    () => around.run(call, async () => begin()),
    (next) => around.run(call, next, movedByStep),
  );
}

export class AroundInputStream implements FsDataInputStream {
  readonly readRanges?: NonNullable<FsDataInputStream["readRanges"]>;
  readonly #inner: FsDataInputStream;
  readonly #around: Around;
  readonly #calls: { readonly seek: Call; readonly read: Call; readonly close: Call };

  constructor(inner: FsDataInputStream, around: Around, opened: Call) {
    this.#inner = inner;
    this.#around = around;
    this.#calls = {
      seek: { ...opened, operation: "seek" },
      read: { ...opened, operation: "read" },
      close: { ...opened, operation: "close" },
    };
    if (inner.readRanges !== undefined) {
      this.readRanges = (ranges) =>
        around.run(
          this.#calls.read,
          async () => inner.readRanges?.(ranges),
          () => ranges.reduce((sum, { into }) => sum + into.byteLength, 0),
        );
    }
  }

  get position(): number {
    return this.#inner.position;
  }

  get status(): FileStatus {
    return this.#inner.status;
  }

  seek(position: number): void {
    this.#around.runSync(this.#calls.seek, () => this.#inner.seek(position));
  }

  read(into: Uint8Array): Promise<number> {
    return this.#around.run(this.#calls.read, () => this.#inner.read(into), itself);
  }

  readAt(position: number, into: Uint8Array): Promise<number> {
    return this.#around.run(this.#calls.read, () => this.#inner.readAt(position, into), itself);
  }

  chunks(): AsyncIterable<Uint8Array> {
    return aroundIterable(this.#around, this.#calls.read, () => this.#inner.chunks(), byteLength);
  }

  close(): Promise<void> {
    return this.#around.run(this.#calls.close, () => this.#inner.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export class AroundOutputStream implements FsDataOutputStream {
  readonly #inner: FsDataOutputStream;
  readonly #around: Around;
  readonly #calls: { readonly write: Call; readonly close: Call; readonly abort: Call };

  constructor(inner: FsDataOutputStream, around: Around, opened: Call) {
    this.#inner = inner;
    this.#around = around;
    this.#calls = {
      write: { ...opened, operation: "write" },
      close: { ...opened, operation: "close" },
      abort: { ...opened, operation: "abort" },
    };
  }

  get position(): number {
    return this.#inner.position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#around.run(
      this.#calls.write,
      () => this.#inner.write(bytes),
      () => bytes.byteLength,
    );
  }

  close(): Promise<FileStatus> {
    return this.#around.run(this.#calls.close, () => this.#inner.close());
  }

  abort(reason?: unknown): Promise<void> {
    return this.#around.run(this.#calls.abort, () => this.#inner.abort(reason));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}

export class AroundRecoverableStream implements RecoverableStream {
  readonly #inner: RecoverableStream;
  readonly #around: Around;
  readonly #opened: Call;

  constructor(inner: RecoverableStream, around: Around, opened: Call) {
    this.#inner = inner;
    this.#around = around;
    this.#opened = opened;
  }

  get id(): string {
    return this.#inner.id;
  }

  get position(): number {
    return this.#inner.position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#around.run(
      { ...this.#opened, operation: "write" },
      () => this.#inner.write(bytes),
      () => bytes.byteLength,
    );
  }

  persist(): Promise<Uint8Array> {
    return this.#run("persist", () => this.#inner.persist());
  }

  closeForCommit(): Promise<Committer> {
    return this.#run("closeForCommit", async () => {
      return new AroundCommitter(await this.#inner.closeForCommit(), this.#around, this.#opened);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#run("dispose", async () => this.#inner[Symbol.asyncDispose]());
  }

  #run<T>(operation: string, body: () => Promise<T>): Promise<T> {
    return this.#around.run({ ...this.#opened, operation }, body);
  }
}

class AroundCommitter implements Committer {
  readonly #inner: Committer;
  readonly #around: Around;
  readonly #opened: Call;

  constructor(inner: Committer, around: Around, opened: Call) {
    this.#inner = inner;
    this.#around = around;
    this.#opened = opened;
  }

  get recoverable(): Uint8Array {
    return this.#inner.recoverable;
  }

  commit(): Promise<FileStatus> {
    return this.#around.run({ ...this.#opened, operation: "commit" }, () => this.#inner.commit());
  }

  commitAfterRecovery(): Promise<FileStatus> {
    const call = { ...this.#opened, operation: "commitAfterRecovery" };
    return this.#around.run(call, () => this.#inner.commitAfterRecovery());
  }
}

export class AroundRecoverableWriter implements RecoverableWriter {
  readonly #inner: RecoverableWriter;
  readonly #around: Around;

  constructor(inner: RecoverableWriter, around: Around) {
    this.#inner = inner;
    this.#around = around;
  }

  open(target: Path, options?: SignalOption & { readonly overwrite?: boolean }): Promise<RecoverableStream> {
    const call = { operation: "open", path: target, signal: options?.signal };
    return this.#stream(call, () => this.#inner.open(target, options));
  }

  recover(recoverable: Uint8Array, options?: SignalOption): Promise<RecoverableStream> {
    const call = { operation: "recover", signal: options?.signal };
    return this.#stream(call, () => this.#inner.recover(recoverable, options));
  }

  recoverForCommit(recoverable: Uint8Array): Promise<Committer> {
    const call = { operation: "recoverForCommit" };
    return this.#around.run(call, async () => {
      return new AroundCommitter(await this.#inner.recoverForCommit(recoverable), this.#around, call);
    });
  }

  cleanup(recoverable: Uint8Array): Promise<boolean> {
    return this.#around.run({ operation: "cleanup" }, () => this.#inner.cleanup(recoverable));
  }

  pending(prefix: Path): ReturnType<RecoverableWriter["pending"]> {
    return aroundIterable(this.#around, { operation: "pending", path: prefix }, () =>
      this.#inner.pending(prefix),
    );
  }

  discard(target: Path, id: string): Promise<boolean> {
    const call = { operation: "discard", path: target };
    return this.#around.run(call, () => this.#inner.discard(target, id));
  }

  #stream(call: Call, open: () => Promise<RecoverableStream>): Promise<RecoverableStream> {
    return this.#around.run(call, async () => {
      return new AroundRecoverableStream(
        await open(),
        this.#around.stream?.(call, "output") ?? this.#around,
        call,
      );
    });
  }
}

function itself(count: number): number {
  return count;
}

function byteLength(bytes: Uint8Array): number {
  return bytes.byteLength;
}
