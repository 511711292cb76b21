import { compareUtf8, type FileStatus, type ListOptions, Path } from "plugfs";
import type { ListedObject, ListPage } from "./listing.ts";
import { type Context, fileStatus, isFolder, missing } from "./lookup.ts";
import { listPages } from "./pages-ahead.ts";
import { checkedKey, directoryStatus, folderPrefix, isNameable, listedStatus } from "./status.ts";
import type { Store } from "./store.ts";

/**
 * What is in a folder, in UTF-8 byte order of the key, a folder compared as `name/`. One request a page, one more for
 * a file or for nothing, and up to two more to find the place of `startAfter`.
 */
export async function* listStatus(
  store: Store,
  path: Path,
  options: ListOptions,
): AsyncGenerator<FileStatus> {
  checkedKey(path, "listStatus");
  const context: Context = { signal: options.signal, about: { operation: "listStatus", path } };
  const { client } = store;
  const prefix = folderPrefix(path.key);
  const place = options.startAfter && (await placeOf(store, options.startAfter, context));
  const skipped = new Skipped(store, path);
  let found = path.key === "";
  if (prefix !== undefined) {
    const delimiter = options.recursive ? undefined : "/";
    const pages = listPages(client, { prefix, delimiter, startAfter: place, ...context });
    const entries = options.recursive ? descendants(client.bucket, prefix) : children(client.bucket);
    try {
      for await (const page of pages) {
        for (const entry of entries(page)) {
          found = true;
          // The folder's own marker.
          if (entry.at === prefix) continue;
          if (place !== undefined && compareUtf8(entry.at, place) <= 0) continue;
          if (entry.status === undefined) skipped.add(entry.at);
          else yield entry.status;
        }
      }
    } finally {
      skipped.warn();
    }
  }
  if (!found) yield* otherwise(store, path, place, context);
}

/** An entry at its place in the order; without a status when no path can name it. */
interface Entry {
  readonly at: string;
  readonly status: FileStatus | undefined;
}

/** Files and folders of one page, merged. */
function children(bucket: string): (page: ListPage) => Generator<Entry> {
  return function* ({ objects, prefixes }) {
    let next = 0;
    for (const object of objects) {
      for (let folder = prefixes[next]; folder !== undefined; folder = prefixes[++next]) {
        if (compareUtf8(folder, object.key) > 0) break;
        yield folderEntry(bucket, folder);
      }
      yield fileEntry(bucket, object);
    }
    for (const folder of prefixes.slice(next)) yield folderEntry(bucket, folder);
  };
}

/** Files of the pages, and before each the folders that begin with it. An object that no path can name is one entry. */
function descendants(bucket: string, prefix: string): (page: ListPage) => Generator<Entry> {
  let previous = prefix;
  return function* ({ objects }) {
    for (const object of objects) {
      const { key } = object;
      const isMarker = key.endsWith("/");
      const isOdd = key !== prefix && !isNameable(isMarker ? key.slice(0, -1) : key);
      for (let slash = key.indexOf("/", prefix.length); slash >= 0; slash = key.indexOf("/", slash + 1)) {
        const folder = key.slice(0, slash + 1);
        if (isOdd && !isNameable(key.slice(0, slash))) break;
        if (!previous.startsWith(folder)) yield folderEntry(bucket, folder);
      }
      if (isOdd) yield { at: key, status: undefined };
      else if (!isMarker || key === prefix) yield fileEntry(bucket, object);
      previous = key;
    }
  };
}

function folderEntry(bucket: string, folder: string): Entry {
  const key = folder.slice(0, -1);
  return {
    at: folder,
    status: isNameable(key) ? directoryStatus(Path.unsafe("oss", bucket, key)) : undefined,
  };
}

function fileEntry(bucket: string, object: ListedObject): Entry {
  return { at: object.key, status: isNameable(object.key) ? listedStatus(bucket, object) : undefined };
}

/**
 * Where `startAfter` stands in the order: a folder at `name/`. A name that is gone counts as a file's: some entries
 * may come twice then, but none is left out.
 */
async function placeOf(store: Store, startAfter: Path, context: Context): Promise<string> {
  if (startAfter.key === "") return "";
  if ((await fileStatus(store, startAfter, context)) !== undefined) return startAfter.key;
  return (await isFolder(store, startAfter, context)) ? `${startAfter.key}/` : startAfter.key;
}

/** The listing was empty: a file, an empty rest of a folder, or nothing. */
async function* otherwise(
  store: Store,
  path: Path,
  place: string | undefined,
  context: Context,
): AsyncGenerator<FileStatus> {
  const file = await fileStatus(store, path, context);
  if (file !== undefined) {
    if (place === undefined || compareUtf8(path.key, place) > 0) yield file;
    return;
  }
  if (place === undefined || !(await isFolder(store, path, context))) throw missing(context.about);
}

/** Objects that no path can name: told once a listing. */
class Skipped {
  readonly #store: Store;
  readonly #path: Path;
  #count = 0;
  #example = "";

  constructor(store: Store, path: Path) {
    this.#store = store;
    this.#path = path;
  }

  add(key: string): void {
    if (this.#count++ === 0) this.#example = key;
  }

  warn(): void {
    if (this.#count === 0) return;
    const fields = { path: this.#path.toString(), count: this.#count, example: this.#example };
    const message = `${this.#count} objects below '${this.#path}' have keys that no path can name; they are left out`;
    this.#store.logger.warn(fields, message);
  }
}
