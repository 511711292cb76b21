import { randomUUID } from "node:crypto";
import { copyFile, lstat, mkdir, readFile, realpath, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import glob from "fast-glob";
import { errorCode } from "../../errors/errors.ts";

/** Copies a plugin's files to `target` as a whole: whoever looks meanwhile sees the old folder, the new one or none. */
export async function installCopy(source: string, files: readonly string[], target: string): Promise<void> {
  await replace(target, async (draft) => {
    for (const file of files) {
      await mkdir(dirname(join(draft, file)), { recursive: true });
      await copyFile(join(source, file), join(draft, file));
    }
  });
}

/** Makes `target` a link to the plugin's folder, for its author. */
export async function installLink(source: string, target: string): Promise<void> {
  const real = await realpath(source);
  await replace(target, (draft) => symlink(real, draft, "dir"));
}

/** Names with a leading dot are no plugins, so neither the draft nor the old folder is ever taken for one. */
async function replace(target: string, make: (draft: string) => Promise<void>): Promise<void> {
  const beside = (what: string) => join(dirname(target), `.${what}-${randomUUID()}`);
  const draft = beside("new");
  const old = beside("old");
  await mkdir(dirname(target), { recursive: true });
  try {
    await make(draft);
    const replaced = await moveAway(target, old);
    try {
      await rename(draft, target);
    } catch (error) {
      if (replaced) await rename(old, target);
      throw error;
    }
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

async function moveAway(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** What stands at a plugin's place. */
export type Present =
  | { readonly kind: "nothing" }
  | { readonly kind: "link"; readonly to: string | undefined }
  | { readonly kind: "folder" }
  | { readonly kind: "file" };

export async function present(target: string): Promise<Present> {
  try {
    const stats = await lstat(target);
    if (stats.isSymbolicLink()) {
      return { kind: "link", to: await realpath(target).catch(() => undefined) };
    }
    return { kind: stats.isDirectory() ? "folder" : "file" };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { kind: "nothing" };
    throw error;
  }
}

/** How an installed folder differs from the plugin's files, by name; empty when it does not. */
export async function differences(
  source: string,
  files: readonly string[],
  target: string,
): Promise<string[]> {
  const installed = await glob("**", { cwd: target, dot: true, followSymbolicLinks: false });
  const found = new Set(installed);
  const wanted = new Set(files);
  const differing: string[] = [];
  for (const file of files) {
    if (!found.has(file)) differing.push(`${file} is missing`);
    else if (!(await isSame(join(source, file), join(target, file)))) differing.push(`${file} differs`);
  }
  return [
    ...differing,
    ...installed.filter((file) => !wanted.has(file)).map((file) => `${file} is not in it`),
  ];
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([readFile(a), readFile(b)]);
  return first.equals(second);
}
