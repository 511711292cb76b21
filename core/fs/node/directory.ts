import type { Dir } from "node:fs";
import { relative } from "node:path";
import { FileSystemError } from "../../errors/errors.ts";
import { Path } from "../path.ts";
import { kindOf, UriDirent } from "./entries.ts";
import { below, isPosix, type Place, shown } from "./places.ts";

/** An entry of a folder, and its path relative to it. */
export interface Entry {
  readonly dirent: UriDirent;
  readonly name: string;
  readonly path: Path;
}

/**
 * What is in a folder, as Node lists it: links as links where there are such, never followed. `given` is how the caller
 * named the folder, for `parentPath`.
 */
export async function* entriesOf(
  place: Place,
  options: { readonly recursive?: boolean | undefined; readonly given?: string | undefined },
): AsyncGenerator<Entry> {
  const { fileSystem, path: folder } = place;
  const { recursive = false, given = shown(folder) } = options;
  const made = (kind: ConstructorParameters<typeof UriDirent>[0], name: string, path: Path): Entry => {
    const slash = name.lastIndexOf("/");
    const parent = slash < 0 ? given : `${given.replace(/\/$/, "")}/${name.slice(0, slash)}`;
    return { dirent: new UriDirent(kind, name.slice(slash + 1), parent), name, path };
  };
  if (isPosix(place)) {
    for (const entry of await fileSystem.readdir(folder, { recursive, withFileTypes: true })) {
      const above = relative(folder.key, entry.parentPath);
      const name = above === "" ? entry.name : `${above}/${entry.name}`;
      yield made(kindOf(entry), name, Path.unsafe(folder.scheme, folder.authority, join(folder.key, name)));
    }
    return;
  }
  for await (const { path, kind } of fileSystem.listStatus(folder, { recursive })) {
    if (path.equals(folder)) {
      throw new FileSystemError({ code: "ENOTDIR", path: folder, operation: "readdir" });
    }
    yield made(kind, below(folder, path), path);
  }
}

/** Node's `Dir`: a folder read entry by entry. */
export class UriDir implements Dir {
  readonly path: string;
  readonly #entries: AsyncGenerator<Entry>;
  #first: Promise<IteratorResult<Entry>> | undefined;
  #closed = false;

  private constructor(path: string, entries: AsyncGenerator<Entry>) {
    this.path = path;
    this.#entries = entries;
  }

  /** Rejects at once where there is no folder. */
  static async open(place: Place, given: string, recursive: boolean): Promise<UriDir> {
    const dir = new UriDir(given, entriesOf(place, { recursive, given }));
    dir.#first = dir.#entries.next();
    await dir.#first;
    return dir;
  }

  /** After `close` it is `ERR_DIR_CLOSED`. */
  read(): Promise<UriDirent | null>;
  read(done: (error: Error | null, entry: UriDirent | null) => void): void;
  read(done?: (error: Error | null, entry: UriDirent | null) => void): Promise<UriDirent | null> | undefined {
    if (done === undefined) return this.#read();
    this.#read().then(
      (entry) => done(null, entry),
      (error: Error) => done(error, null),
    );
    return undefined;
  }

  close(): Promise<void>;
  close(done: (error?: Error | null) => void): void;
  close(done?: (error?: Error | null) => void): Promise<void> | undefined {
    if (done === undefined) return this.#close();
    this.#close().then(() => done(null), done);
    return undefined;
  }

  /** No store is read without waiting. */
  readSync(): never {
    throw new FileSystemError({ code: "ENOTSUP", operation: "readSync" });
  }
  closeSync(): never {
    throw new FileSystemError({ code: "ENOTSUP", operation: "closeSync" });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<UriDirent> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      if (!this.#closed) await this.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  async #read(): Promise<UriDirent | null> {
    this.#check();
    const next = this.#first ?? this.#entries.next();
    this.#first = undefined;
    const { done, value } = await next;
    return done === true ? null : value.dirent;
  }

  async #close(): Promise<void> {
    this.#check();
    this.#closed = true;
    await this.#entries.return(undefined);
  }

  #check(): void {
    if (!this.#closed) return;
    throw Object.assign(new Error("Directory handle was closed"), { code: "ERR_DIR_CLOSED" });
  }
}

function join(key: string, name: string): string {
  return key === "" || key.endsWith("/") ? `${key}${name}` : `${key}/${name}`;
}
