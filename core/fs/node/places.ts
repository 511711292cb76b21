import { errorCode, FileSystemError } from "../../errors/errors.ts";
import type { FileSystem } from "../contract.ts";
import type { Path } from "../path.ts";
import type { FileSystems } from "../provider.ts";
import { statusIfAny } from "../status-if-any.ts";
import { type EntryKind, kindOf } from "./entries.ts";

/** What env.fs takes for a path. A `Buffer` is the text of one. */
export type UriPath = string | URL | Path | Buffer;

/** A path, and the file system that serves it. */
export interface Place {
  readonly path: Path;
  readonly fileSystem: FileSystem;
}

/** From what a host writes to places. */
export class Places {
  readonly #fileSystems: FileSystems;

  constructor(fileSystems: FileSystems) {
    this.#fileSystems = fileSystems;
  }

  resolve(path: UriPath): Path {
    return this.#fileSystems.resolve(Buffer.isBuffer(path) ? textOf(path) : path);
  }

  async at(path: UriPath): Promise<Place> {
    const resolved = this.resolve(path);
    return { path: resolved, fileSystem: await this.#fileSystems.fileSystem(resolved) };
  }
}

/** A path as results show it: local ones as Node does, others as URIs. */
export function shown(path: Path): string {
  return path.scheme === "file" ? path.key : path.toString();
}

export function isSameStore(a: Path, b: Path): boolean {
  return a.scheme === b.scheme && a.authority === b.authority;
}

export function hasFolders({ fileSystem }: Place): boolean {
  return fileSystem.capabilities.has("directories");
}

export function isPosix({ fileSystem }: Place): boolean {
  return fileSystem.capabilities.has("posix");
}

/** What stands at a place, a link being itself; undefined when nothing is there. */
export async function kindAt(place: Place): Promise<EntryKind | undefined> {
  if (!isPosix(place)) return (await statusIfAny(place.fileSystem, place.path))?.kind;
  try {
    return kindOf(await place.fileSystem.lstat(place.path));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export async function firstMissing(fileSystem: FileSystem, folder: Path): Promise<Path | undefined> {
  let missing: Path | undefined;
  for (let at: Path | null = folder; at !== null; at = at.parent) {
    if ((await statusIfAny(fileSystem, at)) !== undefined) return missing;
    missing = at;
  }
  return missing;
}

/** Where folders are things of their own, Node wants the parent to exist. */
export async function checkParent(place: Place, operation: string): Promise<void> {
  const { parent } = place.path;
  if (!hasFolders(place) || parent === null) return;
  const status = await statusIfAny(place.fileSystem, parent);
  if (status?.kind === "directory") return;
  const code = status === undefined ? "ENOENT" : "ENOTDIR";
  throw new FileSystemError({ code, path: place.path, operation });
}

/** A key relative to a folder above it. */
export function below(folder: Path, path: Path): string {
  const start = folder.key === "" || folder.key.endsWith("/") ? folder.key.length : folder.key.length + 1;
  return path.key.slice(start);
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  throw new FileSystemError({ code: "EINVAL", message: "a path is valid UTF-8, these bytes are not" });
}
