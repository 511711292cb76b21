/**
 * The packages that plugins take from the host, by value: never by path or link, which would give a second instance
 * under tsx, in a bundled host and in CommonJS. An importing ES module gets a `data:` module that re-exports the
 * value's members, a CommonJS module gets the value itself.
 *
 * Values are those that the host passed, and else what its own main module would import. Members are copied once, so
 * a shared package's `export let` does not follow later changes.
 */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { types } from "node:util";
import { errorCode } from "../../errors/errors.ts";
import { HOST_IMPORT, isCore, isShared } from "./rule.ts";

const NOT_FOUND = ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"];
const ABSENT = Symbol("absent");
/** Not allowed in the name of an export. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The shared packages of one environment; environments with the same patterns and values have one together. */
export class SharedPackages {
  readonly id: number;
  readonly patterns: readonly string[];
  readonly #given: ReadonlyMap<string, unknown>;
  readonly #imported = new Map<string, unknown>();
  readonly #required = new Map<string, unknown>();
  readonly #urls = new Map<string, string>();
  readonly #access: string;
  readonly #host: string;

  constructor(options: {
    readonly id: number;
    readonly patterns: readonly string[];
    readonly given: ReadonlyMap<string, unknown>;
    /** A JavaScript expression that gives this object anywhere in the thread. */
    readonly access: string;
    /** File name of the host's main module. */
    readonly host: string;
  }) {
    this.id = options.id;
    this.patterns = options.patterns;
    this.#given = options.given;
    this.#access = options.access;
    this.#host = options.host;
  }

  /** Whether plugins with these patterns and values could share code with those of this list. */
  equals(patterns: readonly string[], given: ReadonlyMap<string, unknown>): boolean {
    return (
      patterns.length === this.patterns.length &&
      patterns.every((pattern, index) => pattern === this.patterns[index]) &&
      given.size === this.#given.size &&
      [...given].every(([name, value]) => this.#given.has(name) && Object.is(this.#given.get(name), value))
    );
  }

  /**
   * The URL of the module that stands for the shared package in an `import`, or undefined when the host does not offer
   * it. `resolve` gives the URL that the importer with this URL would get.
   */
  importUrl(specifier: string, resolve: (importer: string) => string): string | undefined {
    const value = this.#imports(specifier, resolve);
    return value === ABSENT ? undefined : this.#dataUrl(specifier, value);
  }

  /** What `require` gives; `found` is false when the host does not offer it. */
  require(specifier: string): { found: boolean; value?: unknown } {
    if (this.#given.has(specifier)) return { found: true, value: asRequired(this.#given.get(specifier)) };
    const require = createRequire(this.#origin(specifier));
    const value = remember(this.#required, specifier, () => {
      require.resolve(specifier);
      return () => require(specifier);
    });
    return value === ABSENT ? { found: false } : { found: true, value };
  }

  /** The value behind a module of {@link importUrl}. */
  value(specifier: string): unknown {
    return this.#given.has(specifier) ? this.#given.get(specifier) : this.#imported.get(specifier);
  }

  /** Module URLs by name, for the hook thread, which cannot see the values. */
  urls(): Record<string, string> {
    const urls: Record<string, string> = {};
    for (const [name, value] of [...this.#given, ...this.#imported]) {
      if (value !== ABSENT && isShared(name, this.patterns)) urls[name] = this.#dataUrl(name, value);
    }
    return urls;
  }

  /**
   * For the hook thread, which cannot load a package when it meets one: loads those that a pattern names, and of the
   * given names those that a pattern matches.
   */
  async adoptNamed(names: readonly string[]): Promise<void> {
    const named = this.patterns.filter((pattern) => !pattern.endsWith("/"));
    const matched = names.filter((name) => isShared(name, this.patterns));
    for (const name of new Set([...named, ...matched])) {
      if (!this.#given.has(name) && !this.#imported.has(name))
        this.#imported.set(name, await hostImport(name));
    }
  }

  #imports(specifier: string, resolve: (importer: string) => string): unknown {
    if (this.#given.has(specifier)) return this.#given.get(specifier);
    return remember(this.#imported, specifier, () => {
      const origin = this.#origin(specifier);
      const url = resolve(pathToFileURL(origin).href);
      const file = url.startsWith("file:") ? fileURLToPath(url) : url;
      return () => createRequire(origin)(file);
    });
  }

  /** The module that looks a package up on behalf of plugins: for `plugfs/*` this one, whatever the host has. */
  #origin(specifier: string): string {
    return isCore(specifier) ? fileURLToPath(import.meta.url) : this.#host;
  }

  #dataUrl(specifier: string, value: unknown): string {
    let url = this.#urls.get(specifier);
    if (url === undefined) {
      // Not all that could be encoded is: Node decodes it again byte by byte.
      const text = encodeURI(this.#moduleText(specifier, value)).replace(/[#?]/g, encodeURIComponent);
      url = `data:text/javascript,${text}`;
      this.#urls.set(specifier, url);
    }
    return url;
  }

  #moduleText(specifier: string, value: unknown): string {
    const names = members(value);
    const named = names.filter((name) => name !== "default");
    const ofDefault = names.includes("default") ? "value.default" : isNamespace(value) ? undefined : "value";
    const taken = named.map((name, index) => `${propertyName(name)}:m${index}`).join();
    const exported = named.map((name, index) => `m${index} as ${propertyName(name)}`).join();
    return [
      `const value=${this.#access}.value(${JSON.stringify(specifier)})`,
      ...(named.length === 0 ? [] : [`const{${taken}}=value`]),
      `export{${exported}}`,
      ...(ofDefault === undefined ? [] : [`export default ${ofDefault}`]),
    ].join(";");
  }
}

async function hostImport(name: string): Promise<unknown> {
  try {
    return await import(HOST_IMPORT + name);
  } catch (error) {
    if (NOT_FOUND.includes(errorCode(error) ?? "")) return ABSENT;
    throw error;
  }
}

/** Looks up once; a package that is not there stays not there, one that throws is asked again. */
function remember(known: Map<string, unknown>, name: string, find: () => () => unknown): unknown {
  if (known.has(name)) return known.get(name);
  let load: () => unknown;
  try {
    load = find();
  } catch (error) {
    if (!NOT_FOUND.includes(errorCode(error) ?? "")) throw error;
    known.set(name, ABSENT);
    return ABSENT;
  }
  const value = load();
  known.set(name, value);
  return value;
}

function isNamespace(value: unknown): value is Record<string, unknown> {
  return types.isModuleNamespaceObject(value);
}

function members(value: unknown): string[] {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return [];
  return Object.keys(value).filter((name) => name !== "module.exports" && !LONE_SURROGATE.test(name));
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/**
 * A CommonJS module's namespace holds `module.exports` as its default and copies of its members; whoever requires it
 * expects `module.exports`.
 */
function asRequired(value: unknown): unknown {
  if (!isNamespace(value) || !("default" in value)) return value;
  const { default: exports } = value;
  if ((typeof exports !== "object" && typeof exports !== "function") || exports === null) return value;
  const copies = members(value).filter((name) => name !== "default");
  const isCopy = copies.every((name) => Object.is((exports as Record<string, unknown>)[name], value[name]));
  return isCopy ? exports : value;
}
