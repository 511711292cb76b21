import type { WatchOptions } from "node:fs";
import type { FileChangeInfo } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type {
  CopyOptions,
  CreateOptions,
  DeleteOptions,
  FileStatus,
  FsDataInputStream,
  FsDataOutputStream,
  ListOptions,
  OpenOptions,
  RecoverableWriter,
  RenameOptions,
  SignalOption,
} from "../contract.ts";
import type { Path } from "../path.ts";
import type { PosixCalls, PosixHandle, PosixName } from "../posix.ts";
import {
  type Around,
  AroundInputStream,
  AroundOutputStream,
  AroundRecoverableStream,
  AroundRecoverableWriter,
} from "./around.ts";
import { batchesOf, itemsOf } from "./batches.ts";
import { DelegatingFileSystem } from "./delegating-file-system.ts";
import { RecoverableOpening } from "./recoverable-opening.ts";
import { steps } from "./steps.ts";

/** Calls after which a stream is no longer in use. */
const ENDINGS = new Set(["close", "abort", "closeForCommit", "dispose"]);

/**
 * Knows what is in use: calls under way, listings, open streams. So a file system can be closed when its last stream
 * has ended (`idle`), or end its streams when the environment closes (`end`).
 *
 * A recoverable writer has no end of its own: once one was handed out, the file system stays in use until `end`.
 */
export class TrackingFileSystem extends DelegatingFileSystem {
  readonly #streams = new Set<(reason: unknown) => Promise<void>>();
  #uses = 0;
  /** Recoverable writers that were handed out. */
  #writers = 0;
  #ended: { readonly reason: unknown } | undefined;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when nothing is in use; never while somebody may hold a recoverable writer. */
  async idle(): Promise<void> {
    await this.quiet();
    if (this.#writers > 0) await new Promise<never>(() => {});
  }

  /** Resolves when no call is under way and no stream is open. */
  async quiet(): Promise<void> {
    do {
      if (this.#uses > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      // A caller may have been given this file system just now and be about to use it.
      await setImmediate();
    } while (this.#uses > 0);
  }

  /** Refuses new calls with `reason`, aborts what is being written, and closes what is being read. */
  async end(reason: unknown): Promise<void> {
    this.#ended = { reason };
    await Promise.allSettled([...this.#streams].map((stop) => stop(reason)));
  }

  override getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus> {
    return this.#use(() => super.getFileStatus(path, options));
  }

  override listStatus(path: Path, options?: ListOptions): AsyncGenerator<FileStatus> {
    const batches = steps<readonly FileStatus[]>(
      async () => {
        const iterator = batchesOf(super.listStatus(path, options));
        this.#begin();
        return iterator;
      },
      async (step, isLeaving) => {
        let isOver = true;
        try {
          if (!isLeaving) this.#check();
          const result = await step();
          isOver = isLeaving || result.done === true;
          return result;
        } finally {
          if (isOver) this.#finish();
        }
      },
    );
    return itemsOf(batches);
  }

  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    return this.#use(async () => {
      const stream = await super.open(path, options);
      const around = await this.#track(() => stream.close());
      return new AroundInputStream(stream, around, { operation: "open", path });
    });
  }

  override create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    return this.#use(async () => {
      const stream = await super.create(path, options);
      const around = await this.#track((reason) => stream.abort(reason));
      return new AroundOutputStream(stream, around, { operation: "create", path });
    });
  }

  override mkdirs(path: Path, options?: SignalOption): Promise<void> {
    return this.#use(() => super.mkdirs(path, options));
  }

  override delete(path: Path, options?: DeleteOptions): Promise<boolean> {
    return this.#use(() => super.delete(path, options));
  }

  override rename(src: Path, dst: Path, options?: RenameOptions): Promise<void> {
    return this.#use(() => super.rename(src, dst, options));
  }

  override copy(src: Path, dst: Path, options?: CopyOptions): Promise<FileStatus> {
    return this.#use(() => super.copy(src, dst, options));
  }

  override createRecoverableWriter(): Promise<RecoverableWriter> {
    return this.#use(async () => {
      const writer = new RecoverableOpening(await super.createRecoverableWriter(), async (call, open) => {
        const stream = await open();
        const around = await this.#track(async () => stream[Symbol.asyncDispose]());
        return new AroundRecoverableStream(stream, around, call);
      });
      this.#writers++;
      return new AroundRecoverableWriter(writer, {
        run: async (call, body) => {
          if (call.operation !== "dispose") this.#check();
          return body();
        },
        runSync: (_call, body) => body(),
      });
    });
  }

  /** A watcher has no end of its own, so it ends with the file system. */
  override async *watch(
    path: Path,
    options: WatchOptions = {},
  ): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    const ending = new AbortController();
    const around = await this.#track(async (reason) => ending.abort(reason));
    const signal = AbortSignal.any([ending.signal, ...(options.signal ? [options.signal] : [])]);
    try {
      yield* super.watch(path, { ...options, signal });
    } catch (error) {
      this.#check();
      throw error;
    } finally {
      await around.run({ operation: "close" }, async () => {});
    }
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    return this.#use(async () => {
      const result = await super.posixCall(name, call);
      if (name === "openHandle") await this.#trackHandle(result as PosixHandle);
      return result;
    }) as ReturnType<PosixCalls[K]>;
  }

  async #trackHandle(handle: PosixHandle): Promise<void> {
    const around = await this.#track(() => handle.close());
    handle.once("close", () => void around.run({ operation: "close" }, async () => {}));
  }

  async #use<T>(call: () => Promise<T>): Promise<T> {
    this.#begin();
    try {
      return await call();
    } finally {
      this.#finish();
    }
  }

  /** Counts a stream as in use until it is closed; `stop` ends it from outside. */
  async #track(stop: (reason: unknown) => Promise<void>): Promise<Around> {
    if (this.#ended !== undefined) {
      await stop(this.#ended.reason);
      throw this.#ended.reason;
    }
    this.#begin();
    this.#streams.add(stop);
    const release = (): void => {
      if (this.#streams.delete(stop)) this.#finish();
    };
    return {
      run: async (call, body) => {
        const ending = ENDINGS.has(call.operation);
        if (!ending || call.operation === "closeForCommit") this.#check();
        try {
          return await body();
        } catch (error) {
          this.#check();
          throw error;
        } finally {
          if (ending) release();
        }
      },
      runSync: (_call, body) => {
        this.#check();
        body();
      },
    };
  }

  #begin(): void {
    this.#check();
    this.#uses++;
  }

  #finish(): void {
    this.#uses--;
    if (this.#uses === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #check(): void {
    if (this.#ended !== undefined) throw this.#ended.reason;
  }
}
