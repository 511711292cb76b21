import { errorCode } from "../../errors/errors.ts";
import type { FileStatus } from "../../fs/contract.ts";
import { compareUtf8 } from "../../fs/utf8-order.ts";
import type { Place } from "../context.ts";

/** Something below a folder. */
export interface Entry {
  /** Relative to the folder, without a trailing `/`. */
  readonly name: string;
  readonly status: FileStatus;
}

/** One name in two folders. */
export interface Pair {
  readonly name: string;
  readonly source?: FileStatus;
  readonly target?: FileStatus;
  /** Whether a file of this name can be made at the target: no folder has the name, and nothing above it is a file. */
  readonly isClear?: boolean;
}

/** Everything below a folder, in the contract's order. Rejects with `ENOTDIR` for a file. */
export async function* below({ path, fileSystem }: Place, signal: AbortSignal): AsyncGenerator<Entry> {
  const start = path.key === "" || path.key.endsWith("/") ? path.key.length : path.key.length + 1;
  for await (const status of fileSystem.listStatus(path, { recursive: true, signal })) {
    yield { name: status.path.key.slice(start), status };
  }
}

/**
 * Two folders side by side, in the contract's order. Both listings are sorted, so that one entry of each is all that is
 * held, however many there are. A target that is not there counts as empty. Where the target has `patience` entries more
 * than the source, it is read no further: from there on nothing is known of it.
 */
export async function* sideBySide(
  source: Place,
  target: Place,
  signal: AbortSignal,
  patience = Number.POSITIVE_INFINITY,
): AsyncGenerator<Pair> {
  const left = below(source, signal);
  const right = ifAny(below(target, signal));
  const files = new FilesAbove();
  let more = 0;
  try {
    let a = await left.next();
    let b = await right.next();
    while (a.done !== true || b.done !== true) {
      const order =
        a.done === true ? 1 : b.done === true ? -1 : compareUtf8(sortKey(a.value), sortKey(b.value));
      if (order < 0 && a.done !== true) {
        const { name, status } = a.value;
        const isClear = !files.pass(a.value) && !mayBeFolder(name, b);
        yield { name, source: status, isClear: isClear && more <= patience };
        if (more <= patience) more--;
        a = await left.next();
      } else if (order > 0 && b.done !== true) {
        files.pass(b.value);
        yield { name: b.value.name, target: b.value.status };
        if (++more > patience) await right.return(undefined);
        b = await right.next();
      } else if (a.done !== true && b.done !== true) {
        const isClear = !files.pass(a.value);
        yield { name: a.value.name, source: a.value.status, target: b.value.status, isClear };
        [a, b] = [await left.next(), await right.next()];
      }
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
}

/** One folder beside one that is not there yet. */
export async function* besideNothing(source: Place, signal: AbortSignal): AsyncGenerator<Pair> {
  const files = new FilesAbove();
  for await (const entry of below(source, signal)) {
    yield { name: entry.name, source: entry.status, isClear: !files.pass(entry) };
  }
}

/** The files among sorted names that something which follows may lie below, as if they were folders. */
class FilesAbove {
  readonly #files: string[] = [];

  /** Takes note of the next entry; tells whether a file is above it. */
  pass({ name, status }: Entry): boolean {
    // Names that begin alike follow each other.
    while (!name.startsWith(this.#files.at(-1) ?? "")) this.#files.pop();
    const isBelow = this.#files.some((file) => name[file.length] === "/");
    if (status.kind === "file") this.#files.push(name);
    return isBelow;
  }
}

/** Whether a listing that has come to `next` may still tell of a folder of this name. */
function mayBeFolder(name: string, next: IteratorResult<Entry>): boolean {
  if (next.done === true) return false;
  const key = sortKey(next.value);
  return key.startsWith(name) && (key[name.length] ?? "") <= "/";
}

function sortKey({ name, status }: Entry): string {
  return status.kind === "directory" ? `${name}/` : name;
}

async function* ifAny(entries: AsyncGenerator<Entry>): AsyncGenerator<Entry> {
  try {
    yield* entries;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Leaves out folders that hold something: those come into being with what is in them. */
export async function* withoutFullFolders(pairs: AsyncIterable<Pair>): AsyncGenerator<Pair> {
  let folder: Pair | undefined;
  for await (const pair of pairs) {
    if (folder !== undefined && !pair.name.startsWith(`${folder.name}/`)) yield folder;
    folder = undefined;
    if (pair.source?.kind === "directory") folder = pair;
    else yield pair;
  }
  if (folder !== undefined) yield folder;
}
