import { FileSystemError } from "../../errors/errors.ts";
import type {
  CopyOptions,
  CreateOptions,
  DeleteOptions,
  FileStatus,
  FileSystem,
  FsDataInputStream,
  FsDataOutputStream,
  ListOptions,
  OpenOptions,
  RecoverableStream,
  RecoverableWriter,
  RenameOptions,
  SignalOption,
} from "../contract.ts";
import type { Path } from "../path.ts";
import type { PosixCalls, PosixName } from "../posix.ts";
import {
  type Around,
  AroundInputStream,
  AroundOutputStream,
  AroundRecoverableStream,
  AroundRecoverableWriter,
} from "./around.ts";
import { batchesOf, itemsOf } from "./batches.ts";
import { DelegatingFileSystem } from "./delegating-file-system.ts";

/** Longest delay that `setTimeout` takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Ends every call that takes longer with `ETIMEDOUT`: its signal fires, and it rejects even if the file system does not
 * heed that. Each step of a listing and each call of a stream is a call of its own; a stream that ran into the deadline
 * is ended, and nothing that it wrote is published.
 */
export class DeadlineFileSystem extends DelegatingFileSystem {
  readonly #deadline: Deadline;

  constructor(inner: FileSystem, deadline: Deadline) {
    super(inner);
    this.#deadline = deadline;
  }

  override getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus> {
    return this.#within(options, (bound) => super.getFileStatus(path, bound));
  }

  override listStatus(path: Path, options?: ListOptions): AsyncGenerator<FileStatus> {
    return itemsOf(this.#batches(path, options));
  }

  async *#batches(path: Path, options?: ListOptions): AsyncGenerator<readonly FileStatus[], void> {
    const link = new LinkedSignal(options?.signal);
    const around = within(this.#deadline, link);
    const iterator = batchesOf(super.listStatus(path, { ...options, signal: link.signal }));
    try {
      for (;;) {
        const step = await around.run({ operation: "listStatus" }, () => iterator.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      link.release();
      // One that hangs cannot be asked to return; its signal has fired.
      if (!link.signal.aborted) await iterator.return?.();
    }
  }

  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    return this.#opened(options, (bound, around) =>
      super.open(path, bound).then((stream) => new AroundInputStream(stream, around, { operation: "open" })),
    );
  }

  override create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    return this.#opened(options, (bound, around) =>
      super
        .create(path, bound)
        .then((stream) => new AroundOutputStream(stream, around, { operation: "create" })),
    );
  }

  override mkdirs(path: Path, options?: SignalOption): Promise<void> {
    return this.#within(options, (bound) => super.mkdirs(path, bound));
  }

  override delete(path: Path, options?: DeleteOptions): Promise<boolean> {
    return this.#within(options, (bound) => super.delete(path, bound));
  }

  override rename(src: Path, dst: Path, options?: RenameOptions): Promise<void> {
    return this.#within(options, (bound) => super.rename(src, dst, bound));
  }

  override copy(src: Path, dst: Path, options?: CopyOptions): Promise<FileStatus> {
    return this.#within(options, (bound) => super.copy(src, dst, bound));
  }

  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    const writer = await super.createRecoverableWriter();
    const around = within(this.#deadline, undefined);
    const rest = new AroundRecoverableWriter(writer, around);
    const opened = (
      options: SignalOption | undefined,
      open: (bound: { signal: AbortSignal }) => Promise<RecoverableStream>,
    ) =>
      this.#opened(options, (bound, ofStream) =>
        open(bound).then((stream) => new AroundRecoverableStream(stream, ofStream, { operation: "open" })),
      );
    return {
      open: (target, options) => opened(options, (bound) => writer.open(target, { ...options, ...bound })),
      recover: (recoverable, options) =>
        opened(options, (bound) => writer.recover(recoverable, { ...options, ...bound })),
      recoverForCommit: (recoverable) => rest.recoverForCommit(recoverable),
      cleanup: (recoverable) => rest.cleanup(recoverable),
      pending: (prefix) => rest.pending(prefix),
      discard: (target, id) => rest.discard(target, id),
    };
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    const body = async () => super.posixCall(name, call);
    return within(this.#deadline, undefined).run({ operation: name }, body) as ReturnType<PosixCalls[K]>;
  }

  async #within<T, O extends SignalOption>(
    options: O | undefined,
    body: (bound: O & { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const link = new LinkedSignal(options?.signal);
    try {
      const bound = { ...options, signal: link.signal } as O & { signal: AbortSignal };
      return await within(this.#deadline, link).run({ operation: "" }, () => body(bound));
    } finally {
      link.release();
    }
  }

  /** The link outlives the call: it is the stream's signal. */
  async #opened<T extends AsyncDisposable, O extends SignalOption>(
    options: O | undefined,
    body: (bound: O & { signal: AbortSignal }, around: Around) => Promise<T>,
  ): Promise<T> {
    const link = new LinkedSignal(options?.signal);
    const around = within(this.#deadline, link);
    try {
      const bound = { ...options, signal: link.signal } as O & { signal: AbortSignal };
      return await around.run({ operation: "open" }, async () => {
        const stream = await body(bound, around);
        if (!link.signal.aborted) return stream;
        // Nobody waits for it any more.
        await stream[Symbol.asyncDispose]();
        throw link.signal.reason;
      });
    } catch (error) {
      link.release();
      throw error;
    }
  }
}

export interface Deadline {
  /** Milliseconds. */
  readonly timeout: number;
  /** The setting it came from, named in the error. */
  readonly key: string;
}

/** A signal that follows the caller's and can be fired by us. */
class LinkedSignal {
  readonly #controller = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#controller.abort(this.#given?.reason);

  constructor(given: AbortSignal | undefined) {
    this.#given = given;
    if (given?.aborted === true) this.#onAbort();
    else given?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  release(): void {
    this.#given?.removeEventListener("abort", this.#onAbort);
  }
}

/** Calls after which a stream no longer listens. */
const ENDINGS = new Set(["close", "abort", "closeForCommit", "dispose"]);

function within({ timeout, key }: Deadline, link: LinkedSignal | undefined): Around {
  return {
    async run(call, body) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => {
            const error = new FileSystemError({
              code: "ETIMEDOUT",
              retryable: true,
              message: `it took longer than ${timeout} ms`,
              hint: `${key} sets the limit`,
            });
            link?.abort(error);
            reject(error);
          },
          Math.min(timeout, LONGEST_TIMER),
        );
      });
      try {
        return await Promise.race([body(), late]);
      } finally {
        clearTimeout(timer);
        if (ENDINGS.has(call.operation)) link?.release();
      }
    },
    runSync: (_call, body) => body(),
  };
}
