/**
 * Finds a package's entry as Node does: `exports["."]`, else `main`, else `index.js`. plugfs loads both ES modules and
 * CommonJS, so of the conditions `import` and `require` the one written first decides.
 */
const CONDITIONS = ["node", "import", "module-sync", "require", "default"];

/** Relative to the package, without a leading `./`. */
export function entryOf(manifest: Record<string, unknown>): { path: string } | { problem: string } {
  const { exports, main } = manifest;
  if (exports !== undefined && exports !== null) {
    const target = resolveTarget(rootTarget(exports));
    if (target === undefined) return { problem: 'exports["."]: no condition gives an entry for Node' };
    if (!target.startsWith("./") || target.split("/").includes("..")) {
      return { problem: `exports["."]: must be a path that begins with "./", got ${JSON.stringify(target)}` };
    }
    return { path: target.slice(2) };
  }
  if (main !== undefined && typeof main !== "string") return { problem: "main: must be a string" };
  const path = (main ?? "").replace(/^(\.\/)+/, "");
  if (path.startsWith("/") || path.split("/").includes("..")) {
    return { problem: `main: must lie inside the plugin's folder, got ${JSON.stringify(main)}` };
  }
  return { path: path === "" || path === "." ? "index.js" : path };
}

/** `exports` is either the target of `.` itself or a map whose keys begin with a dot. */
function rootTarget(exports: unknown): unknown {
  if (typeof exports !== "object" || exports === null || Array.isArray(exports)) return exports;
  const subpaths = Object.keys(exports).some((key) => key.startsWith("."));
  return subpaths ? (exports as Record<string, unknown>)["."] : exports;
}

function resolveTarget(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (typeof target !== "object" || target === null) return undefined;
  const branches = Array.isArray(target)
    ? target
    : Object.entries(target)
        .filter(([condition]) => CONDITIONS.includes(condition))
        .map(([, value]) => value);
  for (const branch of branches) {
    const found = resolveTarget(branch);
    if (found !== undefined) return found;
  }
  return undefined;
}
