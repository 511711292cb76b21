import { compareUtf8, type FileStatus, type ListOptions, Path } from "plugfs";
import type { ListedObject, ListPage } from "./listing.ts";
import { type Context, fileStatus, isFolder, missing } from "./lookup.ts";
import { listPages } from "./pages-ahead.ts";
import { checkedKey, directoryStatus, folderPrefix, isNameable, listedStatus } from "./status.ts";
import type { Store } from "./store.ts";

/** A listing, and with `batches` the same by whole pages, which is what plugfs reads. */
export interface Listing extends AsyncGenerator<FileStatus> {
  batches(): AsyncGenerator<readonly FileStatus[], void>;
}

/**
 * What is in a folder, in UTF-8 byte order of the key, a folder compared as `name/`. One request a page (see
 * `listPages`), one more for a file or for nothing, and up to two more to find the place of `startAfter`.
 */
export function listStatus(store: Store, path: Path, options: ListOptions): Listing {
  const batches = listBatches(store, path, options);
  const entries = (async function* () {
    for await (const batch of batches) yield* batch;
  })();
  return Object.assign(entries, { batches: () => batches });
}

async function* listBatches(
  store: Store,
  path: Path,
  options: ListOptions,
): AsyncGenerator<readonly FileStatus[], void> {
  checkedKey(path, "listStatus");
  const context: Context = { signal: options.signal, about: { operation: "listStatus", path } };
  const { client } = store;
  const prefix = folderPrefix(path.key);
  const place = options.startAfter && (await placeOf(store, options.startAfter, context));
  let found = path.key === "";
  if (prefix !== undefined) {
    const entries = new Entries(client.bucket, prefix, place);
    const delimiter = options.recursive ? undefined : "/";
    const pages = listPages(client, { prefix, delimiter, startAfter: place, ...context });
    const add = options.recursive ? descendants(entries, prefix) : children(entries);
    try {
      for await (const page of pages) {
        found ||= page.objects.length + page.prefixes.length > 0;
        add(page);
        const batch = entries.take();
        if (batch.length > 0) yield batch;
      }
    } finally {
      entries.warn(store, path);
    }
  }
  if (!found) yield await otherwise(store, path, place, context);
}

/** Files and folders of one page, merged. */
function children(entries: Entries): (page: ListPage) => void {
  return ({ objects, prefixes }) => {
    let next = 0;
    for (const object of objects) {
      for (let folder = prefixes[next]; folder !== undefined; folder = prefixes[++next]) {
        if (compareUtf8(folder, object.key) > 0) break;
        entries.addFolder(folder);
      }
      entries.addFile(object);
    }
    for (const folder of prefixes.slice(next)) entries.addFolder(folder);
  };
}

/** Files of the pages, and before each the folders that begin with it. An object that no path can name is one entry. */
function descendants(entries: Entries, prefix: string): (page: ListPage) => void {
  let previous = prefix;
  return ({ objects }) => {
    for (const object of objects) {
      const { key } = object;
      const isMarker = key.endsWith("/");
      const isOdd = key !== prefix && !isNameable(isMarker ? key.slice(0, -1) : key);
      for (let slash = key.indexOf("/", prefix.length); slash >= 0; slash = key.indexOf("/", slash + 1)) {
        const folder = key.slice(0, slash + 1);
        if (isOdd && !isNameable(key.slice(0, slash))) break;
        if (!previous.startsWith(folder)) entries.addFolder(folder);
      }
      if (isOdd) entries.skip(key);
      else if (!isMarker) entries.addFile(object);
      previous = key;
    }
  };
}

/** What a listing yields of what it finds: not its own folder, and only what comes after `place`. */
class Entries {
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #place: string | undefined;
  #batch: FileStatus[] = [];
  /** Objects that no path can name: told once a listing. */
  #skipped = 0;
  #example = "";

  constructor(bucket: string, prefix: string, place: string | undefined) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#place = place;
  }

  addFolder(folder: string): void {
    if (!this.#isWanted(folder)) return;
    const key = folder.slice(0, -1);
    if (isNameable(key)) this.#batch.push(directoryStatus(Path.unsafe("oss", this.#bucket, key)));
    else this.skip(folder);
  }

  addFile(object: ListedObject): void {
    const { key } = object;
    if (!this.#isWanted(key)) return;
    if (isNameable(key)) this.#batch.push(listedStatus(this.#bucket, object));
    else this.skip(key);
  }

  skip(key: string): void {
    if (this.#isWanted(key) && this.#skipped++ === 0) this.#example = key;
  }

  take(): readonly FileStatus[] {
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  warn(store: Store, path: Path): void {
    if (this.#skipped === 0) return;
    const fields = { path: path.toString(), count: this.#skipped, example: this.#example };
    const message = `${this.#skipped} objects below '${path}' have keys that no path can name; they are left out`;
    store.logger.warn(fields, message);
  }

  #isWanted(at: string): boolean {
    return at !== this.#prefix && (this.#place === undefined || compareUtf8(at, this.#place) > 0);
  }
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
async function otherwise(
  store: Store,
  path: Path,
  place: string | undefined,
  context: Context,
): Promise<readonly FileStatus[]> {
  const file = await fileStatus(store, path, context);
  if (file !== undefined) return place === undefined || compareUtf8(path.key, place) > 0 ? [file] : [];
  if (place === undefined || !(await isFolder(store, path, context))) throw missing(context.about);
  return [];
}
