/**
 * Finds the plugin folders: every folder in `plugins/` whose name has no leading dot is one (Flink's
 * `DirectoryBasedPluginFinder`). Unlike Flink, a folder that is no plugin is reported and stops nothing.
 */
import { access, readdir, realpath, stat } from "node:fs/promises";
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
}

/** Loose files that look as if somebody expected them to be loaded. */
const LOOSE = new Set([".js", ".mjs", ".cjs", ".ts", ".tgz", ".zip", ".jar"]);

/** Looks once through `pluginsDir`. A missing folder is a warning and no plugins. */
export async function findPlugins(pluginsDir: string): Promise<Scan> {
  const missing = await whyNoDirectory(pluginsDir);
  if (missing !== undefined) {
    return { folders: [], warnings: [`no plugins: ${pluginsDir} ${missing}`] };
  }
  const { default: glob } = await import("fast-glob");
  const entries = await glob("*", {
    cwd: pluginsDir,
    onlyFiles: false,
    objectMode: true,
    followSymbolicLinks: false,
  });
  const folders: PluginFolder[] = [];
  const warnings: string[] = [];
  await Promise.all(
    entries.map(async ({ name, dirent }) => {
      const found = await follow(join(pluginsDir, name), name);
      if (found !== "file" && (found.unreadable === undefined || dirent.isSymbolicLink())) {
        folders.push(found);
      } else if (LOOSE.has(extname(name))) {
        warnings.push(looseFile(pluginsDir, name));
      }
    }),
  );
  return { folders: folders.sort((a, b) => (a.id < b.id ? -1 : 1)), warnings: warnings.sort() };
}

/** What is wrong with a folder that has no manifest, with the command that mends it where one is known. */
export async function explainMissingManifest(
  folder: PluginFolder,
): Promise<{ reason: string; hint?: string }> {
  const entries = await readdir(folder.directory, { withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.name.endsWith(".jar"))) {
    return {
      reason: "it is a Java plugin (jars and no package.json)",
      hint: "plugfs loads Node.js packages; remove the folder",
    };
  }
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  const [only] = visible;
  if (
    visible.length === 1 &&
    only?.isDirectory() &&
    (await exists(join(folder.directory, only.name, "package.json")))
  ) {
    const aside = join(folder.path, "..", `.${folder.id}`);
    return {
      reason: `it has no package.json, the plugin lies one folder deeper, in ${only.name}/`,
      hint: `Run: mv ${quoted(folder.path)} ${quoted(aside)} && mv ${quoted(join(aside, only.name))} ${quoted(folder.path)} && rmdir ${quoted(aside)}`,
    };
  }
  return {
    reason: "it has no package.json",
    hint: `Copy the whole plugin to ${folder.path}, or remove the folder`,
  };
}

/** The warning for a plugin that holds a copy of itself: `cp -r opt/x plugins/x` run twice. */
export async function nestedCopy(folder: PluginFolder): Promise<string | undefined> {
  const inner = join(folder.directory, folder.id);
  if (!(await exists(join(inner, "package.json")))) return undefined;
  return `plugin "${folder.id}" holds a second copy of itself, which is not used. Run: rm -r ${quoted(join(folder.path, folder.id))}`;
}

async function whyNoDirectory(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? undefined : "is not a folder";
  } catch (error) {
    return errorCode(error) === "ENOENT" ? "does not exist" : `cannot be read (${errorCode(error)})`;
  }
}

async function follow(path: string, id: string): Promise<PluginFolder | "file"> {
  try {
    const directory = await realpath(path);
    return (await stat(directory)).isDirectory() ? { id, path, directory } : "file";
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

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** For a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
