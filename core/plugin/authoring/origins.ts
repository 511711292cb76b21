import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { BundledPackage } from "./third-party-notices.ts";

/** Where a bundled file comes from, in words that are the same on every machine: `ali-oss@6.23.0/lib/client.js`. */
export interface Origin {
  readonly label: string;
  /** Absent: the plugin's own. */
  readonly from?: BundledPackage;
}

/** By esbuild's name of the input, which is relative to the plugin's folder. */
export function originsOf(directory: string, inputs: readonly string[]): Map<string, Origin> {
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

export function distinctPackages(origins: ReadonlyMap<string, Origin>): BundledPackage[] {
  const byName = new Map<string, BundledPackage>();
  for (const { from } of origins.values()) {
    if (from !== undefined) byName.set(`${from.name}@${from.version}`, from);
  }
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

export interface PackageManifest {
  readonly name: string;
  readonly version?: string;
  readonly peerDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** The package that a file belongs to. A package.json with no name (`{"type": "module"}`) marks a folder, not a package. */
export function nearestPackage(file: string): { directory: string; manifest: PackageManifest } | undefined {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const path = join(directory, "package.json");
    const manifest = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
    if (typeof manifest.name === "string") return { directory, manifest };
    if (directory === dirname(directory)) return undefined;
  }
}
