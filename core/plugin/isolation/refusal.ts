/**
 * The errors of imports that the rule refuses. Their codes are Node's own for a missing module, because packages with
 * optional dependencies catch exactly those.
 */
import { fileURLToPath } from "node:url";
import { isBare, type Root } from "./rule.ts";

export type ImportKind = "import" | "require";

/** `resolved` is what Node found outside of the plugin; undefined when it found nothing. */
export function refusal(
  kind: ImportKind,
  root: Root,
  specifier: string,
  importer: string,
  resolved?: string,
  cause?: unknown,
): Error {
  const from = importer.startsWith("file:") ? fileURLToPath(importer.replace(/[?#].*$/s, "")) : importer;
  const what = `Cannot find ${kind === "import" && isBare(specifier) ? "package" : "module"} '${specifier}' imported from ${from}`;
  const error = new Error(
    `${what}: ${reason(root, specifier, resolved)}`,
    cause === undefined ? undefined : { cause },
  );
  return Object.assign(error, {
    code: kind === "import" ? "ERR_MODULE_NOT_FOUND" : "MODULE_NOT_FOUND",
    plugin: root.plugin,
    specifier,
    importer: from,
  });
}

function reason(root: Root, specifier: string, resolved: string | undefined): string {
  const plugin = `plugin "${root.plugin}"`;
  if (!isBare(specifier)) {
    return resolved === undefined
      ? `${plugin} has no such file`
      : `it lies outside of ${plugin}'s folder ${root.directory} (plugin.extra-roots allows further folders)`;
  }
  const name = packageName(specifier);
  const elsewhere = resolved === undefined ? "" : ", and what lies outside of its folder is not for it";
  return (
    `${plugin} does not ship the package "${name}"${elsewhere}. Run "npm install ${name}" in ${root.directory}, ` +
    `bundle it, or let the host share it: plugin.classloader.parent-first-patterns.additional: ${name}`
  );
}

export function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
