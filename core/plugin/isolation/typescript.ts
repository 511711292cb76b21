/**
 * Runs plugins that are written in TypeScript, with no build: each in a tsx namespace of its own, with its own
 * tsconfig (tsx would take the one of the working directory).
 */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

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
    const { register } = await import("tsx/cjs/api");
    const scope = register({ namespace });
    const exports = Promise.resolve().then(() => scope.require(entry, entry) as unknown);
    return { exports, end: async () => scope.unregister() };
  }
  const { register } = await import("tsx/esm/api");
  const scope = register({ namespace, tsconfig: await tsconfigOf(home) });
  const url = pathToFileURL(entry).href;
  return { exports: scope.import(url, url) as Promise<unknown>, end: () => scope.unregister() };
}

async function tsconfigOf(home: string): Promise<string | false> {
  const path = join(home, "tsconfig.json");
  return access(path).then(
    () => path,
    () => false,
  );
}
