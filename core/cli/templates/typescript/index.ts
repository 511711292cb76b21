import type { FileStatus, Path } from "plugfs";
import * as plugfs from "plugfs";

// An option is declared in package.json too: `plugfs conf --defaults` shows it, and imports no plugin for that.
const MAXIMUM = plugfs.option.memory("fs.example-template.file.maximum", { default: 64 * 2 ** 20 });

/**
 * example-template://name/…: a complete file system in memory, to be rewritten into yours. plugfs makes one factory for
 * each environment; the contract is explained, method by method, in core/README.md of plugfs.
 */
export default class ExampleTemplateFactory implements plugfs.FileSystemFactory {
  readonly scheme = "example-template";
  #maximum = MAXIMUM.default;

  // What comes from a configuration stays in the object, never in module scope: environments differ.
  configure(configuration: plugfs.Configuration): void {
    this.#maximum = configuration.get(MAXIMUM);
  }

  // Once for each example-template://name. A client of a store, with its connections, would be made here.
  create(): plugfs.FileSystem {
    return new ExampleTemplateFileSystem(this.#maximum);
  }
}

class ExampleTemplateFileSystem extends plugfs.FileSystem {
  // Promise only what holds. Leave out "write" for a read-only store: the base class then answers ENOTSUP for you.
  readonly capabilities = new Set<plugfs.Capability>(["write", "atomic-create", "atomic-rename"]);
  readonly #entries = new Map<string, { status: FileStatus; bytes: Buffer }>(); // folders are entries too
  readonly #maximum: number;

  constructor(maximum: number) {
    super();
    this.#maximum = maximum;
  }

  async getFileStatus(path: Path, options: plugfs.SignalOption = {}): Promise<FileStatus> {
    options.signal?.throwIfAborted(); // every call takes a signal; a real store passes it on to its requests
    // An error needs a code and a path; plugfs adds the operation, the scheme and this plugin's id.
    return this.#find(path) ?? refuse("ENOENT", path);
  }

  async *listStatus(path: Path, options: plugfs.ListOptions = {}): AsyncGenerator<FileStatus> {
    const top = await this.getFileStatus(path, options);
    const after = options.startAfter && (this.#find(options.startAfter) ?? { path: options.startAfter });
    const found = top.kind === "file" ? [top] : this.#below(path, options.recursive === true);
    // Sorted by the bytes of the key, a folder as "name/", so that a listing can go on after any of its entries.
    for (const status of found.sort(inOrder)) {
      if (after === undefined || inOrder(status, after) > 0) yield status;
    }
  }

  async open(path: Path, options: plugfs.OpenOptions = {}): Promise<plugfs.FsDataInputStream> {
    const status = await this.getFileStatus(path, options);
    if (status.kind === "directory") refuse("EISDIR", path);
    const bytes = this.#entries.get(path.key)?.bytes ?? refuse("ENOENT", path);
    // plugfs makes the stream out of one function, which may read less than `into` holds.
    const readAt = async (position: number, into: Uint8Array) => bytes.copy(into, 0, position);
    return new plugfs.RandomAccessInputStream({ ...options, status, readAt });
  }

  override async create(path: Path, options: plugfs.CreateOptions = {}): Promise<plugfs.FsDataOutputStream> {
    options.signal?.throwIfAborted();
    this.#makeRoom(path, options.overwrite);
    const pieces: Uint8Array[] = [];
    let left = this.#maximum;
    // And this one out of three. Nothing may be visible before `finish` resolves, nor ever after `discard`.
    return new plugfs.SerialOutputStream({
      ...{ path, signal: options.signal },
      write: async (bytes) => {
        left -= bytes.byteLength;
        if (left < 0) refuse("EFBIG", path);
        pieces.push(Uint8Array.from(bytes)); // a copy: the caller uses its buffer again
      },
      finish: async () => {
        this.#makeRoom(path, options.overwrite); // "atomic-create": whoever wrote it meanwhile was first
        return this.#put(path, "file", Buffer.concat(pieces));
      },
      discard: async () => void pieces.splice(0),
    });
  }

  override async mkdirs(path: Path, options: plugfs.SignalOption = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.#find(path)?.kind === "file") refuse("EEXIST", path);
    this.#makeParents(path.child("any"));
  }

  override async delete(path: Path, options: plugfs.DeleteOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    const inside = this.#below(path, true);
    if (inside.length > 0 && options.recursive !== true) refuse("ENOTEMPTY", path);
    for (const status of inside) this.#entries.delete(status.path.key);
    return this.#entries.delete(path.key) || inside.length > 0;
  }

  override async rename(src: Path, dst: Path, options: plugfs.RenameOptions = {}): Promise<void> {
    const { kind } = await this.getFileStatus(src, options);
    if (dst.startsWith(src)) refuse("EINVAL", dst);
    if (options.overwrite && kind === "directory" && this.#find(dst)?.kind === "file") refuse("ENOTDIR", dst);
    this.#makeRoom(dst, options.overwrite);
    for (const [key, { status, bytes }] of [...this.#entries]) {
      if (!status.path.startsWith(src)) continue;
      this.#entries.delete(key);
      this.#put(key === src.key ? dst : dst.child(key.slice(src.key.length + 1)), status.kind, bytes);
    }
  }

  /** Throws unless a file can be put here; makes its parents. */
  #makeRoom(path: Path, overwrite = false): void {
    const kind = this.#find(path)?.kind;
    if (kind !== undefined && !overwrite) refuse("EEXIST", path);
    if (kind === "directory") refuse("EISDIR", path);
    this.#makeParents(path);
  }

  #makeParents({ parent }: Path): void {
    if (parent === null || this.#find(parent)?.kind === "directory") return;
    if (this.#find(parent)?.kind === "file") refuse("ENOTDIR", parent);
    this.#makeParents(parent);
    this.#put(parent, "directory");
  }

  #find(path: Path): FileStatus | undefined {
    if (path.key === "") return { path, kind: "directory", length: 0, modificationTime: 0 };
    return this.#entries.get(path.key)?.status;
  }

  #below(folder: Path, recursive: boolean): FileStatus[] {
    const isBelow = (path: Path) => (recursive ? path.startsWith(folder) : path.parent?.equals(folder));
    const all = [...this.#entries.values()].map(({ status }) => status);
    return all.filter(({ path }) => isBelow(path) && !path.equals(folder));
  }

  #put(path: Path, kind: FileStatus["kind"], bytes: Buffer = Buffer.alloc(0)): FileStatus {
    const status = { path, kind, length: bytes.byteLength, modificationTime: Date.now() };
    this.#entries.set(path.key, { status, bytes });
    return status;
  }
}

function refuse(code: plugfs.FileSystemErrorCode, path: Path): never {
  throw new plugfs.FileSystemError({ code, path });
}

function inOrder(...places: { path: Path; kind?: string }[]): number {
  const [a = "", b = ""] = places.map(({ path, kind }) => (kind === "directory" ? `${path.key}/` : path.key));
  return plugfs.compareUtf8(a, b);
}
