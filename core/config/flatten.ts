import { ConfigurationError } from "../errors/errors.ts";
import { formatList } from "./values.ts";

/**
 * Keys and texts of a nested record: `{ fs: { oss: { endpoint: "x" } } }` is `fs.oss.endpoint`. Lists become one
 * text (`formatList`); undefined and null mean "not set". Throws `ConfigurationError` ERR_CONFIG_VALUE for
 * anything that has no text, naming its key.
 */
export function flatten(record: Record<string, unknown>, source: string): Map<string, string> {
  const values = new Map<string, string>();
  if (!isRecord(record)) throw unusable("", source, "the configuration");
  walk(record, "", source, values, []);
  return values;
}

function walk(
  record: Record<string, unknown>,
  prefix: string,
  source: string,
  into: Map<string, string>,
  parents: readonly unknown[],
): void {
  if (parents.includes(record)) throw unusable(prefix.slice(0, -1), source, "an object that contains itself");
  for (const [name, value] of Object.entries(record)) {
    const key = prefix + name;
    if (name.trim() !== name || name === "")
      throw unusable(key, source, "a name that is empty or has blanks around it");
    if (value === undefined || value === null) continue;
    if (isRecord(value)) walk(value, `${key}.`, source, into, [...parents, record]);
    else into.set(key, Array.isArray(value) ? list(value, key, source) : scalar(value, key, source));
  }
}

function list(items: readonly unknown[], key: string, source: string): string {
  return formatList(items.map((item) => scalar(item, key, source)));
}

function scalar(value: unknown, key: string, source: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  throw unusable(key, source, kindOf(value));
}

function kindOf(value: unknown): string {
  if (value === null) return "null in a list";
  if (Array.isArray(value)) return "a list in a list";
  return isRecord(value) ? "an object in a list" : `a value of type ${typeof value}`;
}

/** Plain objects only: the fields of a class instance are not settings. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unusable(key: string, source: string, what: string): ConfigurationError {
  return new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    ...(key === "" ? {} : { key }),
    source,
    message: `${key === "" ? "" : `${key}: `}${what} is not a setting`,
    hint: "Give strings, numbers, booleans, lists of those, or plain objects of those",
  });
}
