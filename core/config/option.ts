import {
  parseBoolean,
  parseDuration,
  parseEnumeration,
  parseInteger,
  parseList,
  parseMemory,
  parseNumber,
  type Range,
} from "./values.ts";

export type OptionType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "duration"
  | "memory"
  | "list"
  | "enum";

/**
 * A typed configuration option. `T` is what `Configuration.get` returns: milliseconds for durations, bytes for
 * memory sizes.
 */
export interface Option<T> {
  readonly key: string;
  readonly type: OptionType;
  readonly default: T;
  /** Older names of the key, tried in order when `key` is not set. */
  readonly fallbackKeys: readonly string[];
  /** Never printed. Keys whose name holds secret, password, token, apikey or credential are secret anyway. */
  readonly secret: boolean;
  readonly doc: string;
  /** Throws an Error whose message says what is expected, never what was given. */
  parse(text: string): T;
}

interface Details {
  readonly fallbackKeys?: readonly string[];
  readonly secret?: boolean;
  readonly doc?: string;
}
/** Without a default, an option that is not set is `undefined`. */
interface Maker<T, More = unknown> {
  (key: string, details: Details & More & { readonly default: T }): Option<T>;
  (key: string, details?: Details & More): Option<T | undefined>;
}

/** Makers of options: `option.duration("fs.x.timeout", { default: 30_000, min: 1, doc: "…" })`. */
export const option: {
  /** The text as it stands in the configuration. */
  readonly string: Maker<string>;
  /** From -(2^53 - 1) to 2^53 - 1, unless `min` and `max` say otherwise. */
  readonly integer: Maker<number, Range>;
  readonly number: Maker<number, Range>;
  /** `true` or `false`, in any case. */
  readonly boolean: Maker<boolean>;
  /** Whole milliseconds; text such as `200`, `30 s`, `5 min`, `PT1M` (Flink's spellings). */
  readonly duration: Maker<number, Range>;
  /** Bytes; text such as `4096`, `64 mb`, `1 gb` (Flink's spellings, 1024-based). */
  readonly memory: Maker<number, Range>;
  /** Separated by `;`, or a YAML list. */
  readonly list: Maker<readonly string[]>;
  /** One of `values`, in any case; returned as declared. */
  readonly enumeration: {
    <V extends string>(
      key: string,
      values: readonly V[],
      details: Details & { readonly default: V },
    ): Option<V>;
    <V extends string>(key: string, values: readonly V[], details?: Details): Option<V | undefined>;
  };
} = {
  string: maker("string", (text) => text),
  integer: maker("integer", parseInteger),
  number: maker("number", parseNumber),
  boolean: maker("boolean", parseBoolean),
  duration: maker("duration", parseDuration),
  memory: maker("memory", parseMemory),
  list: maker("list", parseList),
  enumeration: <V extends string>(
    key: string,
    values: readonly V[],
    details?: Details & { readonly default?: V },
  ) => make("enum", key, details, (text) => parseEnumeration(text, values)) as Option<V>,
};

function maker<T>(type: OptionType, parse: (text: string, range: Range) => T) {
  return (key: string, details: Details & Range & { readonly default?: T } = {}) =>
    make(type, key, details, (text) => parse(text, details)) as Option<T>;
}

function make<T>(
  type: OptionType,
  key: string,
  details: (Details & { readonly default?: T }) | undefined,
  parse: (text: string) => T,
): Option<T | undefined> {
  return Object.freeze({
    key,
    type,
    default: details?.default,
    fallbackKeys: details?.fallbackKeys ?? [],
    secret: details?.secret ?? false,
    doc: details?.doc ?? "",
    parse,
  });
}
