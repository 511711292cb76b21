import type { WatchOptions } from "node:fs";
import type { FileChangeInfo } from "node:fs/promises";
import {
  type Capability,
  type CopyOptions,
  type CreateOptions,
  type DeleteOptions,
  type FileStatus,
  FileSystem,
  type FsDataInputStream,
  type FsDataOutputStream,
  type ListOptions,
  type OpenOptions,
  type RecoverableWriter,
  type RenameOptions,
  type SignalOption,
} from "../contract.ts";
import type { Path } from "../path.ts";
import { callPosix, type PosixCalls, type PosixName, pathsOf } from "../posix.ts";
import {
  type Around,
  AroundInputStream,
  AroundOutputStream,
  AroundRecoverableWriter,
  aroundIterable,
  aroundIterator,
  type Call,
} from "./around.ts";
import { batchesOf, itemsOf } from "./batches.ts";

/** Sends every call of a file system, and of all that it hands out, through one {@link Around}. */
export class AroundFileSystem extends FileSystem {
  readonly #inner: FileSystem;
  readonly #around: Around;

  constructor(inner: FileSystem, around: Around) {
    super();
    this.#inner = inner;
    this.#around = around;
  }

  override get capabilities(): ReadonlySet<Capability> {
    return this.#inner.capabilities;
  }

  override getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus> {
    return this.#run("getFileStatus", path, options, () => this.#inner.getFileStatus(path, options));
  }

  override listStatus(path: Path, options?: ListOptions): AsyncIterable<FileStatus> {
    const call = { operation: "listStatus", path, signal: options?.signal };
    return itemsOf(
      aroundIterator(this.#around, call, () => batchesOf(this.#inner.listStatus(path, options))),
    );
  }

  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    const call = { operation: "open", path, signal: options?.signal };
    return this.#around.run(call, async () => {
      return new AroundInputStream(
        await this.#inner.open(path, options),
        this.#ofStream(call, "input"),
        call,
      );
    });
  }

  override create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    const call = { operation: "create", path, signal: options?.signal };
    return this.#around.run(call, async () => {
      return new AroundOutputStream(
        await this.#inner.create(path, options),
        this.#ofStream(call, "output"),
        call,
      );
    });
  }

  override mkdirs(path: Path, options?: SignalOption): Promise<void> {
    return this.#run("mkdirs", path, options, () => this.#inner.mkdirs(path, options));
  }

  override delete(path: Path, options?: DeleteOptions): Promise<boolean> {
    return this.#run("delete", path, options, () => this.#inner.delete(path, options));
  }

  override rename(src: Path, dst: Path, options?: RenameOptions): Promise<void> {
    return this.#run("rename", src, options, () => this.#inner.rename(src, dst, options), dst);
  }

  override copy(src: Path, dst: Path, options?: CopyOptions): Promise<FileStatus> {
    return this.#run("copy", src, options, () => this.#inner.copy(src, dst, options), dst);
  }

  override createRecoverableWriter(): Promise<RecoverableWriter> {
    return this.#around.run({ operation: "createRecoverableWriter" }, async () => {
      return new AroundRecoverableWriter(await this.#inner.createRecoverableWriter(), this.#around);
    });
  }

  override watch(path: Path, options?: WatchOptions): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    const call = { operation: "watch", path, signal: options?.signal };
    return aroundIterable(this.#around, call, () => this.#inner.watch(path, options));
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    const [path, dest] = pathsOf(call);
    const body = async () => callPosix(this.#inner, name, call);
    return this.#around.run({ operation: name, path, dest }, body) as ReturnType<PosixCalls[K]>;
  }

  override close(): Promise<void> {
    return this.#around.run({ operation: "close" }, () => this.#inner.close());
  }

  #ofStream(opened: Call, direction: "input" | "output"): Around {
    return this.#around.stream?.(opened, direction) ?? this.#around;
  }

  #run<T>(
    operation: string,
    path: Path,
    options: SignalOption | undefined,
    body: () => Promise<T>,
    dest?: Path,
  ): Promise<T> {
    return this.#around.run({ operation, path, dest, signal: options?.signal }, body);
  }
}
