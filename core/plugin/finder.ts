/**
 * Finds the plugin folders: every folder in `plugins/` whose name has no leading dot is one (Flink's
 * `DirectoryBasedPluginFinder`). Unlike Flink, a folder that is no plugin is reported and stops nothing.
 */
import type { Dirent } from "node:fs";
import { access, constants, readdir, realpath, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { errorCode } from "../errors/errors.ts";

export interface PluginFolder {
  /** The folder's name. */
  readonly id: string;
  /** `<plugins>/<id>`. */
  readonly path: string;
  /** The same with links resolved; equal to `path` when that failed. */
  readonly directory: string;
  /** Why the folder cannot be read at all: a link to nowhere or in a circle, no permission. */
  readonly unreadable?: string;
}

export interface Scan {
  /** Sorted by id. */
  readonly folders: readonly PluginFolder[];
  readonly warnings: readonly string[];
  /** Why there is no folder to look through. */
  readonly missing?: string;
}

/** Loose files that look as if somebody expected them to be loaded. */
const LOOSE = new Set([".js", ".mjs", ".cjs", ".ts", ".tgz", ".zip", ".jar"]);

/** Looks once through `pluginsDir`. */
export async function findPlugins(pluginsDir: string): Promise<Scan> {
  let entries: Dirent[];
  try {
    entries = await readdir(pluginsDir, { withFileTypes: true });
    await access(pluginsDir, constants.X_OK);
  } catch (error) {
    return {
      folders: [],
      warnings: [],
      missing: `no plugins: ${pluginsDir} ${whyNoFolder(errorCode(error))}`,
    };
  }
  const parent = await realpath(pluginsDir);
  const folders: PluginFolder[] = [];
  const warnings: string[] = [];
  for (const entry of entries) {
    const { name } = entry;
    if (name.startsWith(".")) continue;
    const path = join(pluginsDir, name);
    let found: PluginFolder | undefined;
    if (entry.isDirectory()) found = { id: name, path, directory: join(parent, name) };
    else if (entry.isSymbolicLink()) found = await followLink(path, name);
    if (found !== undefined) folders.push(found);
    else if (LOOSE.has(extname(name))) warnings.push(looseFile(pluginsDir, name));
  }
  return { folders: folders.sort((a, b) => (a.id < b.id ? -1 : 1)), warnings: warnings.sort() };
}

function whyNoFolder(code: string | undefined): string {
  if (code === "ENOENT") return "does not exist";
  if (code === "ENOTDIR") return "is not a folder";
  return `cannot be read (${code})`;
}

/** Undefined when the link leads to a file. */
async function followLink(path: string, id: string): Promise<PluginFolder | undefined> {
  try {
    const directory = await realpath(path);
    return (await stat(directory)).isDirectory() ? { id, path, directory } : undefined;
  } catch (error) {
    return { id, path, directory: path, unreadable: unreadable(errorCode(error)) };
  }
}

function unreadable(code: string | undefined): string {
  if (code === "ENOENT") return "it is a link to a folder that does not exist";
  if (code === "ELOOP") return "it is a link that leads in a circle";
  return `its folder cannot be read (${code ?? "unknown error"})`;
}

function looseFile(pluginsDir: string, name: string): string {
  const stem = basename(name, extname(name));
  return `${join(pluginsDir, name)} is not loaded, a plugin is a folder: make ${join(pluginsDir, stem)} with a package.json and put it there`;
}

/** For a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
