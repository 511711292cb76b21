import { execFile } from "node:child_process";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { publishFile } from "../../core/plugin/authoring/publish-file.ts";

/**
 * Compiles `core/` into `dist/core/`: JavaScript, source maps that hold their source, declarations. Files whose content
 * did not change are not touched, changed ones are replaced whole, so that a program that runs from `dist/` meanwhile
 * never reads half a file. Rejects with the compiler's own words.
 */
export async function buildCore(root: string): Promise<void> {
  // Beside dist/ and as deep, because the maps name their sources relative to it.
  const draft = join(root, ".build");
  const dist = join(root, "dist");
  await rm(draft, { recursive: true, force: true });
  try {
    await compile(root, draft);
    const templates = join(root, "core/cli/templates");
    await cp(templates, join(draft, "core/cli/templates"), { recursive: true }).catch(ignoreMissing);

    const built = await filesIn(draft);
    for (const file of built) {
      const content = await readFile(join(draft, file));
      await publishFile(
        join(dist, file),
        file.endsWith(".d.ts") ? withJsEndings(content.toString()) : content,
      );
    }
    const current = new Set(built);
    for (const file of await filesIn(dist)) {
      if (!current.has(file)) await rm(join(dist, file));
    }
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function compile(root: string, outDir: string): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", join(root, "core"), "--outDir", outDir];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`core/ does not compile:\n${stdout}${stderr}`));
    });
  });
}

/** `rewriteRelativeImportExtensions` leaves declarations alone, and a consumer has no `.ts` files. */
function withJsEndings(declaration: string): string {
  return declaration.replace(/(\bfrom |\bimport |\bimport\()(["'])(\.\.?\/[^"']*)\.ts\2/g, "$1$2$3.js$2");
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ignoreMissing);
  return (found ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
