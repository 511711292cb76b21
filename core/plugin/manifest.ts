/**
 * Reads and checks a plugin's manifest, its `package.json`. Every error names the place as a JSON path, and all of
 * them are reported at once.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode, errorMessage } from "../errors/errors.ts";
import { entryOf } from "./entry.ts";

export interface DeclaredOption {
  readonly type: "string" | "integer" | "number" | "boolean" | "duration" | "memory" | "list" | "enum";
  readonly default?: unknown;
  readonly doc?: string;
  /** Never printed. */
  readonly secret?: boolean;
  /** Of an `enum`. */
  readonly values?: readonly string[];
}

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly type: "module" | "commonjs";
  /** Range of the SPI's version: `peerDependencies.plugfs`. */
  readonly apiRange?: string;
  /** Undefined: not declared, known only once imported. */
  readonly schemes?: readonly string[];
  readonly options: Readonly<Record<string, DeclaredOption>>;
  /** Names of the packages that the plugin says it needs, whichever kind of dependency they are. */
  readonly dependencies: readonly string[];
  /** The contract test, relative to the folder. */
  readonly contract?: string;
  /** Relative to the folder, without a leading `./`. */
  readonly entry: string;
  readonly warnings: readonly string[];
}

/** A manifest that is missing or wrong; the message names every place by its JSON path. */
export class ManifestProblem extends Error {
  readonly missing: boolean;
  readonly problems: readonly string[];
  constructor(message: string, missing = false, problems: readonly string[] = [message]) {
    super(message);
    this.missing = missing;
    this.problems = problems;
  }
}

const TYPES = ["string", "integer", "number", "boolean", "duration", "memory", "list", "enum"];
const SCHEME = /^[a-z][a-z0-9+.-]*$/;
const PLUGFS_KEYS = ["schemes", "options", "contract"];

/** Throws `ManifestProblem`. */
export function readManifest(directory: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(directory, "package.json"), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw new ManifestProblem("there is no package.json", true);
    throw new ManifestProblem(`package.json cannot be read (${errorCode(error) ?? errorMessage(error)})`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new ManifestProblem(`package.json is not JSON: ${errorMessage(error)}`);
  }
  return parseManifest(json);
}

/** Throws `ManifestProblem`. */
export function parseManifest(json: unknown): Manifest {
  if (!isRecord(json)) throw new ManifestProblem("package.json: must be an object");
  const check = new Check();
  const name = check.string(json.name, "name");
  const version = check.string(json.version, "version");
  const type = check.string(json.type, "type");
  if (type !== undefined && type !== "module" && type !== "commonjs") {
    check.fail("type", 'must be "module" or "commonjs"', type);
  }
  const peers = check.record(json.peerDependencies, "peerDependencies");
  const apiRange = check.string(peers.plugfs, "peerDependencies.plugfs");
  const plugfs = check.record(json.plugfs, "plugfs");
  const schemes = check.list(plugfs.schemes, "plugfs.schemes", (scheme) =>
    SCHEME.test(scheme) ? undefined : "must be a scheme in lower case, such as oss",
  );
  const contract = check.string(plugfs.contract, "plugfs.contract");
  const options = declaredOptions(check, plugfs.options);
  const entry = entryOf(json);
  if ("problem" in entry) check.problems.push(entry.problem);
  if (check.problems.length > 0 || "problem" in entry) {
    throw new ManifestProblem(`package.json: ${check.problems.join("; ")}`, false, check.problems);
  }
  const unknown = Object.keys(plugfs).filter((key) => !PLUGFS_KEYS.includes(key));
  return {
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    type: type === "module" ? "module" : "commonjs",
    ...(apiRange !== undefined && { apiRange }),
    ...(schemes !== undefined && { schemes: [...new Set(schemes)] }),
    options,
    dependencies: dependencyNames(json),
    ...(contract !== undefined && { contract }),
    entry: entry.path,
    warnings: unknown.map((key) => `plugfs.${key} is unknown; known are ${PLUGFS_KEYS.join(", ")}`),
  };
}

function declaredOptions(check: Check, value: unknown): Record<string, DeclaredOption> {
  const options: Record<string, DeclaredOption> = {};
  for (const [key, declared] of Object.entries(check.record(value, "plugfs.options"))) {
    const path = `plugfs.options[${JSON.stringify(key)}]`;
    if (!isRecord(declared)) {
      check.fail(path, "must be an object", declared);
      continue;
    }
    const type = declared.type ?? "string";
    if (typeof type !== "string" || !TYPES.includes(type)) {
      check.fail(`${path}.type`, `must be one of ${TYPES.join(", ")}`, type);
    }
    check.string(declared.doc, `${path}.doc`);
    check.list(declared.values, `${path}.values`);
    if (declared.secret !== undefined && typeof declared.secret !== "boolean") {
      check.fail(`${path}.secret`, "must be true or false", declared.secret);
    }
    options[key] = { ...declared, type: type as DeclaredOption["type"] };
  }
  return options;
}

function dependencyNames(json: Record<string, unknown>): string[] {
  const kinds = [json.dependencies, json.peerDependencies, json.optionalDependencies];
  return [...new Set(kinds.flatMap((kind) => (isRecord(kind) ? Object.keys(kind) : [])))];
}

/** Collects problems, each with its JSON path. */
class Check {
  readonly problems: string[] = [];

  fail(path: string, expected: string, value: unknown): void {
    this.problems.push(`${path}: ${expected}, got ${brief(value)}`);
  }

  string(value: unknown, path: string): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "string" && value !== "") return value;
    this.fail(path, "must be a string that is not empty", value);
    return undefined;
  }

  list(
    value: unknown,
    path: string,
    expected: (item: string) => string | undefined = () => undefined,
  ): string[] | undefined {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) {
      this.fail(path, "must be a list of strings", value);
      return undefined;
    }
    return value.filter((item, index) => {
      const at = `${path}[${index}]`;
      if (this.string(item, at) === undefined) return false;
      const problem = expected(item);
      if (problem !== undefined) this.fail(at, problem, item);
      return problem === undefined;
    });
  }

  record(value: unknown, path: string): Record<string, unknown> {
    if (isRecord(value)) return value;
    if (value !== undefined) this.fail(path, "must be an object", value);
    return {};
  }
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
