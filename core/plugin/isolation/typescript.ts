/**
 * Runs plugins that are written in TypeScript, with no build: each in a tsx namespace of its own, with its own
 * tsconfig (tsx would take the one of the working directory).
 */
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { errorCode, PluginError } from "../../errors/errors.ts";

export interface TypeScriptRun {
  readonly exports: Promise<unknown>;
  /** Afterwards lazy imports of this plugin fail, so this waits until the plugin is out of use. */
  end(): Promise<void>;
}

/**
 * `kind` as Node would take the file for: tsx's ES module form cannot run TypeScript from a package without
 * `"type": "module"`, its CommonJS form can.
 */
export async function runTypeScript(
  entry: string,
  kind: "module" | "commonjs",
  home: string,
  namespace: string,
): Promise<TypeScriptRun> {
  if (kind === "commonjs") {
    const { register } = await tsx<typeof import("tsx/cjs/api")>("cjs/api");
    const scope = register({ namespace });
    const exports = Promise.resolve().then(() => scope.require(entry, entry) as unknown);
    return { exports, end: async () => scope.unregister() };
  }
  const { register } = await tsx<typeof import("tsx/esm/api")>("esm/api");
  const scope = register({ namespace, tsconfig: await tsconfigOf(home) });
  const url = pathToFileURL(entry).href;
  return { exports: scope.import(url, url) as Promise<unknown>, end: () => scope.unregister() };
}

/**
 * Found at run time on purpose: no bundler can put tsx into a host's bundle. There it is the tsx of plugfs as installed
 * beside the bundle.
 */
async function tsx<Api>(entry: "esm/api" | "cjs/api"): Promise<Api> {
  const specifier = `tsx/${entry}`;
  try {
    return (await import(specifier)) as Api;
  } catch (error) {
    if (errorCode(error) !== "ERR_MODULE_NOT_FOUND") throw error;
  }
  try {
    const plugfs = createRequire(import.meta.url).resolve("plugfs/package.json");
    const manifest = createRequire(plugfs).resolve("tsx/package.json");
    // What `require` would give does not work: it looks for its ES module files at the wrong place.
    const { exports } = createRequire(manifest)(manifest) as TsxManifest;
    return (await import(new URL(exports[`./${entry}`].import.default, pathToFileURL(manifest)).href)) as Api;
  } catch (cause) {
    throw new PluginError({
      code: "ERR_PLUGIN_HOST_BUNDLED",
      phase: "import",
      message: "the bundled host lacks tsx, which plugins in TypeScript need",
      hint: "Install plugfs beside the bundle: npm install plugfs",
      cause,
    });
  }
}

interface TsxManifest {
  readonly exports: Record<`./${"esm" | "cjs"}/api`, { readonly import: { readonly default: string } }>;
}

async function tsconfigOf(home: string): Promise<string | false> {
  const path = join(home, "tsconfig.json");
  return access(path).then(
    () => path,
    () => false,
  );
}
