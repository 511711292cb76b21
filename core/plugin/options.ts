/** Configuration keys of the plugin loader. The `plugin.classloader.*` keys are Flink's (`PluginConfig`). */
import type { Configuration } from "../config/configuration.ts";
import { type Option, option } from "../config/option.ts";
import type { VerifyMode } from "./lock.ts";

export const DISABLED = option.list("plugin.disabled", {
  default: [],
  doc: "Ids of plugins that are listed but never imported.",
});

export const LOAD_TIMEOUT = option.duration("plugin.load-timeout", {
  default: 30_000,
  min: 1,
  doc: "A plugin that has not finished loading after this time has failed.",
});

export const EXTRA_ROOTS = option.list("plugin.extra-roots", {
  default: [],
  doc: "Folders outside its own that a plugin may import from: linked packages during development.",
});

export const PARENT_FIRST_DEFAULT = option.list("plugin.classloader.parent-first-patterns.default", {
  default: ["plugfs"],
  doc: "Packages that plugins take from the host: a package name, or `@scope/`. `plugfs` always is one.",
});

export const PARENT_FIRST_ADDITIONAL = option.list("plugin.classloader.parent-first-patterns.additional", {
  default: [],
  doc: "Added to the default patterns.",
});

export const REPORT_GLOBALS = option.boolean("plugin.report-globals", {
  default: false,
  doc: "Warns, by name, of everything global that a plugin changes while it is imported.",
});

/** In the folder of the configuration. */
export const LOCK_FILE = "plugins.lock.json";

export const VERIFY = option.enumeration("plugin.verify", ["auto", "off", "warn", "enforce"], {
  default: "auto",
  doc: "What becomes of a plugin folder that is not as conf/plugins.lock.json says; auto: warn where there is that file.",
});

export const WORKER = option.list("plugin.worker", {
  default: [],
  doc: "Ids of plugins that run in a worker of their own, or *: what they break there the host survives.",
});

export const WORKER_MEMORY = option.memory("plugin.worker.memory", {
  default: 512 * 2 ** 20,
  min: 16 * 2 ** 20,
  doc: "Most heap of a plugin's worker. Buffers outside the heap are not limited.",
});

export const WORKER_WATCHDOG = option.duration("plugin.worker.watchdog", {
  default: 10_000,
  min: 0,
  doc: "A plugin's worker that answers nothing for so long is ended; 0: never.",
});

/** The id of the plugin that serves a scheme which several provide. */
export function schemeOption(scheme: string): Option<string | undefined> {
  return option.string(`plugin.scheme.${scheme}`, {
    doc: `The plugin that serves ${scheme}:// where several provide it.`,
  });
}

export interface PluginSettings {
  readonly disabled: ReadonlySet<string>;
  /** Milliseconds. */
  readonly loadTimeout: number;
  readonly extraRoots: readonly string[];
  readonly parentFirst: readonly string[];
  readonly reportGlobals: boolean;
  readonly verify: VerifyMode;
  readonly worker: WorkerSettings;
}

/** Which plugins run in a worker of their own, and how they are contained there. */
export interface WorkerSettings {
  /** Ids, or `*` for every plugin. */
  readonly plugins: readonly string[];
  /** Bytes. */
  readonly memory: number;
  /** Milliseconds; 0: never. */
  readonly watchdog: number;
}

export function runsInWorker({ worker }: PluginSettings, id: string): boolean {
  return worker.plugins.includes("*") || worker.plugins.includes(id);
}

/** Reads and checks the keys above. Throws `ConfigurationError`. */
export function pluginSettings(configuration: Configuration): PluginSettings {
  return {
    disabled: new Set(configuration.get(DISABLED)),
    loadTimeout: configuration.get(LOAD_TIMEOUT),
    extraRoots: configuration.get(EXTRA_ROOTS),
    parentFirst: [...configuration.get(PARENT_FIRST_DEFAULT), ...configuration.get(PARENT_FIRST_ADDITIONAL)],
    reportGlobals: configuration.get(REPORT_GLOBALS),
    verify: configuration.get(VERIFY),
    worker: {
      plugins: configuration.get(WORKER),
      memory: configuration.get(WORKER_MEMORY),
      watchdog: configuration.get(WORKER_WATCHDOG),
    },
  };
}
