/** Configuration keys of the plugin loader. The `plugin.classloader.*` keys are Flink's (`PluginConfig`). */
import type { Configuration } from "../config/configuration.ts";
import { type Option, option } from "../config/option.ts";
import { ConfigurationError } from "../errors/errors.ts";

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
}

/** Reads and checks the keys above. Throws `ConfigurationError`. */
export function pluginSettings(configuration: Configuration): PluginSettings {
  refuseWorkerMode(configuration);
  return {
    disabled: new Set(configuration.get(DISABLED)),
    loadTimeout: configuration.get(LOAD_TIMEOUT),
    extraRoots: configuration.get(EXTRA_ROOTS),
    parentFirst: [...configuration.get(PARENT_FIRST_DEFAULT), ...configuration.get(PARENT_FIRST_ADDITIONAL)],
    reportGlobals: configuration.get(REPORT_GLOBALS),
  };
}

/** A host that asks for containment must not run without it unnoticed. */
function refuseWorkerMode(configuration: Configuration): void {
  const key = "plugin.worker";
  const text = configuration.raw(key)?.trim();
  if (text === undefined || text === "" || text === "[]") return;
  throw new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key,
    source: configuration.source(key),
    message: `${key}: plugins in workers are not supported yet`,
    hint: "Take the key out; plugins then run in the host's thread",
  });
}
