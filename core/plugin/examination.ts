/**
 * Everything that can be said about a plugin's folder without importing it. Reads synchronously: a manifest takes 20 µs
 * that way and 300 µs the other, and there can be a hundred of them.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SPI_VERSION } from "../fs/contract.ts";
import { compatibility } from "./compatibility.ts";
import { failure } from "./failure.ts";
import { type PluginFolder, quoted } from "./finder.ts";
import { type Manifest, ManifestProblem, readManifest } from "./manifest.ts";

export interface Examination {
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/** Throws `PluginError` in phase `scan` or `manifest`. */
export function examine(folder: PluginFolder): Examination {
  const { id, path } = folder;
  if (folder.unreadable !== undefined) throw failure(id, "scan", folder.unreadable, { location: path });
  const manifest = manifestOf(folder);
  const warnings = manifest.warnings.map((warning) => `plugin "${id}": package.json: ${warning}`);
  if (manifest.apiRange === undefined) {
    warnings.push(
      `plugin "${id}" does not say which plugfs it needs; it is loaded all the same. Add "peerDependencies": { "plugfs": "^${SPI_VERSION}" } to its package.json`,
    );
  }
  if (existsSync(join(folder.directory, id, "package.json"))) {
    warnings.push(
      `plugin "${id}" holds a second copy of itself, which is not used. Run: rm -r ${quoted(join(path, id))}`,
    );
  }
  return { manifest, warnings };
}

/** Throws `PluginError` in phase `compatibility`. */
export function checkCompatibility(id: string, { apiRange }: Manifest): void {
  if (compatibility(apiRange, SPI_VERSION) !== "incompatible") return;
  const message = `it asks for plugfs ${apiRange}, this host has SPI version ${SPI_VERSION}`;
  throw failure(id, "compatibility", message, {
    hint: "Install a version of the plugin that fits, or another plugfs",
  });
}

/** Differs whenever the manifest was written anew; empty when there is none that can be read. */
export function manifestStamp(folder: PluginFolder): string {
  try {
    const { mtimeMs, size, ino } = statSync(join(folder.directory, "package.json"));
    return `${mtimeMs}-${size}-${ino}`;
  } catch {
    return "";
  }
}

function manifestOf(folder: PluginFolder): Manifest {
  let manifest: Manifest;
  try {
    manifest = readManifest(folder.directory);
  } catch (error) {
    if (!(error instanceof ManifestProblem)) throw error;
    const { reason, hint } = error.missing ? explainMissingManifest(folder) : { reason: error.message };
    throw failure(folder.id, "manifest", reason, { hint });
  }
  if (compatibility(manifest.apiRange, SPI_VERSION) !== "invalid") return manifest;
  const range = JSON.stringify(manifest.apiRange);
  const message = `package.json: peerDependencies.plugfs: must be a version range, got ${range}`;
  throw failure(folder.id, "manifest", message);
}

/** What is wrong with a folder that has no manifest, with the command that mends it where one is known. */
function explainMissingManifest(folder: PluginFolder): { reason: string; hint?: string } {
  const entries = readdirSync(folder.directory, { withFileTypes: true });
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
    existsSync(join(folder.directory, only.name, "package.json"))
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
