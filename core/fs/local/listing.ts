import type { BigIntStats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { errorCode } from "../../errors/errors.ts";
import type { FileStatus, ListOptions } from "../contract.ts";
import { Path } from "../path.ts";
import { compareUtf8 } from "../utf8-order.ts";
import { statsIfAny, statusOf } from "./status.ts";

/** Entries whose `stat` calls run at once. */
const STAT_BATCH = 32;

interface Entry {
  readonly path: Path;
  /** The name as it sorts: a folder ends in `/`. */
  readonly key: string;
  readonly stats: BigIntStats | undefined;
}

/** Told of names that are no valid Unicode, which no `Path` can hold. */
export type Unnameable = (directory: Path, count: number) => void;

/**
 * Lists a folder in the contract's order. Holds the names of one folder (and of those above it) at a time.
 *
 * Links are what they point to, and are followed by a recursive listing, but never into one of the folders above them.
 * One that leads nowhere is a file of length 0, so that nobody takes the folder for empty. Entries that vanish
 * meanwhile are left out.
 */
export async function* listDirectory(
  directory: Path,
  options: ListOptions,
  unnameable: Unnameable,
): AsyncGenerator<FileStatus> {
  const after = options.startAfter === undefined ? "" : await relativeKey(directory, options.startAfter);
  if (after === null) return;
  yield* walk({ folder: directory, above: [], after, options, unnameable });
}

interface Walk {
  readonly folder: Path;
  /** Identities of the folders on the way here. */
  readonly above: readonly string[];
  /** Only what sorts after this key, relative to the folder; `""` is before everything. */
  readonly after: string;
  readonly options: ListOptions;
  readonly unnameable: Unnameable;
}

async function* walk(task: Walk): AsyncGenerator<FileStatus> {
  const { folder, above, after, options, unnameable } = task;
  options.signal?.throwIfAborted();
  const self = await identity(folder);
  if (above.includes(self)) return;
  const names = await sortedNames(folder, after, unnameable);
  for (let first = 0; first < names.length; first += STAT_BATCH) {
    options.signal?.throwIfAborted();
    for (const { path, key, stats } of await Promise.all(
      names.slice(first, first + STAT_BATCH).map(withStats),
    )) {
      if (stats === undefined) continue;
      const status = statusOf(path, stats);
      if (compareUtf8(key, after) > 0) yield status;
      if (options.recursive !== true || status.kind === "file") continue;
      const inside = after.startsWith(key) ? after.slice(key.length) : "";
      yield* unlessGone(walk({ ...task, folder: path, above: [...above, self], after: inside }));
    }
  }
}

/** A folder that vanished while its parent was listed is left out like a file that did. */
async function* unlessGone(entries: AsyncGenerator<FileStatus>): AsyncGenerator<FileStatus> {
  try {
    yield* entries;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** `startAfter` as a key relative to the folder: `""` when everything comes after it, null when nothing does. */
async function relativeKey(directory: Path, startAfter: Path): Promise<string | null> {
  const prefix = directory.key.endsWith("/") ? directory.key : `${directory.key}/`;
  if (!startAfter.key.startsWith(prefix)) {
    return startAfter.equals(directory) || compareUtf8(startAfter.key, prefix) < 0 ? "" : null;
  }
  const isFolder = (await statsIfAny(startAfter.key))?.isDirectory() === true;
  return `${startAfter.key.slice(prefix.length)}${isFolder ? "/" : ""}`;
}

async function sortedNames(folder: Path, after: string, unnameable: Unnameable): Promise<Entry[]> {
  const listed = await readdir(folder.key, { withFileTypes: true, encoding: "buffer" });
  const entries: Entry[] = [];
  let skipped = 0;
  for (const item of listed) {
    const bytes = item.name as unknown as Buffer;
    const name = bytes.toString();
    if (name.includes("\uFFFD") && !Buffer.from(name).equals(bytes)) {
      skipped++;
      continue;
    }
    const path = child(folder, name);
    const stats = item.isSymbolicLink() ? await statsOf(path) : undefined;
    const isFolder = stats === undefined ? item.isDirectory() : stats.isDirectory();
    const key = isFolder ? `${name}/` : name;
    // A folder that `after` lies in sorts before it, but what is in the folder may not.
    if (compareUtf8(key, after) > 0 || (isFolder && after.startsWith(key)))
      entries.push({ path, key, stats });
  }
  if (skipped > 0) unnameable(folder, skipped);
  return entries.sort((a, b) => compareUtf8(a.key, b.key));
}

async function withStats(entry: Entry): Promise<Entry> {
  return entry.stats === undefined ? { ...entry, stats: await statsOf(entry.path) } : entry;
}

async function statsOf(path: Path): Promise<BigIntStats | undefined> {
  try {
    return await stat(path.key, { bigint: true });
  } catch {
    // A link that leads nowhere, in a circle or to where we may not look is an entry all the same.
  }
  try {
    const link = await lstat(path.key, { bigint: true });
    if (link.isSymbolicLink()) link.size = 0n;
    return link;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function identity(folder: Path): Promise<string> {
  const stats = await stat(folder.key, { bigint: true });
  return `${stats.dev}:${stats.ino}`;
}

function child(folder: Path, name: string): Path {
  const prefix = folder.key.endsWith("/") ? folder.key : `${folder.key}/`;
  return Path.unsafe("file", "", prefix + name);
}
