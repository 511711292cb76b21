import type { Option } from "./option.ts";

/** Values by key. */
export class Configuration {
  readonly #values: ReadonlyMap<string, { text: string; source: string }>;
  constructor(values: Iterable<[string, { text: string; source: string }]> = []) {
    this.#values = new Map(values);
  }
  /** The option's value, parsed, else its default. Throws `ConfigurationError` ERR_CONFIG_VALUE naming key and source. */
  get<T>(option: Option<T>): T {
    const text = this.raw(option.key);
    return text === undefined ? option.default : option.parse(text);
  }
  has(option: Option<unknown>): boolean {
    return this.#values.has(option.key);
  }
  /** Every set key that begins with `prefix`, sorted. */
  keys(prefix = ""): Iterable<string> {
    return [...this.#values.keys()].filter((k) => k.startsWith(prefix)).sort();
  }
  raw(key: string): string | undefined {
    return this.#values.get(key)?.text;
  }
  /** Where the key's value came from: `conf/flink-conf.yaml:12`, `option`, `-D`, `default`. */
  source(key: string): string {
    return this.#values.get(key)?.source ?? "default";
  }
  toJSON(): object {
    return {};
  }
}
