import { randomUUID } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Backend, Blob, BlobWriter } from "./backend.ts";

const BUFFER = 1 << 20;
const SMALL = 64 * 1024;

/**
 * Keeps blobs as files of `folder/blobs` and records as JSON files of `folder/records`. File names come from
 * counters and hashes, never from a client. A blob is complete before a record names it, and a record replaces
 * the one before it by a rename, so a process killed at any moment leaves the old state or the new one. Power
 * loss is another matter: nothing is flushed to the disk (`fsync`).
 *
 * @throws Error when another running server uses the folder
 */
export function diskBackend(folder: string): Backend {
  const blobs = join(folder, "blobs");
  const records = join(folder, "records");
  const temporary = join(folder, "temporary");
  for (const path of [blobs, records]) mkdirSync(path, { recursive: true });
  const unlock = lock(join(folder, "lock"));
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  const removals = new Set<Promise<void>>();
  const madeFolders = new Set<string>();

  return {
    writer: () => new DiskWriter(join(blobs, randomUUID())),
    removeBlob(blob) {
      const removal = unlink(join(blobs, blob.id)).catch(() => {});
      removals.add(removal);
      void removal.then(() => removals.delete(removal));
    },
    save(name, record) {
      const target = join(records, `${name}.json`);
      const parent = dirname(target);
      if (!madeFolders.has(parent)) {
        mkdirSync(parent, { recursive: true });
        madeFolders.add(parent);
      }
      const draft = join(temporary, randomUUID());
      writeFileSync(draft, JSON.stringify(record));
      renameSync(draft, target);
    },
    forget(name) {
      rmSync(join(records, `${name}.json`), { force: true });
    },
    async load() {
      const found: [string, unknown][] = [];
      for (const entry of readdirSync(records, { recursive: true, encoding: "utf8" })) {
        if (!entry.endsWith(".json")) continue;
        const name = entry.slice(0, -".json".length).replaceAll("\\", "/");
        found.push([name, JSON.parse(readFileSync(join(records, entry), "utf8"))]);
      }
      const there = new Map<string, Blob>();
      for (const id of readdirSync(blobs)) {
        const path = join(blobs, id);
        there.set(id, new DiskBlob(id, path, statSync(path).size));
      }
      return { records: found, blobs: there };
    },
    async close() {
      await Promise.all(removals);
      unlock();
    },
  };
}

/** A lock file with the owner's process id; one left by a process that is gone is taken over. */
function lock(path: string): () => void {
  for (;;) {
    try {
      writeFileSync(openSync(path, "wx"), String(process.pid));
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number.parseInt(readFileSync(path, "utf8"), 10);
    if (Number.isInteger(owner) && isAlive(owner)) {
      throw new Error(
        `The data folder is in use by process ${owner} (${path}). Stop it or take another folder.`,
      );
    }
    rmSync(path, { force: true });
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

class DiskWriter implements BlobWriter {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;
  #size = 0;
  #finished = false;

  constructor(path: string) {
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#file ??= open(this.#path, "wx");
    const file = await this.#file;
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, from, bytes.length - from);
      from += bytesWritten;
    }
    this.#size += bytes.length;
  }

  async finish(): Promise<Blob> {
    this.#file ??= open(this.#path, "wx");
    await (await this.#file).close();
    this.#finished = true;
    return new DiskBlob(this.#path.slice(dirname(this.#path).length + 1), this.#path, this.#size);
  }

  async abort(): Promise<void> {
    if (this.#finished || this.#file === undefined) return;
    const file = await this.#file.catch(() => undefined);
    await file?.close().catch(() => {});
    await unlink(this.#path).catch(() => {});
  }
}

class DiskBlob implements Blob {
  readonly id: string;
  readonly size: number;
  readonly #path: string;

  constructor(id: string, path: string, size: number) {
    this.id = id;
    this.#path = path;
    this.size = size;
  }

  view(start: number, end: number): Uint8Array | undefined {
    if (start === end) return new Uint8Array(0);
    if (end - start > SMALL) return undefined;
    const [piece] = this.chunks(start, end);
    return piece;
  }

  /**
   * Read at once, on the spot: from the page cache, where test data lies, that costs a third less than a detour
   * through the thread pool.
   */
  *chunks(start: number, end: number): Iterable<Uint8Array> {
    const file = openSync(this.#path, "r");
    try {
      const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER, end - start));
      while (start < end) {
        const count = readSync(file, buffer, 0, Math.min(buffer.length, end - start), start);
        if (count === 0) throw new Error(`The blob ${this.id} ends before byte ${end}.`);
        start += count;
        yield buffer.subarray(0, count);
      }
    } finally {
      closeSync(file);
    }
  }
}
