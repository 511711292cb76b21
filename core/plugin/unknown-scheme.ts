import { basename, dirname, join } from "node:path";
import { PluginError } from "../errors/errors.ts";
import { findPlugins, type PluginFolder, quoted } from "./finder.ts";
import { readManifest } from "./manifest.ts";
import type { PluginInfo } from "./plugin-info.ts";

/**
 * The error for a scheme that nobody serves: which folder was scanned, what each plugin there offers, which of them
 * failed and why, and the command that enables a shipped plugin for the scheme.
 */
export async function unknownScheme(
  scheme: string,
  place: {
    readonly pluginsDir: string;
    readonly optDirs: readonly string[];
    readonly plugins: readonly PluginInfo[];
  },
): Promise<PluginError> {
  const { pluginsDir, plugins } = place;
  const found =
    plugins.length === 0 ? "which holds no plugins" : `which holds ${plugins.map(describe).join(", ")}`;
  const shipped = await shippedFor(scheme, place.optDirs);
  return new PluginError({
    code: "ERR_PLUGIN_UNKNOWN_SCHEME",
    message: `no file system is known for ${scheme}://; looked in ${pluginsDir}, ${found}`,
    hint:
      shipped === undefined
        ? `Copy a plugin for ${scheme}:// into ${pluginsDir}`
        : `Enable it: ${enabling(shipped, pluginsDir)}`,
  });
}

/** The command where the folder is a home's; the copy that it makes, everywhere. */
function enabling(shipped: string, pluginsDir: string): string {
  const id = basename(shipped);
  const copy = `mkdir -p ${quoted(pluginsDir)} && cp -r ${quoted(shipped)} ${quoted(join(pluginsDir, id))}`;
  if (basename(pluginsDir) !== "plugins") return copy;
  return `plugfs plugins enable ${quoted(id)} --home ${quoted(dirname(pluginsDir))} (or: ${copy})`;
}

function describe(plugin: PluginInfo): string {
  const schemes = plugin.schemes.map(({ scheme }) => `${scheme}://`).join(" ") || "no scheme";
  const reason = plugin.error === undefined ? "" : `: ${plugin.error.message}`;
  switch (plugin.state) {
    case "available":
    case "active":
      return `"${plugin.id}" (${schemes})`;
    case "disabled":
      return `"${plugin.id}" (${schemes}, disabled)`;
    default:
      return `"${plugin.id}" (${plugin.state}${reason})`;
  }
}

async function shippedFor(scheme: string, optDirs: readonly string[]): Promise<string | undefined> {
  for (const optDir of optDirs) {
    const { folders } = await findPlugins(optDir);
    for (const folder of folders) {
      if (declares(folder, scheme)) return folder.path;
    }
  }
  return undefined;
}

function declares(folder: PluginFolder, scheme: string): boolean {
  try {
    return readManifest(folder.directory).schemes?.includes(scheme) ?? false;
  } catch {
    return false;
  }
}
