import { type FileStatus, FileSystemError, type Path } from "plugfs";
import { checkedEtag, type TextAnswer } from "./client.ts";
import { type About, storeCodeOf } from "./errors.ts";
import { hasAny, listPage } from "./listing.ts";
import { withRetries } from "./retry.ts";
import { directoryStatus, folderPrefix, headerStatus } from "./status.ts";
import type { Store } from "./store.ts";

/** What a lookup is done for. */
export interface Context {
  readonly signal?: AbortSignal | undefined;
  readonly about: About;
}

/** The file at `path`, undefined when there is none: one HEAD. A missing bucket or permission is an error. */
export async function fileStatus(
  store: Store,
  path: Path,
  context: Context,
): Promise<FileStatus | undefined> {
  if (path.key === "") return undefined;
  try {
    return headerStatus(path, (await headObject(store, path.key, context)).headers);
  } catch (error) {
    // A missing bucket is ENODEV where the store says so; where a HEAD does not, the listing that follows tells.
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The headers of an object: one HEAD. */
export function headObject(store: Store, key: string, context: Context): Promise<TextAnswer> {
  return withRetries(store.client.settings.retry, context.signal, async (attempt) => {
    const answer = await store.client.sendOnce({ method: "HEAD", key, ...context }, attempt);
    checkedEtag(answer, context.about);
    return answer;
  });
}

/** Whether a folder is there, by a marker or by what is in it: one listing of one key. */
export async function isFolder(store: Store, path: Path, context: Context): Promise<boolean> {
  const prefix = folderPrefix(path.key);
  if (prefix === undefined) return false;
  // The root is there when its bucket is, and a missing bucket rejects.
  return (await hasAny(store.client, prefix, context)) || prefix === "";
}

/** One request for a file, two for a folder or nothing (`ENOENT`). Where both are, the file wins. */
export async function statusOf(store: Store, path: Path, context: Context): Promise<FileStatus> {
  const file = await fileStatus(store, path, context);
  if (file !== undefined) return file;
  if (await isFolder(store, path, context)) return directoryStatus(path);
  throw missing(context.about);
}

/** What stands in the way of a new file, told by one listing (a second one where many names begin alike). */
export async function occupant(
  store: Store,
  path: Path,
  context: Context,
): Promise<"file" | "directory" | undefined> {
  const { key } = path;
  const folder = folderPrefix(key);
  const page = await listPage(store.client, { ...context, prefix: key, delimiter: "/", limit: 10 });
  if (page.objects[0]?.key === key) return "file";
  if (folder === undefined) return undefined;
  if (page.prefixes.includes(folder)) return "directory";
  if (page.next === undefined) return undefined;
  return (await isFolder(store, path, context)) ? "directory" : undefined;
}

/** Throws `ENOTDIR` when one of `folders` is a file: one HEAD each. */
export async function refuseFiles(store: Store, folders: readonly Path[], context: Context): Promise<void> {
  const files = await Promise.all(folders.map((folder) => fileStatus(store, folder, context)));
  const file = files.find((status) => status !== undefined);
  if (file === undefined) return;
  const message = `not a directory: '${file.path}' is a file`;
  throw new FileSystemError({ code: "ENOTDIR", scheme: "oss", ...context.about, message });
}

/** Throws `ENOTDIR` when the parent is a file: one HEAD; none with `fs.oss.performance.flags.create`. */
export async function refuseFileAsParent(store: Store, path: Path, context: Context): Promise<void> {
  const { parent } = path;
  if (!store.client.settings.checkParent || parent === null || parent.key === "") return;
  await refuseFiles(store, [parent], context);
}

export function missing(about: About): FileSystemError {
  return new FileSystemError({ code: "ENOENT", scheme: "oss", ...about });
}

export function isMissing(error: unknown): boolean {
  const code = storeCodeOf(error);
  return code === "NoSuchKey" || code === "HTTP 404" || code === "SymlinkTargetNotExist";
}
