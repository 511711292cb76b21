/**
 * A typed configuration option. `T` is what `Configuration.get` returns: milliseconds for durations, bytes for
 * memory sizes.
 */
export interface Option<T> {
  readonly key: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "duration" | "memory" | "list" | "enum";
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
type Maker<T> = {
  (key: string, details: Details & { readonly default: T }): Option<T>;
  (key: string, details?: Details): Option<T | undefined>;
};

/** Makers of options: `option.duration("fs.x.timeout", { default: 30_000, doc: "…" })`. */
export const option: {
  readonly string: Maker<string>;
  readonly integer: Maker<number>;
  readonly number: Maker<number>;
  readonly boolean: Maker<boolean>;
  /** Milliseconds; text such as `200`, `30 s`, `5 min`, `PT1M` (Flink's spellings). */
  readonly duration: Maker<number>;
  /** Bytes; text such as `4096`, `64 mb`, `1 gb` (Flink's spellings, 1024-based). */
  readonly memory: Maker<number>;
  /** Separated by `;`, or a YAML list. */
  readonly list: Maker<readonly string[]>;
  readonly enumeration: <V extends string>(
    key: string,
    values: readonly V[],
    details: Details & { readonly default: V },
  ) => Option<V>;
} = undefined as never;
