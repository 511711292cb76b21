/** Turns what went wrong with a plugin into a `PluginError`: phase, file and line, and what to do next. */
import { fileURLToPath } from "node:url";
import type { PluginErrorCode } from "../errors/codes.ts";
import { errorCode, errorMessage, PluginError, type PluginPhase } from "../errors/errors.ts";
import { syntaxErrorLocation } from "./syntax-error.ts";

const UNRESOLVED = new Set([
  "MODULE_NOT_FOUND",
  "ERR_MODULE_NOT_FOUND",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
  "ERR_PACKAGE_IMPORT_NOT_DEFINED",
  "ERR_INVALID_PACKAGE_TARGET",
  "ERR_INVALID_PACKAGE_CONFIG",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_INVALID_MODULE_SPECIFIER",
]);

const CODES: Partial<Record<PluginPhase, PluginErrorCode>> = {
  manifest: "ERR_PLUGIN_MANIFEST",
  compatibility: "ERR_PLUGIN_INCOMPATIBLE",
  resolve: "ERR_PLUGIN_RESOLVE",
  import: "ERR_PLUGIN_IMPORT",
  export: "ERR_PLUGIN_EXPORT",
  configure: "ERR_PLUGIN_CONFIGURE",
};

export function failure(
  id: string,
  phase: PluginPhase,
  message: string,
  details: { hint?: string | undefined; location?: string | undefined; cause?: unknown } = {},
): PluginError {
  return new PluginError({ code: CODES[phase] ?? "ERR_PLUGIN_IMPORT", id, phase, message, ...details });
}

/** Where the plugin's code lies, and where it was loaded from when that is a copy. */
export interface CodePlace {
  readonly directory: string;
  readonly home: string;
}

/** Of what an import threw. Paths inside a copy are given as those in the plugin's folder. */
export async function importFailure(id: string, place: CodePlace, cause: unknown): Promise<PluginError> {
  if (cause instanceof PluginError) {
    if (cause.id !== undefined) return cause;
    const { code, phase, message } = cause;
    return new PluginError({ code, id, phase, message, cause });
  }
  const own = (text: string) => text.replaceAll(place.home, place.directory);
  const message = own(errorMessage(cause));
  if (UNRESOLVED.has(errorCode(cause) ?? "")) {
    const importer = (cause as { importer?: unknown }).importer;
    const location = typeof importer === "string" ? undefined : locationOf(cause, place);
    return failure(id, "resolve", message, { location: location && own(location), cause });
  }
  const location =
    locationOf(cause, place) ??
    (isSyntaxError(cause) ? await syntaxErrorLocation(place.home, cause) : undefined);
  const kind = isSyntaxError(cause) ? "" : "its code threw while it was imported: ";
  const name = cause instanceof Error && cause.name !== "Error" ? `${cause.name}: ` : "";
  return failure(id, "import", `${kind}${name}${message}`, { location: location && own(location), cause });
}

function isSyntaxError(cause: unknown): cause is SyntaxError {
  return cause instanceof Error && cause.name === "SyntaxError";
}

/** `file:line:column` of the first line of the stack that names a file of the plugin. */
function locationOf(cause: unknown, place: CodePlace): string | undefined {
  if (!(cause instanceof Error) || cause.stack === undefined) return undefined;
  for (const line of cause.stack.split("\n")) {
    const [, file, position] = /((?:file:\/\/|\/).*?)(?:\?[^:]*)?((?::\d+){1,2})\)?$/.exec(line.trim()) ?? [];
    if (file === undefined || position === undefined) continue;
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    if (path.startsWith(place.home)) return path + position;
  }
  return undefined;
}
