import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import glob from "fast-glob";
import { errorMessage, PluginError } from "../errors/errors.ts";
import { type Manifest, readManifest } from "./manifest.ts";

export interface ShippedFiles {
  /** Relative to the folder, sorted. */
  readonly files: readonly string[];
  readonly version: string | undefined;
  readonly schemes: readonly string[];
  /** What it needs at run time and does not bring with it. */
  readonly missingDependencies: readonly string[];
}

/**
 * What belongs to a plugin: the manifest's `files` and `package.json`, as npm packs them; without `files` everything
 * but version control. Rejects with `PluginError` when there is no manifest, or its entry is not among the files.
 */
export async function shippedFiles(id: string, directory: string): Promise<ShippedFiles> {
  const wrong = (message: string, hint?: string) =>
    new PluginError({ code: "ERR_PLUGIN_MANIFEST", id, phase: "manifest", message, hint });
  let manifest: Manifest;
  try {
    manifest = readManifest(directory);
  } catch (error) {
    throw wrong(`${errorMessage(error)} (${directory})`);
  }
  const json = JSON.parse((await readFile(join(directory, "package.json"), "utf8")).replace(/^\uFEFF/, ""));
  const files = await matching(directory, await patternsOf(directory, json.files));
  const modules = new Set(
    files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean),
  );
  if (!files.includes(manifest.entry)) {
    throw wrong(
      `its entry ${manifest.entry} is not among its files in ${directory}`,
      "Build the plugin, or correct files in its package.json",
    );
  }
  return {
    files,
    version: manifest.version,
    schemes: manifest.schemes ?? [],
    missingDependencies: Object.keys(json.dependencies ?? {}).filter((name) => !modules.has(name)),
  };
}

/** `files` as fast-glob understands it: a folder means all that is in it. */
async function patternsOf(directory: string, files: unknown): Promise<string[]> {
  if (!Array.isArray(files)) return ["**"];
  const patterns = ["package.json"];
  for (const entry of files) {
    if (typeof entry !== "string") continue;
    const mark = entry.startsWith("!") ? "!" : "";
    const plain = entry
      .replace(/^!/, "")
      .replace(/^\.?\//, "")
      .replace(/\/$/, "");
    const isFile = await stat(join(directory, plain)).then(
      (stats) => stats.isFile(),
      () => false,
    );
    patterns.push(`${mark}${plain}`);
    if (!isFile) patterns.push(`${mark}${plain}/**`);
  }
  return patterns;
}

async function matching(directory: string, patterns: string[]): Promise<string[]> {
  const found = await glob(patterns, {
    cwd: directory,
    dot: true,
    ignore: [".git/**"],
    followSymbolicLinks: true,
  });
  return found.sort();
}
