import type { Configuration } from "../config/configuration.ts";
import type { PluginError } from "../errors/errors.ts";
import { schemeOption } from "./options.ts";
import type { Plugin } from "./plugin.ts";
import { disabled, misnamed } from "./unavailable.ts";

/**
 * Who serves which scheme. Where several plugins offer one, `plugin.scheme.<scheme>` decides, else the first by folder
 * name, with a warning that names them (Flink: the last in the file system's order, silently). The built-in `file` is
 * replaced only when it is named.
 */
export class Schemes {
  readonly #configuration: Configuration;
  readonly #plugins: () => readonly Plugin[];
  readonly #warn: (message: string) => void;

  /** `plugins` gives them sorted by id. */
  constructor(
    configuration: Configuration,
    plugins: () => readonly Plugin[],
    warn: (message: string) => void,
  ) {
    this.#configuration = configuration;
    this.#plugins = plugins;
    this.#warn = warn;
  }

  /** The plugin that the configuration names for a scheme. */
  named(scheme: string): string | undefined {
    return this.#configuration.get(schemeOption(scheme));
  }

  choose(scheme: string): Plugin | undefined {
    const named = this.named(scheme);
    const candidates = this.#plugins().filter((plugin) => plugin.usable && plugin.schemes.includes(scheme));
    if (named !== undefined) return candidates.find((plugin) => plugin.id === named);
    if (scheme === "file") return undefined;
    const [first] = candidates;
    if (first !== undefined && candidates.length > 1) {
      const ids = candidates.map(({ id }) => `"${id}"`).join(", ");
      this.#warn(
        `several plugins offer ${scheme}://: ${ids}; "${first.id}" serves it, as the first by name. Set plugin.scheme.${scheme} to decide`,
      );
    }
    return first;
  }

  /** For listings: the id of the plugin, `built-in`, or null. */
  servedBy(scheme: string): string | null {
    return this.choose(scheme)?.id ?? (scheme === "file" ? "built-in" : null);
  }

  /** Why nobody serves a scheme that somebody should. */
  reasonForNone(scheme: string): PluginError | undefined {
    const named = this.named(scheme);
    if (named !== undefined) return misnamed(scheme, named);
    const plugin = this.#plugins().find(({ schemes }) => schemes.includes(scheme));
    return plugin?.state === "disabled" ? disabled(plugin.id) : plugin?.error;
  }
}
