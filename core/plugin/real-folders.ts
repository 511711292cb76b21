import { realpath } from "node:fs/promises";
import { resolve } from "node:path";

/** The folders with links resolved; one that does not exist is left as it is. */
export function realFolders(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map((path) => realpath(path).catch(() => resolve(path))));
}
