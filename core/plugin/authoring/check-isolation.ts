import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join, relative, resolve, sep } from "node:path";
import { type BuildFailure, type BuildResult, build, type Message, type Plugin } from "esbuild";
import { packageName } from "../isolation/refusal.ts";
import { isBare, isCore } from "../isolation/rule.ts";
import type { Manifest } from "../manifest.ts";
import { nearestPackage } from "./origins.ts";
import { counted, error, type Finding, note, type Section, warning } from "./report.ts";
import type { BundledPackage } from "./third-party-notices.ts";

export interface CheckedImports {
  readonly section: Section;
  /** Packages whose code the plugin reaches. */
  readonly packages: readonly BundledPackage[];
}

export interface IsolationOptions {
  /** With links resolved. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly json: Readonly<Record<string, unknown>>;
  /** Relative to the folder, with `/`. */
  readonly shipped: readonly string[];
}

/** A sentence of the core that no other program holds: where it stands, the core was bundled. */
const SENTENCE_OF_THE_CORE = "the plugin's factory refused its configuration";

/**
 * Walks every import of the shipped files, as far as names are written in the code, and says which would not resolve
 * where nothing of the author's machine is: the isolation rule, seen before the plugin is shipped.
 */
export async function checkIsolation(options: IsolationOptions): Promise<CheckedImports> {
  const { directory, shipped, manifest } = options;
  const own = shipped.filter(
    (file) => isCode(file) && !file.startsWith("node_modules/") && !isTest(file, manifest),
  );
  const walk = new Walk(options);
  const result = await build({
    absWorkingDir: directory,
    entryPoints: own.map((file, i) => ({ in: `./${file}`, out: String(i) })),
    outdir: join(directory, "nowhere"),
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    mainFields: ["main"],
    conditions: ["node", "node-addons", "module-sync"],
    loader: { ".node": "empty" },
    plugins: [walk.plugin],
    logLevel: "silent",
    logLimit: 0,
    logOverride: { "unsupported-dynamic-import": "warning", "unsupported-require-call": "warning" },
  }).catch((failure: BuildFailure) => failure);

  const broken = "metafile" in result ? [] : result.errors.map((message) => walk.explain(message));
  const computed = result.warnings.filter(({ id }) => id.startsWith("unsupported-")).map(computedName);
  const packages = await reached(directory, result, walk);
  const findings = [
    ...broken,
    ...walk.findings,
    ...copiesOfTheCore(shipped),
    ...(await bundledCore(directory, own)),
    ...computed,
  ];
  const inside = packages.length === 0 ? "no other package" : counted(packages.length, "package");
  return {
    section: { area: "isolation", summary: `${counted(own.length, "file")} of code, ${inside}`, findings },
    packages,
  };
}

class Walk {
  readonly findings: Finding[] = [];
  /** Packages' folders that were reached, also when the walk as a whole failed. */
  readonly files = new Set<string>();
  readonly #options: IsolationOptions;
  readonly #shipped: ReadonlySet<string>;
  readonly #told = new Set<string>();

  constructor(options: IsolationOptions) {
    this.#options = options;
    this.#shipped = new Set(options.shipped);
  }

  readonly plugin: Plugin = {
    name: "walk",
    setup: (build) => {
      build.onResolve(
        { filter: /.*/ },
        async ({ path, importer, kind, resolveDir, pluginData, with: attributes }) => {
          if (kind === "entry-point" || pluginData === resolving) return undefined;
          if (isBuiltin(path) || isCore(path) || /^(data|https?):/.test(path))
            return { path, external: true };
          const name = isBare(path) ? packageName(path) : undefined;
          if (name !== undefined && this.#declared("peerDependencies", name)) {
            const manifest = join(this.#options.directory, "package.json");
            if (this.#isOptional(name, manifest)) return { path, external: true };
            this.#tell(
              warning(`${name} is taken from the host, and only where the host shares it`, {
                place: this.#place(importer),
                hint: `Its users set plugin.classloader.parent-first-patterns.additional: ${name}`,
              }),
            );
            return { path, external: true };
          }
          const found = await build.resolve(path, {
            importer,
            kind,
            resolveDir,
            with: attributes,
            pluginData: resolving,
          });
          if (found.errors.length > 0)
            return this.#isOptional(name, importer) ? { path, external: true } : undefined;
          if (found.external || found.namespace !== "file") return found;
          const file = relative(this.#options.directory, found.path).replaceAll(sep, "/");
          if (file.startsWith("../")) {
            if (!this.#isOptional(name, importer)) this.#outside(path, name, importer);
            return { path, external: true };
          }
          this.files.add(found.path);
          if (file.endsWith(".node")) {
            this.#tell(
              warning(`${file} is a native addon: it works only where it was built for`, {
                place: this.#place(importer),
                hint: "Ship the folder with its node_modules for each platform; it cannot be packed",
              }),
            );
          }
          this.#checkShipped(file, name, importer);
          return found;
        },
      );
    },
  };

  /** What esbuild could not do, in the words of somebody who writes a plugin. */
  explain({ text, location }: Message): Finding {
    const place = location === null ? {} : { place: `${location.file}:${location.line}:${location.column}` };
    const specifier = /^Could not resolve "([^"]+)"/.exec(text)?.[1];
    if (specifier === undefined) return error(text, place);
    if (!isBare(specifier)) return error(`${specifier} does not exist`, place);
    const name = packageName(specifier);
    return this.#declared("dependencies", name)
      ? error(`${specifier} does not resolve, though ${name} is in dependencies`, {
          ...place,
          hint: "Run: npm install",
        })
      : error(`${name} is missing from dependencies`, { ...place, hint: `Run: npm install ${name}` });
  }

  #outside(specifier: string, name: string | undefined, importer: string): void {
    const place = this.#place(importer);
    if (name === undefined) {
      this.#tell(
        error(`${specifier} lies outside of the plugin's folder`, { place, hint: "Move it into the folder" }),
      );
      return;
    }
    const isDeclared = this.#declared("dependencies", name);
    this.#tell(
      error(
        isDeclared
          ? `${name} is in dependencies but installed outside of the plugin's folder, where it is not found once shipped`
          : `${name} is missing from dependencies; it is found only because a folder above has it`,
        { place, hint: `Run: npm install ${isDeclared ? "" : `${name} `}in the plugin's folder, or pack it` },
      ),
    );
  }

  #checkShipped(file: string, name: string | undefined, importer: string): void {
    const place = this.#place(importer);
    const fromOwn = !importer.includes(`${sep}node_modules${sep}`);
    if (!file.startsWith("node_modules/")) {
      if (!this.#shipped.has(file)) {
        this.#tell(
          error(`${file} is not among the shipped files`, {
            place,
            hint: 'Add it to "files" in package.json',
          }),
        );
      }
      return;
    }
    if (name === undefined || !fromOwn) return;
    if (!this.#declared("dependencies", name) && !this.#declared("optionalDependencies", name)) {
      const dev = this.#declared("devDependencies", name) ? ", only in devDependencies" : "";
      this.#tell(
        error(`${name} is missing from dependencies${dev}`, {
          place,
          hint: `Run: npm install --save-prod ${name}`,
        }),
      );
    } else if (!this.#shipped.has(file)) {
      this.#tell(
        warning(`${name} does not come with the plugin's files`, {
          place,
          hint: "Pack it, or let its users run npm install --omit=dev in the copied folder",
        }),
      );
    }
  }

  /** An optional peer of the importing package, or an optional dependency: it copes with its absence. */
  #isOptional(name: string | undefined, importer: string): boolean {
    if (name === undefined) return false;
    const { peerDependenciesMeta, optionalDependencies = {} } = nearestPackage(importer)?.manifest ?? {};
    return peerDependenciesMeta?.[name]?.optional === true || Object.hasOwn(optionalDependencies, name);
  }

  #declared(kind: string, name: string): boolean {
    const declared = this.#options.json[kind];
    return typeof declared === "object" && declared !== null && Object.hasOwn(declared, name);
  }

  #place(importer: string): string {
    return relative(this.#options.directory, importer).replaceAll(sep, "/");
  }

  /** A package that ten files import is one finding. */
  #tell(finding: Finding): void {
    if (this.#told.has(finding.message)) return;
    this.#told.add(finding.message);
    this.findings.push(finding);
  }
}
const resolving = Symbol("resolving");

async function reached(
  directory: string,
  result: BuildResult | BuildFailure,
  { files }: Walk,
): Promise<BundledPackage[]> {
  const inputs = "metafile" in result ? Object.keys(result.metafile?.inputs ?? {}) : [];
  const found = new Map<string, BundledPackage>();
  for (const file of [...files, ...inputs.map((input) => resolve(directory, input))]) {
    if (!file.includes(`${sep}node_modules${sep}`)) continue;
    const owner = nearestPackage(file);
    if (owner === undefined || owner.directory === directory) continue;
    const { name, version = "0.0.0" } = owner.manifest;
    found.set(`${name}@${version}`, { name, version, directory: owner.directory });
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function copiesOfTheCore(shipped: readonly string[]): Finding[] {
  const copy = shipped.map((file) => /^(?:.*\/)?node_modules\/plugfs\//.exec(file)?.[0]).find(Boolean);
  if (copy === undefined) return [];
  return [
    error(`a copy of plugfs is shipped in ${copy}`, {
      hint: 'List what belongs to the plugin in "files" of package.json; plugfs comes from the host',
    }),
  ];
}

async function bundledCore(directory: string, files: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const file of files) {
    if (!(await readFile(join(directory, file), "utf8")).includes(SENTENCE_OF_THE_CORE)) continue;
    findings.push(
      error("a copy of plugfs is bundled in it", {
        place: file,
        hint: "Leave plugfs external, or use plugfs plugins pack",
      }),
    );
  }
  return findings;
}

function computedName({ location }: Message): Finding {
  const place = location === null ? {} : { place: `${location.file}:${location.line}` };
  return note("loads a module by a computed name, which cannot be followed", place);
}

function isCode(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file);
}

function isTest(file: string, { contract }: Manifest): boolean {
  return /[._-]test\.[cm]?[jt]sx?$|^tests?\//.test(file) || file === contract?.replace(/^\.\//, "");
}
