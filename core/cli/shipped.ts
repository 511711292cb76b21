import { findPlugins, type PluginFolder } from "../plugin/finder.ts";
import { shippedPluginDirectories } from "../shipped-plugins.ts";

/** The plugins in `opt/`, the home's own before those of the package; each id once. */
export async function shippedPlugins(home: string): Promise<PluginFolder[]> {
  const found = new Map<string, PluginFolder>();
  for (const directory of shippedPluginDirectories(home)) {
    for (const folder of (await findPlugins(directory)).folders) {
      if (!found.has(folder.id)) found.set(folder.id, folder);
    }
  }
  return [...found.values()];
}
