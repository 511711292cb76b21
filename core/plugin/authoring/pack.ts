import { access, readdir, readFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errorMessage, FileSystemError, PluginError } from "../../errors/errors.ts";
import { type Manifest, parseManifest } from "../manifest.ts";
import { type BundleFormat, bundle, bundleName } from "./bundle.ts";
import { packedManifest } from "./packed-manifest.ts";
import { publishFile } from "./publish-file.ts";
import type { BundledPackage } from "./third-party-notices.ts";

export interface PackOptions {
  /** The plugin's folder: its manifest and its source. */
  readonly directory: string;
  /**
   * Where the packed plugin goes; default `packed/<name>` in the plugin's folder. The plugin's folder itself: its manifest
   * is the packed one already, and only the files that are made are written.
   */
  readonly outDirectory?: string | undefined;
  /** The source, relative to the folder. Default: the manifest's entry, or `src/index.ts` where that is what pack makes. */
  readonly entry?: string | undefined;
  /** Default `cjs`. */
  readonly format?: BundleFormat | undefined;
  /** A licence for a plugin whose folder has none. */
  readonly license?: string | undefined;
}

export interface Packed {
  readonly name: string;
  readonly version: string;
  readonly outDirectory: string;
  /** Names of the files written, sorted. */
  readonly files: readonly string[];
  /** The size of the bundle. */
  readonly bytes: number;
  /** Whose code is inside. */
  readonly packages: readonly BundledPackage[];
  readonly warnings: readonly string[];
}

/** Copied as they are, where the plugin has them. */
const DOCUMENTS = ["README.md", "LICENSE", "LICENCE", "LICENSE.md", "LICENSE.txt", "NOTICE", "CHANGELOG.md"];

/**
 * Makes a plugin one self-contained folder that works wherever it is copied, as a shaded jar does for Flink: one file with
 * every dependency inside, its source map, the licences, the manifest rewritten. What the manifest names in
 * `peerDependencies` comes from the host and stays outside. The same input gives the same bytes; each file is replaced
 * whole, and nothing is written before everything is made.
 *
 * Rejects with `ERR_PLUGIN_MANIFEST` or `ERR_PLUGIN_PACK`, which name the place and the way out.
 */
export async function pack(options: PackOptions): Promise<Packed> {
  const directory = await realpath(options.directory);
  const { json, manifest, name, version } = await manifestIn(directory);
  const format = options.format ?? "cjs";
  const output = bundleName(format);
  const outDirectory = resolve(
    options.outDirectory ?? join(directory, "packed", name.replace(/^@[^/]+\//, "")),
  );
  const isInPlace = (await realpath(outDirectory).catch(() => outDirectory)) === directory;
  if (isInPlace && manifest.entry !== output) {
    throw problem(
      name,
      `packed into its own folder, its entry has to be ./${output}, not ./${manifest.entry}`,
    );
  }
  const source =
    options.entry ?? (manifest.entry === output ? await sourceIn(directory, name) : manifest.entry);
  const { files, packages, optionalPeers, warnings } = await bundle({
    directory,
    name,
    version,
    entry: source.startsWith(".") || source.startsWith("/") ? source : `./${source}`,
    format,
    shared: Object.keys((json.peerDependencies as object | undefined) ?? {}),
  });

  const contents = new Map<string, string | Uint8Array>(files);
  if (!isInPlace) {
    for (const document of DOCUMENTS) {
      const content = await readFile(join(directory, document)).catch(() => undefined);
      if (content !== undefined) contents.set(document, content);
    }
  }
  if (options.license !== undefined) contents.set("LICENSE", await readFile(options.license));
  if (!isInPlace) {
    const listed = [...contents.keys()].sort();
    contents.set(
      "package.json",
      `${JSON.stringify(packedManifest(json, output, listed, optionalPeers), null, 2)}\n`,
    );
    await checkPlace(outDirectory, contents);
  }
  // The map before the code: who sees the new code finds its map.
  const names = [...contents.keys()].sort();
  for (const file of names.toReversed()) {
    await publishFile(join(outDirectory, file), contents.get(file) as string | Uint8Array);
  }
  const bytes = Buffer.byteLength(files.get(output) ?? "");
  return { name, version, outDirectory, files: names, bytes, packages, warnings };
}

async function manifestIn(directory: string): Promise<{
  json: Record<string, unknown>;
  manifest: Manifest;
  name: string;
  version: string;
}> {
  let json: Record<string, unknown>;
  let manifest: Manifest;
  try {
    json = JSON.parse((await readFile(join(directory, "package.json"), "utf8")).replace(/^\uFEFF/, ""));
    manifest = parseManifest(json);
  } catch (cause) {
    throw new PluginError({
      code: "ERR_PLUGIN_MANIFEST",
      phase: "manifest",
      message: `${directory}: ${errorMessage(cause)}`,
      hint: "plugfs plugins check names every problem",
      cause,
    });
  }
  const { name, version } = manifest;
  if (name === undefined || version === undefined) {
    throw new PluginError({
      code: "ERR_PLUGIN_MANIFEST",
      phase: "manifest",
      message: `${directory}: package.json needs a name and a version, which the notices and the source map name`,
    });
  }
  if (manifest.apiRange === undefined) {
    throw problem(
      name,
      "its manifest has no peerDependencies.plugfs, so plugfs itself would be bundled",
      'Add "peerDependencies": { "plugfs": "^1.0.0" }',
    );
  }
  return { json, manifest, name, version };
}

async function sourceIn(directory: string, name: string): Promise<string> {
  for (const candidate of ["src/index.ts", "src/index.js", "index.ts", "index.js"]) {
    const exists = await access(join(directory, candidate)).then(
      () => true,
      () => false,
    );
    if (exists) return candidate;
  }
  throw problem(
    name,
    "its entry is what packing makes, and there is no src/index.ts",
    "Name the source: --entry FILE",
  );
}

/** What somebody else put there is neither overwritten nor shipped. */
async function checkPlace(outDirectory: string, contents: ReadonlyMap<string, unknown>): Promise<void> {
  const present = await readdir(outDirectory).catch(() => []);
  const foreign = present.filter((file) => !contents.has(file));
  if (foreign.length === 0) return;
  throw new FileSystemError({
    code: "EEXIST",
    path: outDirectory,
    message: `${outDirectory} holds ${foreign.slice(0, 3).join(", ")}, which packing did not write`,
    hint: "Empty it, or name another folder: --out DIR",
  });
}

function problem(id: string, message: string, hint?: string): PluginError {
  return new PluginError({ code: "ERR_PLUGIN_PACK", id, message, hint });
}
