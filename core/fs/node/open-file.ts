import type { FileHandle } from "node:fs/promises";
import { isPosix, type Place } from "./places.ts";
import { UriFileHandle } from "./uri-file-handle.ts";

/** Node's own on `file:`, ours on other stores. */
export type AnyFileHandle = FileHandle | UriFileHandle;

export function isHandle(path: unknown): path is AnyFileHandle {
  return typeof path === "object" && path !== null && "fd" in path && "readFile" in path;
}

export async function openFile(
  place: Place,
  flags: string | number,
  mode: string | number | undefined,
): Promise<AnyFileHandle> {
  if (isPosix(place)) return place.fileSystem.openHandle(place.path, flags, mode);
  return UriFileHandle.open(place, flags);
}
