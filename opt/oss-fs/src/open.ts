import { type FileStatus, FileSystemError, type OpenOptions, type Path } from "plugfs";
import type { About } from "./errors.ts";
import { MIN_READ_BYTES } from "./prefetch.ts";
import { openFirstRange, staleError } from "./range.ts";
import { OssInputStream } from "./read.ts";
import { headerStatus } from "./status.ts";
import type { Store } from "./store.ts";

const FIRST_BYTES = 1024 * 1024;

/**
 * Opens an object for reading: one request, which brings its first bytes too (none when `options.status` is given; a
 * HEAD more when nothing is to be read). Rejects with `ENOENT` when there is no such object.
 */
export async function openInput(
  store: Store,
  path: Path,
  options: OpenOptions,
  head: () => Promise<FileStatus>,
): Promise<OssInputStream> {
  const { start = 0, end = Number.MAX_SAFE_INTEGER, ifVersion, signal, status } = options;
  const about: About = { operation: "open", path };
  checkWindow(start, end, about);
  const window = { path, start, end, signal };
  const known = status ?? (start === end ? await head() : undefined);
  if (known === undefined) {
    return (
      (await openFirst(store, options, window, about)) ??
      openInput(store, path, { ...options, status: await head() }, head)
    );
  }
  if (ifVersion !== undefined && known.version !== ifVersion) throw staleError(about);
  return new OssInputStream(store, { ...window, status: known });
}

/** Undefined when the window begins at or past the end, of which the store tells no more. */
async function openFirst(
  store: Store,
  { ifVersion }: OpenOptions,
  window: { path: Path; start: number; end: number; signal: AbortSignal | undefined },
  about: About,
): Promise<OssInputStream | undefined> {
  const { path, start, end, signal } = window;
  const { memory } = store.pool;
  const wanted = store.client.settings.downloadPartSize ?? FIRST_BYTES;
  let taken = memory.tryTake(wanted) ? wanted : Math.min(wanted, MIN_READ_BYTES);
  if (taken < wanted) memory.force(taken);
  try {
    const firstEnd = Math.min(end, start + taken);
    const request = { key: path.key, start, end: firstEnd, ifVersion, signal, about };
    const first = await openFirstRange(store.client, request);
    if (first === undefined) return undefined;
    memory.give(taken - (first.end - start));
    taken = first.end - start;
    const status = headerStatus(path, first.answer.headers, first.total);
    const stream = new OssInputStream(store, { ...window, status, first });
    taken = 0;
    return stream;
  } finally {
    memory.give(taken);
  }
}

function checkWindow(start: number, end: number, about: About): void {
  if (Number.isInteger(start) && start >= 0 && Number.isInteger(end) && end >= start) return;
  throw new FileSystemError({
    code: "EINVAL",
    ...about,
    message: `start is ${start} and end is ${end}; expected 0 ≤ start ≤ end, in whole bytes`,
  });
}
