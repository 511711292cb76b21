/**
 * A host program with plugins, on disk: everything around a plugin that it must not see, and everything that it must.
 * The plugins report what each kind of import gave them; the host prints the reports.
 */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Files, writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { HOST } from "./host.ts";
import { type Format, probePlugin } from "./probe-plugin.ts";

export const repository =
  process.env.PLUGFS_PACKAGE ?? fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Where the plugins folder lies: inside the host's folder, outside of it, behind a link, under an odd name. */
export type Layout = "inside" | "outside" | "linked" | "odd-name";

export interface Scene extends AsyncDisposable {
  /** Real path of everything. */
  readonly path: string;
  /** The host's folder. */
  readonly host: string;
  readonly pluginsDir: string;
}

const PACKAGES: Record<string, Files> = {
  "host-only": pkg("host-only", "module.exports = { from: 'host' };"),
  "shared-cjs": {
    ...pkg("shared-cjs", "exports.from = 'host'; exports.made = {};"),
    "sub.js": "exports.from = 'host-sub';",
  },
  "shared-esm": {
    "package.json": { name: "shared-esm", version: "1.0.0", type: "module", exports: "./index.js" },
    "index.js": "export const from = 'host'; export const made = {}; export default made;",
  },
  "@shared/scoped": pkg("@shared/scoped", "exports.from = 'host'; exports.made = {};"),
};

export function pkg(name: string, code: string, version = "1.0.0"): Files {
  return { "package.json": { name, version }, "index.js": code };
}

/** `files` below a folder. */
export function below(folder: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
}

/** A host with a probe plugin of each format, and further plugins. */
export async function scene(
  layout: Layout,
  formats: readonly Format[],
  plugins: Record<string, Files> = {},
): Promise<Scene> {
  const folder = await temporaryFolder();
  const host = join(folder.path, "host");
  const pluginsDir = {
    inside: join(host, "plugins"),
    linked: join(host, "plugins"),
    outside: join(folder.path, "elsewhere/plugins"),
    "odd-name": join(folder.path, "else where #1/%70lügins [~^] 插件"),
  }[layout];
  await writeFiles(folder.path, {
    ...below("node_modules/ancestor-only", pkg("ancestor-only", "exports.from = 'ancestor';")),
    ...below("node-path/path-only", pkg("path-only", "exports.from = 'NODE_PATH';")),
    "host/package.json": { name: "the-host", type: "module" },
    "host/host.mjs": HOST,
    "host/secret.mjs": "export const secret = 1;",
    "host/secret.cjs": "exports.secret = 1;",
  });
  for (const [name, files] of Object.entries(PACKAGES)) {
    await writeFiles(join(host, "node_modules", name), files);
  }
  await symlink(repository, join(host, "node_modules/plugfs"));
  await mkdir(pluginsDir, { recursive: true });
  for (const format of formats) {
    const target = layout === "linked" ? join(folder.path, "linked", format) : join(pluginsDir, format);
    await writeFiles(target, probePlugin(format));
    if (layout === "linked") await symlink(target, join(pluginsDir, format));
  }
  for (const [id, files] of Object.entries(plugins)) await writeFiles(join(pluginsDir, id), files);
  return { path: folder.path, host, pluginsDir, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
}
