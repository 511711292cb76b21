import { readFile } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { type BuildFailure, build, type Message, type OutputFile, type Plugin } from "esbuild";
import { PluginError } from "../../errors/errors.ts";
import { packageName } from "../isolation/refusal.ts";
import { distinctPackages, nearestPackage, originsOf } from "./origins.ts";
import { legalComments, portableCode, portableMap } from "./portable.ts";
import { type BundledPackage, thirdPartyNotices } from "./third-party-notices.ts";

/** `cjs` loads fastest and needs no hook thread on Node 20; `esm` allows top-level `await` and `import.meta`. */
export type BundleFormat = "cjs" | "esm";

export interface BundleOptions {
  /** The plugin's folder, absolute, with links resolved. */
  readonly directory: string;
  readonly name: string;
  readonly version: string;
  /** The source that is bundled, relative to the folder. */
  readonly entry: string;
  readonly format: BundleFormat;
  /** Packages that come from the host and stay outside. */
  readonly shared: readonly string[];
}

export interface Bundle {
  /** File name → content. */
  readonly files: ReadonlyMap<string, string>;
  /** Whose code is inside, sorted by name. */
  readonly packages: readonly BundledPackage[];
  /** Optional peers of what is inside that stayed outside: name → range. */
  readonly optionalPeers: Readonly<Record<string, string>>;
  /** What may not work at run time, one sentence each. */
  readonly warnings: readonly string[];
}

export function bundleName(format: BundleFormat): string {
  return format === "cjs" ? "index.cjs" : "index.mjs";
}

/**
 * One file with every dependency inside, its source map, and the notices of the licences. The same input gives the same
 * bytes, wherever it lies. An optional peer of a bundled package that is not installed stays outside.
 *
 * Rejects with `ERR_PLUGIN_PACK` naming file and line when something does not resolve or cannot be bundled.
 */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const { directory, name, version, format, shared } = options;
  const output = bundleName(format);
  const optionalPeers: Record<string, string> = {};
  const result = await build({
    absWorkingDir: directory,
    entryPoints: [options.entry],
    outfile: join(directory, output),
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format,
    target: "node20",
    external: shared.flatMap((one) => [one, `${one}/*`]),
    plugins: [optionalPeersOutside(optionalPeers)],
    // CommonJS packages inside an ES module call require for Node's own modules.
    ...(format === "esm" && { banner: { js: REQUIRE } }),
    charset: "utf8",
    sourcemap: "linked",
    legalComments: "external",
    // What the surrounding folders say must not change the bytes.
    tsconfigRaw: { compilerOptions: { target: "es2023", verbatimModuleSyntax: true } },
    logLevel: "silent",
    logOverride: {
      "empty-import-meta": "error",
      "unsupported-dynamic-import": "warning",
      "unsupported-require-call": "warning",
    },
  }).catch((failure: BuildFailure) => {
    throw explained(failure, name, directory);
  });

  const origins = originsOf(directory, Object.keys(result.metafile.inputs));
  const packages = distinctPackages(origins);
  const copied = packages.find((one) => shared.includes(one.name));
  if (copied !== undefined) {
    throw new PluginError({
      code: "ERR_PLUGIN_PACK",
      id: name,
      message: `it would ship its own copy of ${copied.name}, which its peerDependencies leave to the host`,
      hint: `Import it by its name, not by a path into ${copied.name}`,
    });
  }
  const { code, shifts } = portableCode(contentOf(result.outputFiles, output), origins);
  const inputOf = (source: string) => relative(directory, resolve(directory, source)).replaceAll(sep, "/");
  const map = portableMap(contentOf(result.outputFiles, `${output}.map`), inputOf, origins, shifts);
  const legal = result.outputFiles.find((file) => file.path.endsWith(".LEGAL.txt"))?.text ?? "";
  const notices = await thirdPartyNotices(`${name} ${version}`, packages);
  const place = (message: Message) => {
    const { file = "", line = 0 } = message.location ?? {};
    return `${origins.get(file)?.label ?? file}:${line}`;
  };
  return {
    files: new Map([
      [output, code],
      [`${output}.map`, map],
      ["THIRD-PARTY-NOTICES", notices + legalComments(legal, origins)],
    ]),
    packages,
    optionalPeers: Object.fromEntries(Object.entries(optionalPeers).sort(([a], [b]) => (a < b ? -1 : 1))),
    warnings: [
      ...result.warnings.map((message) => `${place(message)}: ${computed(message) ?? message.text}`),
      ...(await nativeAddons(packages)),
    ],
  };
}

const REQUIRE =
  'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);';

/** `urllib` and its like require an optional peer only when a proxy is asked for; who needs it installs it. */
function optionalPeersOutside(left: Record<string, string>): Plugin {
  return {
    name: "optional-peers-outside",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        if (pluginData === resolving || importer === "") return undefined;
        const name = packageName(path);
        const { peerDependencies, peerDependenciesMeta } = nearestPackage(importer)?.manifest ?? {};
        if (peerDependenciesMeta?.[name]?.optional !== true) return undefined;
        const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: resolving });
        if (found.errors.length === 0) return found;
        left[name] = peerDependencies?.[name] ?? "*";
        return { path, external: true };
      });
    },
  };
}
const resolving = Symbol("resolving");

/** The error of the first thing that stopped esbuild, in the words of somebody who writes a plugin. */
function explained(failure: BuildFailure, name: string, directory: string): Error {
  const [first] = failure.errors ?? [];
  if (first === undefined) return failure;
  const { text, location } = first;
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
  const more = failure.errors.length > 1 ? ` (and ${failure.errors.length - 1} more)` : "";
  return new PluginError({
    code: "ERR_PLUGIN_PACK",
    id: name,
    message: `${text.replace(/\.$/, "")}${more}`,
    ...(location !== null && { location: `${location.file}:${location.line}:${location.column}` }),
    hint: missing === undefined ? advice(text) : advice(missing, directory),
    cause: failure,
  });
}

function advice(text: string, directory?: string): string | undefined {
  if (/\.node\b/.test(text)) {
    return "A native addon cannot be bundled: ship the plugin with its node_modules (npm install --omit=dev), and do not pack it";
  }
  if (/Top-level await|import\.meta/.test(text)) return "Pack it as an ES module: --format esm";
  if (directory === undefined) return undefined;
  return text.startsWith(".") || text.startsWith("/")
    ? undefined
    : `Run: npm install ${text} in ${directory}`;
}

function computed({ id }: Message): string | undefined {
  if (id !== "unsupported-require-call" && id !== "unsupported-dynamic-import") return undefined;
  return "loads a module by a computed name, which is not in the bundle and has to resolve at run time";
}

/** Addons are found by computed names, so esbuild does not see them. */
async function nativeAddons(packages: readonly BundledPackage[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { directory, name, version } of packages) {
    const { gypfile, dependencies } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
    const loads = ["bindings", "node-gyp-build", "prebuild-install", "node-pre-gyp"].some(
      (loader) => dependencies?.[loader] !== undefined,
    );
    if (gypfile === true || loads) {
      warnings.push(
        `${name}@${version} has a native addon, which is not in the bundle: ship the plugin with its node_modules instead`,
      );
    }
  }
  return warnings;
}

function contentOf(files: readonly OutputFile[], name: string): string {
  const found = files.find((file) => basename(file.path) === name);
  if (found === undefined) throw new Error(`esbuild wrote no ${name}`);
  return found.text;
}
