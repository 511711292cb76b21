import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Text that changes whenever the files below a folder do: newest change, count and total size. Of `node_modules` only
 * npm's own lock file is looked at, which every install rewrites.
 */
export async function folderContents(directory: string): Promise<string> {
  let newest = 0;
  let count = 0;
  let bytes = 0;
  const file = async (path: string) => {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return;
    newest = Math.max(newest, found.mtimeMs);
    count += 1;
    bytes += found.size;
  };
  const walk = async (path: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    await Promise.all(
      entries.map((entry) => {
        const at = join(path, entry.name);
        if (!entry.isDirectory()) return file(at);
        return entry.name === "node_modules" ? file(join(at, ".package-lock.json")) : walk(at);
      }),
    );
  };
  await walk(directory);
  return `${newest}-${count}-${bytes}`;
}
