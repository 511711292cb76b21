import type { Configuration } from "../config/configuration.ts";
import { PluginError } from "../errors/errors.ts";
import type { Logger } from "../fs/contract.ts";
import type { FactoryProvider, ProvidedFactory } from "../fs/provider.ts";
import { findPlugins, type PluginFolder } from "./finder.ts";
import { isShared } from "./isolation/rule.ts";
import { Loader } from "./loader.ts";
import { type PluginSettings, pluginSettings } from "./options.ts";
import { Plugin, type PluginHost } from "./plugin.ts";
import type { PluginChanges, PluginInfo } from "./plugin-info.ts";
import { Schemes } from "./schemes.ts";
import { gone, unknownPlugin } from "./unavailable.ts";
import { unknownScheme } from "./unknown-scheme.ts";

export interface PluginManagerOptions {
  /** The folder that is scanned; it may be missing. */
  readonly pluginsDir: string;
  /** False: nobody asked for that folder, so it may be missing without a warning. Default true. */
  readonly pluginsDirNamed?: boolean;
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** Specifier → value that plugins take from the host, where a parent-first pattern matches. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** The core's own namespace by specifier (`plugfs`), for the first plugin that is loaded. */
  readonly coreNamespace: () => Promise<Record<string, object>>;
  /** Folders of plugins that are shipped but not active; errors name the command that enables one. */
  readonly optDirs?: readonly string[];
  /** Digests of the plugin folders; see `plugin.verify`. */
  readonly lockFile?: string;
  /** Imports every enabled plugin at open; any failure rejects. */
  readonly strict?: boolean;
}

/**
 * The plugins of one environment: finds them, imports each at the first use of one of its schemes, and replaces or
 * retires them while the host runs. A broken plugin is reported once and stops nothing else.
 */
export class PluginManager implements FactoryProvider {
  readonly pluginsDir: string;
  readonly #pluginsDirNamed: boolean;
  readonly #configuration: Configuration;
  readonly #settings: PluginSettings;
  readonly #optDirs: readonly string[];
  readonly #host: PluginHost;
  readonly #schemes: Schemes;
  /** Asked before every call on a local file. */
  readonly #replacesFile: boolean;
  readonly #plugins = new Map<string, Plugin>();
  /** The same sorted by id, until one comes or goes. */
  #order: readonly Plugin[] | undefined;
  /** Answers of `find`, until something changes. */
  readonly #served = new Map<string, ProvidedFactory>();
  readonly #lookups = new Map<string, Promise<ProvidedFactory | undefined>>();
  readonly #gone = new Map<string, PluginError>();
  #looking: Promise<PluginChanges> | undefined;
  #onRetired: ((generation: object) => void) | undefined;
  #closed = false;

  private constructor(options: PluginManagerOptions) {
    this.pluginsDir = options.pluginsDir;
    this.#pluginsDirNamed = options.pluginsDirNamed ?? true;
    this.#configuration = options.configuration;
    this.#settings = pluginSettings(options.configuration);
    this.#optDirs = options.optDirs ?? [];
    const { logger, shared, coreNamespace } = options;
    const warned = new Set<string>();
    this.#host = {
      loader: new Loader({
        settings: this.#settings,
        shared,
        coreNamespace,
        logger,
        lockFile: options.lockFile,
      }),
      logger,
      disabled: this.#settings.disabled,
      configuration: () => this.#configuration.withSecrets(this.secretKeys()),
      warn: (message, fields = {}) => {
        if (!warned.has(message)) logger.warn(fields, message);
        warned.add(message);
      },
      retired: (generations) => {
        this.#served.clear();
        for (const generation of generations) this.#onRetired?.(generation);
      },
    };
    this.#schemes = new Schemes(options.configuration, () => this.#sorted(), this.#host.warn);
    this.#replacesFile = this.#schemes.named("file") !== undefined;
    for (const name of Object.keys(shared)) {
      if (!isShared(name, this.#settings.parentFirst)) {
        const key = "plugin.classloader.parent-first-patterns.additional";
        this.#host.warn(
          `shared package "${name}" is not for plugins: no pattern matches it. Add it to ${key}`,
        );
      }
    }
  }

  /** Scans once; imports nothing, unless `strict`. Rejects with `ConfigurationError`, or when strict `PluginError`. */
  static async open(options: PluginManagerOptions): Promise<PluginManager> {
    const manager = new PluginManager(options);
    await manager.#look(false);
    if (options.strict) await manager.#loadAll();
    return manager;
  }

  /** `listener` hears of every generation that goes out of use, before its factory is closed. */
  onRetired(listener: (generation: object) => void): void {
    this.#onRetired = listener;
  }

  /** Every folder in `plugins/` without a leading dot, sorted by id. */
  list(): readonly PluginInfo[] {
    return this.#sorted().map((plugin) => plugin.info((scheme) => this.#schemes.servedBy(scheme)));
  }

  /** Keys that manifests declare secret. */
  secretKeys(): readonly string[] {
    return this.#sorted().flatMap((plugin) =>
      Object.entries(plugin.manifest?.options ?? {})
        .filter(([, declared]) => declared.secret === true)
        .map(([key]) => key),
    );
  }

  find(scheme: string): ProvidedFactory | undefined | Promise<ProvidedFactory | undefined> {
    const served = this.#served.get(scheme);
    if (served !== undefined) return served;
    if (this.#closed || (scheme === "file" && !this.#replacesFile)) return undefined;
    let lookup = this.#lookups.get(scheme);
    if (lookup === undefined) {
      lookup = this.#find(scheme).finally(() => this.#lookups.delete(scheme));
      this.#lookups.set(scheme, lookup);
    }
    return lookup;
  }

  /** Scans again. Removed plugins are retired; changed ones that are in use stay until `reload`. */
  refresh(): Promise<PluginChanges> {
    return this.#look(true);
  }

  /** Loads the plugin's folder as it is now. Handles take it at their next call; when it fails the old one stays. */
  async reload(id: string): Promise<PluginInfo> {
    const plugin = await this.#plugin(id);
    const { folders } = await findPlugins(this.pluginsDir);
    const folder = folders.find((found) => found.id === id);
    if (folder === undefined) throw gone(id);
    try {
      await plugin.reload(folder);
    } finally {
      this.#served.clear();
    }
    return this.#info(id);
  }

  /** Imports the plugin now, also one that was unloaded. */
  async load(id: string): Promise<PluginInfo> {
    const plugin = await this.#plugin(id);
    plugin.enable();
    await plugin.activate();
    return this.#info(id);
  }

  /** Takes the plugin out of use until `load` or `reload`: new calls fail, open streams finish. */
  async unload(id: string): Promise<PluginInfo> {
    const plugin = await this.#plugin(id);
    await plugin.unload();
    this.#served.clear();
    return this.#info(id);
  }

  /** The error for a scheme that nobody serves: where was looked, what is there, and what enables it. */
  unknownScheme(scheme: string): Promise<PluginError> {
    return unknownScheme(scheme, {
      pluginsDir: this.pluginsDir,
      optDirs: this.#optDirs,
      plugins: this.list(),
    });
  }

  /** Closes the factories; the file systems that they made have to be closed before. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#served.clear();
    this.#host.loader.stop();
    await Promise.allSettled([...this.#lookups.values()]);
    const closings = await Promise.allSettled(this.#sorted().map((plugin) => plugin.close()));
    await this.#host.loader.close();
    for (const closing of closings) if (closing.status === "rejected") throw closing.reason;
  }

  async #find(scheme: string): Promise<ProvidedFactory | undefined> {
    let plugin = this.#schemes.choose(scheme);
    if (plugin === undefined || plugin.state === "failed") {
      await this.#look(false);
      plugin = this.#schemes.choose(scheme);
    }
    if (plugin === undefined) {
      await this.#loadUndeclared();
      plugin = this.#schemes.choose(scheme);
    }
    if (plugin === undefined) return this.#nobody(scheme);
    const activation = await plugin.activate();
    const found = activation.schemes.get(scheme);
    if (found instanceof PluginError) throw found;
    // It may have been replaced meanwhile.
    if (found !== undefined && plugin.activation === activation) this.#served.set(scheme, found);
    return found;
  }

  /** If somebody did serve the scheme, or should, that is the error. */
  #nobody(scheme: string): undefined {
    const error = this.#gone.get(scheme) ?? this.#schemes.reasonForNone(scheme);
    if (error !== undefined) throw error;
    return undefined;
  }

  async #loadUndeclared(): Promise<void> {
    const plugins = this.#sorted().filter((plugin) => plugin.undeclared);
    await Promise.allSettled(plugins.map((plugin) => plugin.activate()));
  }

  async #loadAll(): Promise<void> {
    const enabled = this.#sorted().filter((plugin) => plugin.state !== "disabled");
    const results = await Promise.allSettled(
      enabled.map((plugin) => (plugin.usable ? plugin.activate() : Promise.reject(plugin.error))),
    );
    const failed = results.find((result) => result.status === "rejected");
    const broken = enabled.map((plugin) => plugin.error).find((error) => error !== undefined);
    if (failed === undefined && broken === undefined) return;
    await this.close().catch(() => undefined);
    throw failed?.reason ?? broken;
  }

  #look(full: boolean): Promise<PluginChanges> {
    const running = this.#looking;
    if (running !== undefined && !full) return running;
    const look = (running?.catch(() => undefined) ?? Promise.resolve())
      .then(() => this.#scan(full))
      .finally(() => {
        if (this.#looking === look) this.#looking = undefined;
      });
    this.#looking = look;
    return look;
  }

  /** `full` also compares the files of plugins that are in use, and retires removed ones. */
  async #scan(full: boolean): Promise<PluginChanges> {
    const { folders, warnings, missing } = await findPlugins(this.pluginsDir);
    for (const warning of warnings) this.#host.warn(warning);
    if (missing !== undefined) {
      if (this.#pluginsDirNamed) this.#host.warn(missing);
      else this.#host.logger.debug({}, missing);
    }
    const added: string[] = [];
    const changed: string[] = [];
    for (const folder of folders) {
      const known = this.#plugins.get(folder.id);
      if (known === undefined) {
        this.#plugins.set(folder.id, new Plugin(folder, this.#host));
        this.#order = undefined;
        added.push(folder.id);
      } else if (known.look(folder) || (full && known.differs(folder))) {
        changed.push(folder.id);
      }
    }
    const removed = this.#removed(folders, full);
    for (const scheme of this.#gone.keys())
      if (this.#schemes.choose(scheme) !== undefined) this.#gone.delete(scheme);
    return { added: added.sort(), changed: changed.sort(), removed };
  }

  #removed(folders: readonly PluginFolder[], full: boolean): string[] {
    const present = new Set(folders.map(({ id }) => id));
    const removed = this.#sorted().filter(
      (plugin) => !present.has(plugin.id) && (full || plugin.state !== "active"),
    );
    for (const plugin of removed) {
      for (const scheme of plugin.state === "active" ? plugin.schemes : [])
        this.#gone.set(scheme, gone(plugin.id));
      void plugin.remove();
      this.#plugins.delete(plugin.id);
      this.#order = undefined;
    }
    if (removed.length > 0) this.#served.clear();
    return removed.map(({ id }) => id);
  }

  async #plugin(id: string): Promise<Plugin> {
    if (!this.#plugins.has(id)) await this.#look(false);
    const plugin = this.#plugins.get(id);
    if (plugin !== undefined) return plugin;
    throw unknownPlugin(
      id,
      this.pluginsDir,
      this.#sorted().map((known) => known.id),
    );
  }

  #info(id: string): PluginInfo {
    const plugin = this.#plugins.get(id);
    if (plugin === undefined) throw gone(id);
    return plugin.info((scheme) => this.#schemes.servedBy(scheme));
  }

  #sorted(): readonly Plugin[] {
    this.#order ??= [...this.#plugins.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#order;
  }
}
