import type { FileHandle } from "node:fs/promises";
import { isPosix, type Place } from "./places.ts";
import { UriFileHandle } from "./uri-file-handle.ts";

export function isHandle(path: unknown): path is FileHandle {
  return typeof path === "object" && path !== null && "fd" in path && "readFile" in path;
}

/** Node's own handle on `file:`, ours on other stores. */
export async function openFile(
  place: Place,
  flags: string | number,
  mode: string | number | undefined,
): Promise<FileHandle> {
  if (isPosix(place)) return place.fileSystem.openHandle(place.path, flags, mode);
  return UriFileHandle.open(place, flags);
}
