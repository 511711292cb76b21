import { type Dirent, readdirSync, statSync } from "node:fs";
import { sep } from "node:path";

/**
 * Text that changes whenever the files below a folder do: newest change, count and total size. Of `node_modules` only
 * npm's own lock file is looked at, which every install rewrites. What cannot be read counts as not there.
 *
 * Synchronous: it precedes an import, and a file costs 5 µs that way against 30 µs.
 */
export function folderContents(directory: string): string {
  const found = { newest: 0, count: 0, bytes: 0 };
  addFolder(directory, found);
  return `${found.newest}-${found.count}-${found.bytes}`;
}

interface Found {
  newest: number;
  count: number;
  bytes: number;
}

function addFolder(path: string, found: Found): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const at = path + sep + entry.name;
    if (!entry.isDirectory()) addFile(at, found);
    else if (entry.name === "node_modules") addFile(`${at}${sep}.package-lock.json`, found);
    else addFolder(at, found);
  }
}

function addFile(path: string, found: Found): void {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    found.newest = Math.max(found.newest, stats.mtimeMs);
    found.count += 1;
    found.bytes += stats.size;
  } catch {
    // Not there.
  }
}
