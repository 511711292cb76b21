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
import { callPosix, type PosixCalls, type PosixName } from "../posix.ts";

/** Forwards everything, capabilities included; a wrapper overrides what it is about. */
export class DelegatingFileSystem extends FileSystem {
  protected readonly inner: FileSystem;

  constructor(inner: FileSystem) {
    super();
    this.inner = inner;
  }

  override get capabilities(): ReadonlySet<Capability> {
    return this.inner.capabilities;
  }

  override getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus> {
    return this.inner.getFileStatus(path, options);
  }

  override listStatus(path: Path, options?: ListOptions): AsyncIterable<FileStatus> {
    return this.inner.listStatus(path, options);
  }

  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    return this.inner.open(path, options);
  }

  override create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    return this.inner.create(path, options);
  }

  override mkdirs(path: Path, options?: SignalOption): Promise<void> {
    return this.inner.mkdirs(path, options);
  }

  override delete(path: Path, options?: DeleteOptions): Promise<boolean> {
    return this.inner.delete(path, options);
  }

  override rename(src: Path, dst: Path, options?: RenameOptions): Promise<void> {
    return this.inner.rename(src, dst, options);
  }

  override copy(src: Path, dst: Path, options?: CopyOptions): Promise<FileStatus> {
    return this.inner.copy(src, dst, options);
  }

  override createRecoverableWriter(): Promise<RecoverableWriter> {
    return this.inner.createRecoverableWriter();
  }

  override watch(path: Path, options?: WatchOptions): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    return this.inner.watch(path, options);
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    return callPosix(this.inner, name, call);
  }

  override close(): Promise<void> {
    return this.inner.close();
  }
}
