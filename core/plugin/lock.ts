/**
 * Which code may be loaded: `conf/plugins.lock.json` holds a digest of each plugin folder, and `plugin.verify` says what
 * becomes of a folder that has another one, or none. Guards against what was changed by mistake or on the way; who can
 * write into the folder between the look and the import, or into the lock file, is not held back.
 */
import { createHash, type Hash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, errorMessage, PluginError } from "../errors/errors.ts";
import type { Logger } from "../fs/contract.ts";
import { compareUtf8 } from "../fs/utf8-order.ts";

export interface LockedPlugin {
  readonly version?: string;
  /** `sha256-` and the digest in base64. */
  readonly digest: string;
}

/** By plugin id. */
export type Lock = Readonly<Record<string, LockedPlugin>>;

/** `auto`: `warn` where there is a lock file, else `off`. */
export type VerifyMode = "auto" | "off" | "warn" | "enforce";

/**
 * Of every name, link and byte below a folder, `node_modules` too: all of it is code that may run. The order of the
 * files on the disk, their times and their owners make no difference.
 */
export async function folderDigest(directory: string): Promise<string> {
  const hash = createHash("sha256");
  await addFolder(hash, directory, "");
  return `sha256-${hash.digest("base64")}`;
}

/** Undefined when there is no lock file. Throws `ERR_PLUGIN_VERIFY` for one that cannot be read. */
export async function readLock(file: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw unreadable(file, errorMessage(error), error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, errorMessage(error), error);
  }
  const { lockfileVersion, plugins } = (json ?? {}) as { lockfileVersion?: unknown; plugins?: unknown };
  if (lockfileVersion !== 1) throw unreadable(file, "its lockfileVersion is not 1");
  if (!isLock(plugins)) throw unreadable(file, "plugins must hold a digest for each id");
  return plugins;
}

/** Replaces the file as a whole. */
export async function writeLock(file: string, lock: Lock): Promise<void> {
  const plugins = Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
  const draft = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(draft, `${JSON.stringify({ lockfileVersion: 1, plugins }, null, 2)}\n`);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Compares a folder with the lock file: rejects with `ERR_PLUGIN_VERIFY` when that is enforced, else warns. */
export async function verify(
  { id, directory }: { readonly id: string; readonly directory: string },
  { mode, file, logger }: { readonly mode: VerifyMode; readonly file: string; readonly logger: Logger },
): Promise<void> {
  if (mode === "off") return;
  const lock = await readLock(file);
  if (lock === undefined && mode !== "enforce") return;
  const problem = await mismatch(id, directory, lock, file);
  if (problem === undefined) return;
  const error = new PluginError({
    code: "ERR_PLUGIN_VERIFY",
    id,
    phase: "scan",
    message: problem,
    hint: "Look at what changed, then run plugfs plugins lock",
  });
  if (mode === "enforce") throw error;
  logger.warn({ plugin: id, code: error.code }, error.message);
}

async function mismatch(
  id: string,
  directory: string,
  lock: Lock | undefined,
  file: string,
): Promise<string | undefined> {
  if (lock === undefined) return `plugin.verify is enforce, but there is no ${file}`;
  const locked = Object.hasOwn(lock, id) ? lock[id] : undefined;
  if (locked === undefined) return `it is not in ${file}`;
  const digest = await folderDigest(directory);
  return digest === locked.digest ? undefined : `its folder is not as it was locked in ${file} (${digest})`;
}

/** Every part is preceded by its length, so that no two trees give the same bytes. */
async function addFolder(hash: Hash, directory: string, name: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => compareUtf8(a.name, b.name))) {
    const path = join(directory, entry.name);
    const inside = `${name}/${entry.name}`;
    if (entry.isDirectory()) await addFolder(hash, path, inside);
    else if (entry.isSymbolicLink()) addPart(hash, "link", inside, await readlink(path));
    else if (entry.isFile()) {
      const content = createHash("sha256");
      for await (const chunk of createReadStream(path)) content.update(chunk as Buffer);
      addPart(hash, "file", inside, content.digest("hex"));
    }
  }
}

function addPart(hash: Hash, ...texts: string[]): void {
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
}

function isLock(value: unknown): value is Lock {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((locked: unknown) => {
    return (
      typeof locked === "object" && locked !== null && typeof (locked as LockedPlugin).digest === "string"
    );
  });
}

function unreadable(file: string, reason: string, cause?: unknown): PluginError {
  return new PluginError({
    code: "ERR_PLUGIN_VERIFY",
    phase: "scan",
    message: `${file} cannot be read: ${reason}`,
    hint: "Run plugfs plugins lock to write it anew",
    cause,
  });
}
