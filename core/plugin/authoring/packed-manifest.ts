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

/** The manifest of a packed plugin: the author's, with the bundle as its entry and without dependencies. */
export function packedManifest(
  manifest: Readonly<Record<string, unknown>>,
  entry: string,
  files: readonly string[],
): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([key]) => !LEFT_OUT.includes(key));
  const packed: Record<string, unknown> = { ...Object.fromEntries(kept), exports: `./${entry}`, files };
  if (typeof manifest.plugfs === "object" && manifest.plugfs !== null) {
    // The contract test stays with the source.
    packed.plugfs = Object.fromEntries(Object.entries(manifest.plugfs).filter(([key]) => key !== "contract"));
  }
  return packed;
}
