/** The errors of plugins that are there or were there, and cannot be used. */
import { PluginError } from "../errors/errors.ts";

export function disabled(id: string): PluginError {
  return new PluginError({
    code: "ERR_PLUGIN_DISABLED",
    id,
    message: "it is disabled",
    hint: "Take it out of plugin.disabled, or call load when the host unloaded it",
  });
}

export function gone(id: string): PluginError {
  return new PluginError({
    code: "ERR_PLUGIN_GONE",
    id,
    message: "its folder was removed from the plugins folder",
    hint: "Copy it back, or set another plugin for its schemes",
  });
}

export function unknownPlugin(id: string, pluginsDir: string, known: readonly string[]): PluginError {
  return new PluginError({
    code: "ERR_PLUGIN_UNKNOWN",
    id,
    message: `there is no such folder in ${pluginsDir}`,
    hint: known.length === 0 ? undefined : `There are: ${known.join(", ")}`,
  });
}

/** `plugin.scheme.<scheme>` names a plugin that cannot serve it. */
export function misnamed(scheme: string, id: string): PluginError {
  return new PluginError({
    code: "ERR_PLUGIN_UNKNOWN",
    id,
    message: `plugin.scheme.${scheme} names it for ${scheme}://, but it is not there, not usable, or does not offer the scheme`,
    hint: "plugfs plugins list shows every plugin with its schemes",
  });
}
