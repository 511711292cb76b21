import type { Configuration } from "../config/configuration.ts";
import { option } from "../config/option.ts";
import { ConfigurationError, FileSystemError } from "../errors/errors.ts";
import { Path } from "./path.ts";

/** Flink's key of the same name. */
export const DEFAULT_SCHEME = option.string("fs.default-scheme", {
  doc: "Where paths without a scheme lie, as scheme://authority. Not set: they are local.",
});

const HAS_SCHEME = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|file:)/i;

/**
 * Reads a path of the host. One without a scheme is local; with `fs.default-scheme` it is a key below that root, with
 * or without a leading `/`.
 */
export function resolvePath(path: string | URL | Path, configuration: Configuration): Path {
  if (typeof path !== "string" || path === "" || HAS_SCHEME.test(path)) return Path.parse(path);
  const root = defaultRoot(configuration);
  if (root === undefined || root.scheme === "file") return Path.parse(path);
  return Path.parse(`${root}/${path.replace(/^\//, "")}`);
}

function defaultRoot(configuration: Configuration): Path | undefined {
  const text = configuration.get(DEFAULT_SCHEME);
  if (text === undefined || text === "") return undefined;
  const wrong = (message: string, cause?: unknown) =>
    new ConfigurationError({
      code: "ERR_CONFIG_VALUE",
      key: DEFAULT_SCHEME.key,
      source: configuration.source(DEFAULT_SCHEME.key),
      message: `${DEFAULT_SCHEME.key} ${message}`,
      hint: "Write it as scheme://authority, as in oss://bucket",
      cause,
    });
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) throw wrong("is not a scheme and an authority");
  let root: Path;
  try {
    root = Path.parse(text);
  } catch (error) {
    // A value that carries a password must not be echoed by the cause either; its message is safe.
    throw wrong(error instanceof FileSystemError ? `is not usable: ${error.message}` : "is not usable");
  }
  if (root.scheme !== "file" && root.key !== "") throw wrong("has a path, which would be left out");
  return root;
}
