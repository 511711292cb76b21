import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { build, type OutputFile, type Plugin } from "esbuild";
import { publishFile } from "./publish-file.ts";
import { type Shift, shiftColumns } from "./shift-columns.ts";
import { type BundledPackage, thirdPartyNotices } from "./third-party-notices.ts";

export interface BundleOptions {
  /** The plugin's folder: `package.json` and the source. */
  readonly directory: string;
  /** Where the bundle goes; default: the plugin's folder. */
  readonly outDirectory?: string;
  /** Relative to `directory`; default `src/index.ts`. */
  readonly entry?: string;
  /** The text of the plugin's own licence, copied as `LICENSE`. */
  readonly license?: string;
}

export interface Bundle {
  /** Names of the files written, relative to the out directory. */
  readonly files: readonly string[];
  /** The size of `index.cjs`. */
  readonly bytes: number;
  readonly packages: readonly BundledPackage[];
}

/**
 * Makes a plugin one self-contained folder that works wherever it is copied, as a shaded jar does for Flink: `index.cjs`
 * with every dependency inside, `index.cjs.map`, `LICENSE`, `THIRD-PARTY-NOTICES`. What the manifest names in
 * `peerDependencies` comes from the host and stays outside, and so does an optional peer of a bundled package that is not
 * installed. The same input gives the same bytes, wherever it lies; each file is replaced whole.
 *
 * Rejects with esbuild's message (file and line) when something does not resolve.
 */
export async function bundlePlugin(options: BundleOptions): Promise<Bundle> {
  const directory = resolve(options.directory);
  const outDirectory = resolve(options.outDirectory ?? directory);
  const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const shared = Object.keys(manifest.peerDependencies ?? {});

  const result = await build({
    absWorkingDir: directory,
    entryPoints: [options.entry ?? "src/index.ts"],
    outfile: join(outDirectory, "index.cjs"),
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: shared.flatMap((name) => [name, `${name}/*`]),
    plugins: [optionalPeersOutside],
    charset: "utf8",
    sourcemap: "linked",
    legalComments: "external",
    // What the surrounding folders say must not change the bytes.
    tsconfigRaw: { compilerOptions: { target: "es2023", verbatimModuleSyntax: true } },
    logLevel: "silent",
  });
  for (const warning of result.warnings) {
    const { file = "", line = 0 } = warning.location ?? {};
    process.stderr.write(`${manifest.name}: ${file}:${line}: ${warning.text}\n`);
  }

  const origins = originsOf(directory, Object.keys(result.metafile.inputs));
  const packages = distinctPackages(origins);
  const copied = packages.find((one) => shared.includes(one.name));
  if (copied !== undefined) {
    throw new Error(
      `${manifest.name} would ship its own copy of ${copied.name}, which its peerDependencies leave to the host: ` +
        `import it by its name, not by a path into ${copied.name}.`,
    );
  }
  const { code, shifts } = portableCode(outputFile(result.outputFiles, "index.cjs").text, origins);
  const inputOf = (source: string) => relative(directory, resolve(outDirectory, source)).replaceAll(sep, "/");
  const map = portableMap(outputFile(result.outputFiles, "index.cjs.map").text, inputOf, origins, shifts);
  const legal = result.outputFiles.find((file) => file.path.endsWith(".LEGAL.txt"))?.text ?? "";
  const notices = await thirdPartyNotices(`${manifest.name} ${manifest.version}`, packages);

  const files: Record<string, string | Uint8Array> = {
    "index.cjs": code,
    "index.cjs.map": map,
    "THIRD-PARTY-NOTICES": notices + legalComments(legal, origins),
  };
  if (options.license !== undefined) files.LICENSE = await readFile(options.license);
  // The map first: who sees the new code finds its map.
  for (const name of Object.keys(files).sort().reverse()) {
    await publishFile(join(outDirectory, name), files[name] as string | Uint8Array);
  }
  return { files: Object.keys(files), bytes: Buffer.byteLength(code), packages };
}

/** `urllib` and its like require an optional peer only when a proxy is asked for; who needs it installs it. */
const optionalPeersOutside: Plugin = {
  name: "optional-peers-outside",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === resolving || importer === "") return undefined;
      const name = path.split("/", path.startsWith("@") ? 2 : 1).join("/");
      if (nearestPackage(importer)?.manifest.peerDependenciesMeta?.[name]?.optional !== true)
        return undefined;
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: resolving });
      return found.errors.length === 0 ? found : { path, external: true };
    });
  },
};
const resolving = Symbol("resolving");

/** Where a bundled file comes from, in words that are the same on every machine: `ali-oss@6.23.0/lib/client.js`. */
interface Origin {
  readonly label: string;
  /** Absent: the plugin's own. */
  readonly from?: BundledPackage;
}

/** By esbuild's name of the input, which is relative to the plugin's folder. */
function originsOf(directory: string, inputs: readonly string[]): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const input of inputs) {
    if (input.startsWith("(disabled):")) continue;
    const file = resolve(directory, input);
    const owner = nearestPackage(file);
    if (owner === undefined)
      throw new Error(`${input} belongs to no package: no package.json above it has a name.`);
    const inside = relative(owner.directory, file).replaceAll(sep, "/");
    if (owner.directory === directory) {
      origins.set(input, { label: inside });
    } else {
      const { name, version = "0.0.0" } = owner.manifest;
      const from = { name, version, directory: owner.directory };
      origins.set(input, { label: `${name}@${version}/${inside}`, from });
    }
  }
  return origins;
}

function distinctPackages(origins: ReadonlyMap<string, Origin>): BundledPackage[] {
  const byName = new Map<string, BundledPackage>();
  for (const { from } of origins.values()) {
    if (from !== undefined) byName.set(`${from.name}@${from.version}`, from);
  }
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** The package that a file belongs to. A package.json with no name (`{"type": "module"}`) marks a folder, not a package. */
function nearestPackage(file: string): { directory: string; manifest: Manifest } | undefined {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const path = join(directory, "package.json");
    const manifest = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
    if (typeof manifest.name === "string") return { directory, manifest };
    if (directory === dirname(directory)) return undefined;
  }
}

function outputFile(files: readonly OutputFile[], name: string): OutputFile {
  const found = files.find((file) => basename(file.path) === name);
  if (found === undefined) throw new Error(`esbuild wrote no ${name}`);
  return found;
}

/**
 * The code with its modules named by origin. esbuild heads each with its path: in a comment, or as the name of the wrapper's
 * function, which stands first on its line.
 */
function portableCode(code: string, origins: ReadonlyMap<string, Origin>): { code: string; shifts: Shift[] } {
  const heads = new Map<string, string>();
  for (const [input, { label }] of origins) {
    heads.set(`// ${input}`, `// ${label}`);
    heads.set(JSON.stringify(input), JSON.stringify(label));
  }
  const shifts: Shift[] = [];
  const lines = code.split("\n").map((text, line) => {
    const [, indent = "", head = ""] = /^( *)(\/\/ .+$|"(?:[^"\\]|\\.)+"(?=\())/.exec(text) ?? [];
    const portable = heads.get(head);
    if (portable === undefined) return text;
    shifts.push({ line, beyond: indent.length, by: portable.length - head.length });
    return indent + portable + text.slice(indent.length + head.length);
  });
  return { code: lines.join("\n"), shifts };
}

/** The map with the sources named by origin; their text is inside, since the folder ships without them. */
function portableMap(
  text: string,
  input: (source: string) => string,
  origins: ReadonlyMap<string, Origin>,
  shifts: readonly Shift[],
): string {
  const map = JSON.parse(text) as { sources: string[]; mappings: string };
  map.sources = map.sources.map((source) => {
    const origin = origins.get(input(source));
    if (origin === undefined) throw new Error(`the source map names ${source}, which is no input`);
    return origin.label;
  });
  map.mappings = shiftColumns(map.mappings, shifts);
  return `${JSON.stringify(map)}\n`;
}

/** The comments marked as legal (`@license`, `@preserve`, `/*!`) by file, with the files named by origin. */
function legalComments(legal: string, origins: ReadonlyMap<string, Origin>): string {
  if (legal === "") return "";
  const lines = legal.split("\n").map((line) => {
    const origin = origins.get(line.replace(/:$/, ""));
    return origin === undefined ? line : `${origin.label}:`;
  });
  return `\n${"=".repeat(80)}\n\n${lines.join("\n").trimEnd()}\n`;
}
