/**
 * What one core has installed in this process: the roots of the plugins that it loaded, their shared packages, and the
 * adapters that apply the rule. Nothing is installed before the first plugin is loaded, and nothing can be taken out
 * again (Node has no way back), so it outlives environments.
 *
 * One symbol on `globalThis`, not enumerable, holds a table of all cores in the process: two versions of plugfs never
 * load code from one folder in place, and the `data:` modules of shared packages find their values through it.
 */

import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { patchCommonJs } from "./commonjs.ts";
import { Generations } from "./generation.ts";
import { HookThread } from "./hook-thread-client.ts";
import { registerHooks } from "./node-internals.ts";
import { PrivateFolder } from "./private-folder.ts";
import { type Root, rootOf, WORKER_THREADS } from "./rule.ts";
import { SharedPackages } from "./shared-packages.ts";
import { resolveHook } from "./sync-hooks.ts";
import { type WorkerState, wrappedWorkerThreads } from "./worker-threads.ts";

const TABLE = Symbol.for("plugfs.isolation");

/** Understood by every version of plugfs: grows, never changes. */
interface ProcessTable {
  readonly cores: Isolation[];
  /** Real paths of folders whose modules some core has loaded in place. */
  readonly taken: Set<string>;
}

/** Stands for this copy of the core. */
const CORE = Object.freeze({ url: import.meta.url });

export class Isolation {
  readonly core: object;
  /** File name of the host's main module, else of a module in the working directory that need not exist. */
  host = hostMain();
  /** Longest first. */
  readonly roots: Root[] = [];
  readonly privateFolder = new PrivateFolder();
  readonly generations: Generations;
  /** The last answer of {@link rootOf}. */
  #found: { readonly importer: string; readonly root: Root | undefined } | undefined;
  readonly #lists: SharedPackages[] = [];
  readonly #index: number;
  readonly #taken: Set<string>;
  readonly #workerThreads = wrappedWorkerThreads(() => ({
    roots: this.roots,
    patterns: this.#lists.map((list) => list.patterns),
    host: this.host,
  }));
  #installed = false;
  #names = 0;
  #thread: HookThread | undefined;

  private constructor(core: object, table: ProcessTable) {
    this.core = core;
    this.#index = table.cores.length;
    this.#taken = table.taken;
    this.generations = new Generations(this);
  }

  /** This core's, made at the first call. */
  static ofProcess(): Isolation {
    const table = processTable();
    let own = table.cores.find((isolation) => isolation.core === CORE);
    if (own === undefined) {
      own = new Isolation(CORE, table);
      table.cores.push(own);
    }
    return own;
  }

  /** Part of the process table: called by the modules that stand for shared packages. */
  shared(id: number): SharedPackages | undefined {
    return this.#lists[id];
  }

  /** The shared packages of an environment; equal ones are the same object. */
  sharedPackages(patterns: readonly string[], values: ReadonlyMap<string, unknown>): SharedPackages {
    const given = new Map<string, unknown>(values);
    for (const name of WORKER_THREADS) given.set(name, this.#workerThreads);
    return this.#lists.find((list) => list.equals(patterns, given)) ?? this.#addList(patterns, given);
  }

  /** In a worker: takes over the rule of the thread that started it. */
  async inherit(state: WorkerState, core: ReadonlyMap<string, unknown>): Promise<void> {
    this.host = state.host;
    const given = new Map<string, unknown>(core);
    for (const name of WORKER_THREADS) given.set(name, this.#workerThreads);
    // By position, because the roots name their list so.
    const lists = state.patterns.map((patterns) => this.#addList(patterns, given));
    this.add(state.roots);
    this.coverModules();
    if (this.threaded) {
      for (const list of lists) await list.adoptNamed([]);
      this.coverModules();
    }
  }

  /** The path of a file that a plugin can require for the shared package. */
  shim(id: number, specifier: string): string {
    const path = this.privateFolder.shim(id, specifier, this.#accessTo(id));
    this.#tellThread();
    return path;
  }

  /** A JavaScript expression that gives {@link shared} anywhere in the process. */
  #accessTo(id: number): string {
    return `globalThis[Symbol.for("plugfs.isolation")].cores[${this.#index}].shared(${id})`;
  }

  /** Plain letters and digits, never the same again in this process. */
  uniqueName(): string {
    this.#names += 1;
    return `plugfs-${this.#index}-${this.#names}`;
  }

  /** Whether nobody in this process has loaded code from the folder before; from now on somebody has. */
  take(directory: string): boolean {
    if (this.#taken.has(directory)) return false;
    this.#taken.add(directory);
    return true;
  }

  /** The root that a module lies in. A module's imports come one after the other, the host's too: asked for once. */
  rootOf(importer: string): Root | undefined {
    if (this.#found?.importer !== importer) this.#found = { importer, root: rootOf(importer, this.roots) };
    return this.#found.root;
  }

  /** From now on the modules below these folders follow the rule. */
  add(roots: readonly Root[]): void {
    this.#found = undefined;
    this.roots.push(...roots);
    this.roots.sort((a, b) => b.directory.length - a.directory.length);
    this.#install();
    this.#tellThread();
  }

  remove(roots: readonly Root[]): void {
    this.#found = undefined;
    for (const root of roots) {
      const index = this.roots.indexOf(root);
      if (index >= 0) this.roots.splice(index, 1);
    }
    this.#tellThread();
  }

  /**
   * Makes the rule hold for ES modules too. Newer Node: always done. Before Node 22.15 this starts the hook thread,
   * which makes every later import of the host slower, so it is called as late as possible.
   */
  coverModules(): void {
    if (registerHooks !== undefined) return;
    this.#thread ??= new HookThread();
    this.#tellThread();
  }

  /** Whether imports are resolved in the hook thread, which must know the shared packages beforehand. */
  get threaded(): boolean {
    return registerHooks === undefined;
  }

  #addList(patterns: readonly string[], given: ReadonlyMap<string, unknown>): SharedPackages {
    const id = this.#lists.length;
    const list = new SharedPackages({ id, patterns, given, access: this.#accessTo(id), host: this.host });
    this.#lists.push(list);
    return list;
  }

  #tellThread(): void {
    this.#thread?.update({
      roots: this.roots,
      urls: this.#lists.map((list) => list.urls()),
      host: pathToFileURL(this.host).href,
      shims: this.privateFolder.shims,
    });
  }

  #install(): void {
    if (this.#installed) return;
    this.#installed = true;
    patchCommonJs(this);
    registerHooks?.({ resolve: resolveHook(this) });
  }
}

function hostMain(): string {
  const main = process.argv[1];
  return main !== undefined && existsSync(main) ? realpathSync(main) : join(process.cwd(), "host.js");
}

function processTable(): ProcessTable {
  const holder = globalThis as { [TABLE]?: ProcessTable };
  if (holder[TABLE] === undefined) {
    const value: ProcessTable = { cores: [], taken: new Set() };
    Object.defineProperty(globalThis, TABLE, { value, enumerable: false, configurable: true });
    return value;
  }
  return holder[TABLE];
}
