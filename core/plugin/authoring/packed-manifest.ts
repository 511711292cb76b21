/** What only the author needs, or what is inside the bundle now. */
const LEFT_OUT = [
  "private",
  "main",
  "module",
  "types",
  "typings",
  "bin",
  "browser",
  "imports",
  "scripts",
  "dependencies",
  "optionalDependencies",
  "devDependencies",
  "bundledDependencies",
  "bundleDependencies",
  "workspaces",
  "overrides",
  "packageManager",
  "devEngines",
];

/**
 * The manifest of a packed plugin: the author's, with the bundle as its entry and without dependencies. `optionalPeers` are
 * what the bundle would use if its user installed it.
 */
export function packedManifest(
  manifest: Readonly<Record<string, unknown>>,
  entry: string,
  files: readonly string[],
  optionalPeers: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([key]) => !LEFT_OUT.includes(key));
  const packed: Record<string, unknown> = { ...Object.fromEntries(kept), exports: `./${entry}`, files };
  if (typeof manifest.plugfs === "object" && manifest.plugfs !== null) {
    // The contract test stays with the source.
    packed.plugfs = Object.fromEntries(Object.entries(manifest.plugfs).filter(([key]) => key !== "contract"));
  }
  if (Object.keys(optionalPeers).length > 0) {
    const isOptional = Object.fromEntries(
      Object.keys(optionalPeers).map((name) => [name, { optional: true }]),
    );
    packed.peerDependencies = { ...optionalPeers, ...(manifest.peerDependencies as object) };
    packed.peerDependenciesMeta = { ...isOptional, ...(manifest.peerDependenciesMeta as object) };
  }
  return packed;
}
