import { type InspectOptions, inspect } from "node:util";
import { ConfigurationError, errorMessage } from "../errors/errors.ts";
import { flatten } from "./flatten.ts";
import type { Option } from "./option.ts";
import { isSecretName, REDACTED, withoutUserInfo } from "./redaction.ts";

/** A value as it was written, and where: `conf/flink-conf.yaml:12`, `option`, `-D`. */
export interface ConfigurationValue {
  readonly text: string;
  readonly source: string;
}

/**
 * Settings by key, typed only when they are read. Immutable.
 *
 * A secret value comes out of `get`, `require` and `raw` only; everything that prints (`toString`, JSON,
 * `util.inspect`, error messages) shows `******` in its place. Secret are the keys whose name says so (`isSecretName`)
 * and those given to `withSecrets`.
 */
export class Configuration {
  /** Topmost first. */
  readonly #layers: readonly ReadonlyMap<string, ConfigurationValue>[];
  readonly #secrets: ReadonlySet<string>;

  private constructor(
    layers: readonly ReadonlyMap<string, ConfigurationValue>[],
    secrets: ReadonlySet<string> = new Set(),
  ) {
    this.#layers = layers;
    this.#secrets = secrets;
  }

  /** Of values that were read already; of a key given twice the last value counts. */
  static from(values: Iterable<readonly [string, ConfigurationValue]>): Configuration {
    return new Configuration([new Map(values)]);
  }

  /**
   * Of a record of strings, numbers, booleans, lists, and records of those, whose names are joined by dots;
   * undefined and null mean "not set". Throws `ConfigurationError` ERR_CONFIG_VALUE for any other value.
   */
  static of(record: Record<string, unknown> | Configuration, source = "option"): Configuration {
    if (record instanceof Configuration) return record;
    const values = flatten(record, source);
    return Configuration.from([...values].map(([key, text]) => [key, { text, source }]));
  }

  /** Everything, secrets too, as data for another thread. */
  toData(): {
    readonly layers: readonly ReadonlyMap<string, ConfigurationValue>[];
    readonly secrets: ReadonlySet<string>;
  } {
    return { layers: this.#layers, secrets: this.#secrets };
  }

  static fromData({ layers, secrets }: ReturnType<Configuration["toData"]>): Configuration {
    return new Configuration(layers, secrets);
  }

  /** This configuration with `lower` below it: what is not set here, by any of its names, is looked up there. */
  over(lower: Configuration): Configuration {
    return new Configuration(
      [...this.#layers, ...lower.#layers],
      new Set([...this.#secrets, ...lower.#secrets]),
    );
  }

  /** The same values, with more keys that are never printed: the options that a manifest declares secret. */
  withSecrets(keys: Iterable<string>): Configuration {
    return new Configuration(this.#layers, new Set([...this.#secrets, ...keys]));
  }

  /**
   * The option's value by its key or the first of its older keys that is set, else its default. Throws
   * `ConfigurationError` ERR_CONFIG_VALUE, naming key, source and what is expected.
   */
  get<T>(option: Option<T>): T {
    const found = this.#find(option.key, ...option.fallbackKeys);
    if (found === undefined) return option.default;
    try {
      return option.parse(found.text);
    } catch (error) {
      throw this.#misfit(option, found, errorMessage(error));
    }
  }

  /** Like `get`, of an option that must be set and not empty: else ERR_CONFIG_MISSING. `hint` says what to set. */
  require<T>(option: Option<T>, hint?: string): NonNullable<T> {
    const value = this.get(option);
    if (value !== undefined && value !== null && value !== "") return value;
    const found = this.#find(option.key, ...option.fallbackKeys);
    throw new ConfigurationError({
      code: "ERR_CONFIG_MISSING",
      key: option.key,
      source: found?.source,
      message: `${found?.key ?? option.key} is ${found === undefined ? "not set" : "empty"}`,
      hint: hint ?? `Set it in the configuration${option.doc === "" ? "" : `: ${option.doc}`}`,
    });
  }

  /** Whether the option's key or one of its older keys is set. */
  has(option: Option<unknown>): boolean {
    return this.#find(option.key, ...option.fallbackKeys) !== undefined;
  }

  /** Every set key that begins with `prefix`, sorted. */
  keys(prefix = ""): Iterable<string> {
    const all = new Set(this.#layers.flatMap((layer) => [...layer.keys()]));
    return [...all].filter((key) => key.startsWith(prefix)).sort();
  }

  /** The value as it was written, secret or not. */
  raw(key: string): string | undefined {
    return this.#find(key)?.text;
  }

  /** Where the key's value came from: `conf/flink-conf.yaml:12`, `option`, `-D`, or `default` when it is not set. */
  source(key: string): string {
    return this.#find(key)?.source ?? "default";
  }

  /** Whether the key's value is never printed. */
  isSecret(key: string): boolean {
    return this.#secrets.has(key) || isSecretName(key);
  }

  /** Texts by key, sorted, secrets redacted. */
  toJSON(): Record<string, string> {
    return Object.fromEntries(
      [...this.keys()].map((key) => [
        key,
        this.isSecret(key) ? REDACTED : withoutUserInfo(this.raw(key) ?? ""),
      ]),
    );
  }

  toString(): string {
    return `Configuration ${JSON.stringify(this)}`;
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Configuration ${inspect(this.toJSON(), options)}`;
  }

  /** The first of these names that is set in the topmost layer that has any of them. */
  #find(...names: string[]): (ConfigurationValue & { key: string }) | undefined {
    for (const layer of this.#layers) {
      for (const key of names) {
        const value = layer.get(key);
        if (value !== undefined) return { ...value, key };
      }
    }
    return undefined;
  }

  #misfit(
    option: Option<unknown>,
    found: ConfigurationValue & { key: string },
    expected: string,
  ): ConfigurationError {
    const { key, text, source } = found;
    const secret = option.secret || this.isSecret(key) || this.isSecret(option.key);
    // Of a secret not even the reason is shown: an author's own `parse` may quote what it was given.
    const reason = secret
      ? `its value is not of type ${option.type}`
      : `${expected}, got ${JSON.stringify(shortened(withoutUserInfo(text)))}`;
    return new ConfigurationError({ code: "ERR_CONFIG_VALUE", key, source, message: `${key}: ${reason}` });
  }
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
