/**
 * The isolation rule, as pure functions: what an import means depends on the importer's place alone.
 *
 * - The importer is no plugin: nothing changes.
 * - A shared package is taken from the host; what the host does not offer is looked up as if it were not shared
 *   (Flink's parent-first: the component is asked when the owner lacks the class).
 * - Everything else resolves as Node does and must end inside the plugin's own folder (Flink's component-only).
 *
 * The importers of CommonJS are file names, those of ES modules are URLs, so every folder is kept in both forms. All of
 * this is plain data: it crosses into the hook thread and into workers.
 */
import { isBuiltin } from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";

/** A folder with its separator at the end, so that `abc` does not own `abc-def`. */
export interface Folder {
  readonly directory: string;
  readonly url: string;
}

/** A folder whose modules follow the rule. */
export interface Root extends Folder {
  /** The plugin's id. */
  readonly plugin: string;
  /** Names the {@link SharedPackages} of its environment. */
  readonly shared: number;
  readonly patterns: readonly string[];
  /** Further folders that it may import from. */
  readonly extra: readonly Folder[];
  /** False for an extra root: its modules take the shared packages, but may import from anywhere. */
  readonly contained: boolean;
}

/** `import("plugfs-host:x")` gives what the host's own `import("x")` gives (hook thread only). */
export const HOST_IMPORT = "plugfs-host:";

export function folder(directory: string): Folder {
  const path = directory.endsWith(sep) ? directory : directory + sep;
  return { directory: path, url: pathToFileURL(path).href };
}

/** The root that a module lies in; `roots` have the longest first. */
export function rootOf<R extends Root>(importer: string, roots: readonly R[]): R | undefined {
  for (const root of roots) if (inside(root, importer)) return root;
  return undefined;
}

/** `module` is a file name or a URL. */
export function inside(folder: Folder, module: string): boolean {
  return module.startsWith(folder.url) || module.startsWith(folder.directory);
}

/** Whether the package is the core itself: those are never looked for in the plugin's folder. */
export function isCore(specifier: string): boolean {
  return specifier === "plugfs" || specifier.startsWith("plugfs/");
}

/** Taken from plugfs, so that the workers of a plugin follow the rule. */
export const WORKER_THREADS = ["worker_threads", "node:worker_threads"];

/**
 * Whether a name is one of the shared packages. A pattern is a package name, which covers its subpaths, or a scope with
 * its slash; `pino` never matches `pino-evil`.
 */
export function isShared(specifier: string, patterns: readonly string[]): boolean {
  if (specifier.startsWith(".")) return false;
  if (isCore(specifier) || WORKER_THREADS.includes(specifier)) return true;
  return patterns.some((pattern) =>
    pattern.endsWith("/")
      ? specifier.startsWith(pattern)
      : specifier === pattern || specifier.startsWith(`${pattern}/`),
  );
}

/** Whether a module of `root` may use what its import resolved to. */
export function mayUse(root: Root, resolved: string): boolean {
  return (
    !root.contained ||
    inside(root, resolved) ||
    resolved.startsWith("data:") ||
    isBuiltin(resolved) ||
    root.extra.some((extra) => inside(extra, resolved))
  );
}

/** A name that is looked up in `node_modules`, not a path, a URL or a `#` import. */
export function isBare(specifier: string): boolean {
  return !/^(\.{0,2}\/|\.{1,2}$|#|[a-z][a-z0-9+.-]*:)/i.test(specifier);
}
