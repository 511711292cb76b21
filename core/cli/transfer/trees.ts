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
 * held, however many there are. A target that is not there counts as empty.
 */
export async function* sideBySide(source: Place, target: Place, signal: AbortSignal): AsyncGenerator<Pair> {
  const left = below(source, signal);
  const right = ifAny(below(target, signal));
  try {
    let a = await left.next();
    let b = await right.next();
    while (a.done !== true || b.done !== true) {
      const order =
        a.done === true ? 1 : b.done === true ? -1 : compareUtf8(sortKey(a.value), sortKey(b.value));
      if (order < 0 && a.done !== true) {
        yield { name: a.value.name, source: a.value.status };
        a = await left.next();
      } else if (order > 0 && b.done !== true) {
        yield { name: b.value.name, target: b.value.status };
        b = await right.next();
      } else if (a.done !== true && b.done !== true) {
        yield { name: a.value.name, source: a.value.status, target: b.value.status };
        [a, b] = [await left.next(), await right.next()];
      }
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
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
