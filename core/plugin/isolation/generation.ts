/**
 * One loading of a plugin's code. Modules cannot be unloaded and a failed import is cached by its URL, so every
 * attempt after the first works on a copy of the folder, which gives every module a new URL: generations never mix.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { errorCode } from "../../errors/errors.ts";
import type { Isolation } from "./isolation.ts";
import { commonJs } from "./node-internals.ts";
import { folder, type Root } from "./rule.ts";
import type { SharedPackages } from "./shared-packages.ts";
import type { TypeScriptRun } from "./typescript.ts";

export interface PluginCode {
  /** The plugin's id. */
  readonly plugin: string;
  /** Real path of its folder. */
  readonly directory: string;
  /** Relative to the folder. */
  readonly entry: string;
  /** What the manifest says of its `.js` files. */
  readonly type: "module" | "commonjs";
  /** Packages that the manifest names. */
  readonly dependencies: readonly string[];
  readonly shared: SharedPackages;
  /** Real paths. */
  readonly extraRoots: readonly string[];
  /** Changes whenever the folder's files do; taken before the code is loaded. */
  readonly contents: string;
}

export class Generation {
  readonly code: PluginCode;
  /** Where the code was loaded from: the folder itself, or a copy of it. */
  readonly home: string;
  /** What the entry exports: a namespace, or what `module.exports` is. Rejects with what the import threw. */
  readonly exports: Promise<unknown>;
  readonly #isolation: Isolation;
  readonly #roots: readonly Root[];
  #typescript: TypeScriptRun | undefined;
  #users = 0;
  #failed = false;

  constructor(isolation: Isolation, code: PluginCode, home: string) {
    this.#isolation = isolation;
    this.code = code;
    this.home = home;
    this.#roots = rootsOf(code, home);
    this.exports = this.#import();
    this.exports.catch(() => {
      this.#failed = true;
    });
  }

  /** Whether another environment that asks for this code can have it. */
  serves(code: PluginCode): boolean {
    return (
      !this.#failed &&
      this.code.directory === code.directory &&
      this.code.shared === code.shared &&
      this.code.entry === code.entry &&
      this.code.extraRoots.join() === code.extraRoots.join() &&
      this.code.contents === code.contents
    );
  }

  get staged(): boolean {
    return this.home !== this.code.directory;
  }

  enter(): this {
    this.#users += 1;
    return this;
  }

  /**
   * Of the last user: frees what can be freed. A generation that works and is in place stays, for the next environment.
   * Returns whether it is done with.
   */
  async leave(): Promise<boolean> {
    this.#users -= 1;
    if (this.#users > 0) return false;
    if (!this.staged) return this.#failed;
    await this.#typescript?.end();
    this.#forgetCommonJs();
    this.#isolation.remove(this.#roots);
    await this.#isolation.privateFolder.unstage(this.home);
    return true;
  }

  async #import(): Promise<unknown> {
    const entry = join(this.home, this.code.entry);
    this.#isolation.add(this.#roots);
    const kind = moduleKind(entry, this.home, this.code.type);
    if (kind === "module" || kind.startsWith("typescript")) await this.#prepareModules();
    if (kind === "commonjs") return this.#require(entry);
    if (kind === "module") return import(pathToFileURL(entry).href);
    const { runTypeScript } = await import("./typescript.ts");
    const as = kind === "typescript-commonjs" ? "commonjs" : "module";
    this.#typescript = await runTypeScript(entry, as, this.home, this.#isolation.uniqueName());
    return this.#typescript.exports;
  }

  /** `require` is 2.5 times faster than `import` for a large CommonJS bundle on Node 20 and 22. */
  async #require(entry: string): Promise<unknown> {
    try {
      return createRequire(entry)(entry);
    } catch (error) {
      if (errorCode(error) !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
      await this.#prepareModules();
      return import(pathToFileURL(entry).href);
    }
  }

  /** The hook thread cannot load a shared package when it meets one, so what may be met is loaded before. */
  async #prepareModules(): Promise<void> {
    this.#isolation.coverModules();
    if (!this.#isolation.threaded) return;
    await this.code.shared.adoptNamed(this.code.dependencies);
    this.#isolation.coverModules();
  }

  /** So that the cache does not keep the code of a copy that is gone. */
  #forgetCommonJs(): void {
    const prefix = this.home + sep;
    for (const file of Object.keys(commonJs._cache)) {
      if (file.startsWith(prefix)) delete commonJs._cache[file];
    }
    for (const key of Object.keys(commonJs._pathCache)) {
      if (key.includes(prefix)) delete commonJs._pathCache[key];
    }
  }
}

/** Finds or makes the generations of a process's plugin folders. */
export class Generations {
  readonly #isolation: Isolation;
  readonly #all = new Set<Generation>();

  constructor(isolation: Isolation) {
    this.#isolation = isolation;
  }

  /**
   * The folder's code: that of another environment where it is the same, unless `fresh`; else loaded from the folder
   * itself the first time, from a copy every further time. Imports are under way when this resolves.
   */
  async load(code: PluginCode, fresh: boolean): Promise<Generation> {
    const known = fresh ? undefined : this.#known(code);
    if (known !== undefined) return known.enter();
    const home = this.#isolation.take(code.directory)
      ? code.directory
      : await this.#isolation.privateFolder.stage(code.directory, code.plugin);
    const generation = new Generation(this.#isolation, code, home).enter();
    this.#all.add(generation);
    return generation;
  }

  #known(code: PluginCode): Generation | undefined {
    for (const generation of this.#all) if (generation.serves(code)) return generation;
    return undefined;
  }

  async leave(generation: Generation): Promise<void> {
    if (await generation.leave()) this.#all.delete(generation);
  }
}

function rootsOf(code: PluginCode, home: string): Root[] {
  const extra = code.extraRoots.map(folder);
  const common = { plugin: code.plugin, shared: code.shared.id, patterns: code.shared.patterns, extra };
  return [
    { ...common, ...folder(home), contained: true },
    ...extra.map((path) => ({ ...common, ...path, contained: false })),
  ];
}

type Kind = "module" | "commonjs" | "typescript-module" | "typescript-commonjs";

/** By the file's extension, and for `.js` and `.ts` by the nearest manifest up to the plugin's own, which says `type`. */
function moduleKind(entry: string, home: string, type: PluginCode["type"]): Kind {
  switch (extname(entry)) {
    case ".mjs":
      return "module";
    case ".mts":
      return "typescript-module";
    case ".cts":
      return "typescript-commonjs";
    case ".ts":
    case ".tsx":
      return typeOf(dirname(entry), home, type) === "module" ? "typescript-module" : "typescript-commonjs";
    case ".js":
      return typeOf(dirname(entry), home, type);
    default:
      return "commonjs";
  }
}

function typeOf(directory: string, home: string, type: PluginCode["type"]): PluginCode["type"] {
  for (let at = directory; at.length > home.length; at = dirname(at)) {
    const path = join(at, "package.json");
    if (!existsSync(path)) continue;
    const nested = JSON.parse(readFileSync(path, "utf8")) as { type?: unknown };
    return nested.type === "module" ? "module" : "commonjs";
  }
  return type;
}
