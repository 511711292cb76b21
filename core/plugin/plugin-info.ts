import type { PluginError } from "../errors/errors.ts";

/**
 * - `available`: the manifest is read, nothing is imported.
 * - `active`: imported; at least one of its schemes works.
 * - `failed`: reported with `error`; a later lookup of its scheme tries again.
 * - `incompatible`: asks for another version of the SPI; never imported.
 * - `disabled`: by `plugin.disabled` or `unload`.
 */
export type PluginState = "available" | "active" | "failed" | "incompatible" | "disabled";

/** One folder in `plugins/`, as it stands now. */
export interface PluginInfo {
  /** The folder's name. */
  readonly id: string;
  /** Absolute, with links resolved. */
  readonly directory: string;
  readonly state: PluginState;
  /** What it offers, and the plugin that serves it: another one's id after a conflict, null when nobody can. */
  readonly schemes: readonly { readonly scheme: string; readonly servedBy: string | null }[];
  readonly name?: string;
  readonly version?: string;
  /** Range of the SPI's version, from `peerDependencies.plugfs`. */
  readonly apiRange?: string;
  /** Why it failed; of an active plugin: what is wrong with one of its schemes. */
  readonly error?: PluginError;
  /** Milliseconds that the last load took. */
  readonly loadMillis?: number;
}

/** Ids, sorted. */
export interface PluginChanges {
  readonly added: readonly string[];
  /** Their folder differs from what was read or loaded; of an active one, `reload` takes it over. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}
