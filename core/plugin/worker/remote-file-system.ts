import type { WatchOptions } from "node:fs";
import type { FileChangeInfo } from "node:fs/promises";
import { errorCode } from "../../errors/errors.ts";
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
} from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import type { PosixCalls, PosixName } from "../../fs/posix.ts";
import type { CallOptions, Link } from "./link.ts";
import type { WireFileSystem, WireInput } from "./messages.ts";
import { PLUGIN_REF } from "./messages.ts";
import { argumentsToWire, nameFromWire, resultFromWire } from "./posix-wire.ts";
import { RemoteInputStream } from "./remote-input.ts";
import { remoteItems } from "./remote-items.ts";
import { RemoteOutputStream } from "./remote-output.ts";
import { RemoteRecoverableWriter } from "./remote-writer.ts";
import type { Supervisor } from "./supervisor.ts";
import { pathToWire, statusFromWire, statusToWire, type WireStatus } from "./wire.ts";

interface WireChange {
  readonly eventType: FileChangeInfo<string>["eventType"];
  readonly filename: string | Uint8Array | null;
}

/** A file system whose work is done in the plugin's worker; made there again when the worker was restarted. */
export class RemoteFileSystem extends FileSystem {
  readonly #supervisor: Supervisor;
  readonly #root: Path;
  /** By worker: the file system in it. */
  readonly #made = new WeakMap<Link, Promise<WireFileSystem>>();
  #capabilities: ReadonlySet<Capability> = new Set();
  #last: Link | undefined;

  private constructor(supervisor: Supervisor, root: Path) {
    super();
    this.#supervisor = supervisor;
    this.#root = root;
  }

  static async make(supervisor: Supervisor, root: Path, signal: AbortSignal): Promise<RemoteFileSystem> {
    const fs = new RemoteFileSystem(supervisor, root);
    await fs.#place(signal);
    return fs;
  }

  override get capabilities(): ReadonlySet<Capability> {
    return this.#capabilities;
  }

  override async getFileStatus(path: Path, options: SignalOption = {}): Promise<FileStatus> {
    return statusFromWire(await this.#call<WireStatus>("getFileStatus", [pathToWire(path)], options));
  }

  override async *listStatus(path: Path, options: ListOptions = {}): AsyncGenerator<FileStatus> {
    const { signal, startAfter, ...rest } = options;
    const args = [pathToWire(path), { ...rest, ...(startAfter && { startAfter: pathToWire(startAfter) }) }];
    const { link, value } = await this.#opened<{ ref: number }>("listStatus", args, signal);
    for await (const status of remoteItems<WireStatus>(link, value.ref, signal)) yield statusFromWire(status);
  }

  override async open(path: Path, options: OpenOptions = {}): Promise<FsDataInputStream> {
    const { signal, status, ...rest } = options;
    const args = [pathToWire(path), { ...rest, ...(status && { status: statusToWire(status) }) }];
    const { link, value } = await this.#opened<WireInput>("open", args, signal);
    return new RemoteInputStream(link, value, signal);
  }

  override async create(path: Path, options: CreateOptions = {}): Promise<FsDataOutputStream> {
    const { signal, ...rest } = options;
    const { link, value } = await this.#opened<{ ref: number }>("create", [pathToWire(path), rest], signal);
    return new RemoteOutputStream(link, value.ref, path, signal);
  }

  override mkdirs(path: Path, options: SignalOption = {}): Promise<void> {
    return this.#call("mkdirs", [pathToWire(path)], options);
  }

  override delete(path: Path, options: DeleteOptions = {}): Promise<boolean> {
    const { signal, ...rest } = options;
    return this.#call("delete", [pathToWire(path), rest], { signal });
  }

  override rename(src: Path, dst: Path, options: RenameOptions = {}): Promise<void> {
    const { signal, ...rest } = options;
    return this.#call("rename", [pathToWire(src), pathToWire(dst), rest], { signal });
  }

  override async copy(src: Path, dst: Path, options: CopyOptions = {}): Promise<FileStatus> {
    const { signal, ...rest } = options;
    const args = [pathToWire(src), pathToWire(dst), rest];
    return statusFromWire(await this.#call<WireStatus>("copy", args, { signal }));
  }

  override async *watch(
    path: Path,
    options: WatchOptions = {},
  ): AsyncGenerator<FileChangeInfo<string | Buffer>> {
    const { signal, ...rest } = options;
    const { link, value } = await this.#opened<{ ref: number }>("watch", [pathToWire(path), rest], signal);
    // A change is told at once, and not when more have come.
    const changes = remoteItems<WireChange>(link, value.ref, signal, 1);
    for await (const { eventType, filename } of changes) {
      yield { eventType, filename: filename && nameFromWire(filename) };
    }
  }

  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    const answered = this.#call("posix", [name, argumentsToWire(call)], {});
    return answered.then((result) => resultFromWire(name, result)) as ReturnType<PosixCalls[K]>;
  }

  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    const { link, ref } = await this.#place();
    const made = await link.call<{ ref: number }>(ref, "createRecoverableWriter", []);
    return new RemoteRecoverableWriter(link, made.ref);
  }

  /** A worker that is gone needs no more word. */
  override async close(): Promise<void> {
    const link = this.#last;
    const made = link === undefined ? undefined : this.#made.get(link);
    if (link?.alive !== true || made === undefined) return;
    await link.call((await made).ref, "close", []).catch((error: unknown) => {
      if (errorCode(error) !== "ERR_PLUGIN_CRASHED") throw error;
    });
  }

  async #call<T>(method: string, args: readonly unknown[], options: CallOptions): Promise<T> {
    const { link, ref } = await this.#place(options.signal);
    const value = await link.call<T>(ref, method, args, { signal: options.signal });
    this.#supervisor.succeeded();
    return value;
  }

  async #opened<T>(
    method: string,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
  ): Promise<{ link: Link; value: T }> {
    const { link, ref } = await this.#place(signal);
    const value = await link.call<T>(ref, method, args, { signal, opens: true });
    this.#supervisor.succeeded();
    return { link, value };
  }

  async #place(signal?: AbortSignal): Promise<{ link: Link; ref: number }> {
    signal?.throwIfAborted();
    const link = await this.#supervisor.link();
    let made = this.#made.get(link);
    if (made === undefined) {
      made = link.call<WireFileSystem>(PLUGIN_REF, "createFileSystem", [pathToWire(this.#root)]);
      this.#made.set(link, made);
      made.catch(() => this.#made.delete(link));
    }
    const { ref, capabilities } = await made;
    this.#last = link;
    this.#capabilities = new Set(capabilities);
    return { link, ref };
  }
}
