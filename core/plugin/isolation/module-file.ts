import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PluginError } from "../../errors/errors.ts";

/**
 * The file of a module in this folder that Node has to load by itself, in another thread: in a host that was bundled
 * to one file it comes from plugfs as installed beside the bundle. Throws `PluginError` ERR_PLUGIN_HOST_BUNDLED.
 */
export function moduleFile(name: "hook-thread" | "worker-start", purpose: string): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const beside = new URL(`./${name}.${extension}`, import.meta.url);
  if (existsSync(fileURLToPath(beside))) return beside;
  try {
    const manifest = pathToFileURL(createRequire(import.meta.url).resolve("plugfs/package.json"));
    const installed = new URL(`dist/core/plugin/isolation/${name}.js`, manifest);
    if (existsSync(fileURLToPath(installed))) return installed;
  } catch {
    // Not installed: reported below.
  }
  throw new PluginError({
    code: "ERR_PLUGIN_HOST_BUNDLED",
    phase: "import",
    message: `the bundled host lacks plugfs's module ${name}.js, which is needed for ${purpose}`,
    hint: "Install plugfs beside the bundle: npm install plugfs",
  });
}
