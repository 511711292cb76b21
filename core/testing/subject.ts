import assert from "node:assert/strict";
import type {
  Capability,
  CreateOptions,
  FileStatus,
  FileSystem,
  FsDataInputStream,
  ListOptions,
  OpenOptions,
} from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";

/** What one case works on: a file system, and a folder below which nothing is yet. */
export class Subject {
  readonly fs: FileSystem;
  readonly folder: Path;
  readonly #existing: Existing | undefined;

  constructor(fs: FileSystem, folder: Path, existing: Existing | undefined) {
    this.fs = fs;
    this.folder = folder;
    this.#existing = existing;
  }

  at(name: string): Path {
    return this.folder.child(name);
  }

  can(capability: Capability): boolean {
    return this.fs.capabilities.has(capability);
  }

  async put(path: Path, content: string | Uint8Array, options?: CreateOptions): Promise<FileStatus> {
    await using stream = await this.fs.create(path, options);
    await stream.write(typeof content === "string" ? Buffer.from(content) : content);
    return await stream.close();
  }

  async bytes(path: Path, options?: OpenOptions): Promise<Buffer> {
    await using stream = await this.fs.open(path, options);
    return await drain(stream);
  }

  async text(path: Path): Promise<string> {
    return (await this.bytes(path)).toString();
  }

  /** The listing as names relative to `folder`, folders with a `/` at their end. */
  async names(folder: Path, options?: ListOptions): Promise<string[]> {
    const start = folder.key === "" || folder.key.endsWith("/") ? folder.key.length : folder.key.length + 1;
    const found: string[] = [];
    for await (const { path, kind } of this.fs.listStatus(folder, options)) {
      found.push(`${path.key.slice(start)}${kind === "directory" ? "/" : ""}`);
    }
    return found;
  }

  async exists(path: Path): Promise<boolean> {
    try {
      await this.fs.getFileStatus(path);
      return true;
    } catch (error) {
      assert.equal((error as { code?: unknown }).code, "ENOENT");
      return false;
    }
  }

  /** A file to read from: written here, or what `setup` says a read-only store has. */
  async sample(): Promise<Existing> {
    if (this.#existing !== undefined) {
      // Of a Buffer too: it is compared with what is read into a plain array.
      return { path: this.#existing.path, bytes: new Uint8Array(this.#existing.bytes) };
    }
    assert.ok(this.can("write"), "setup of a read-only store must return an `existing` file");
    const sample = { path: this.at("sample"), bytes: randomBytes(100_003, 7) };
    await this.put(sample.path, sample.bytes);
    return sample;
  }
}

export interface Existing {
  readonly path: Path;
  /** At least 1000. */
  readonly bytes: Uint8Array;
}

/** One behaviour that is owed. */
export interface Case {
  readonly name: string;
  /** Without these the case is not owed; what is refused then has cases of its own. */
  readonly needs: readonly Capability[];
  run(subject: Subject): Promise<void>;
}

export async function drain(stream: FsDataInputStream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const chunk of stream.chunks()) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces);
}

/** The same bytes for the same seed (xorshift32). */
export function randomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x & 0xff;
  }
  return bytes;
}

/** Matches a `FileSystemError` by what the contract promises of it. */
export function fails(code: string, path?: Path): { code: string; path?: string } {
  return path === undefined ? { code } : { code, path: path.toString() };
}
