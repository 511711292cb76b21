/**
 * What plugfs tells `node:diagnostics_channel`. The names and the fields below are public: they only grow.
 *
 * | channel                  | message                 | when                                                     |
 * |--------------------------|-------------------------|----------------------------------------------------------|
 * | `plugfs:operation:start` | {@link OperationEvent}  | a call of a file system or of one of its streams begins  |
 * | `plugfs:operation:end`   | the same object         | it resolved                                              |
 * | `plugfs:operation:error` | the same object         | it rejected                                              |
 * | `plugfs:retry`           | {@link RetryEvent}      | a request failed and is about to be sent again           |
 * | `plugfs:plugin`          | {@link PluginEvent}     | a plugin was loaded, failed, was retired, crashed, …     |
 *
 * A store bound to `plugfs:operation:start` (`channel.bindStore(asyncLocalStorage, event => …)`) holds while the call
 * runs: what the plugin does for it, retries too, happens in that context, as with Node's `tracingChannel` (in a worker it
 * does not). An `end` or `error` comes in the caller's own.
 *
 * Without a subscriber nothing is made. No message holds a configuration value.
 */
import { channel } from "node:diagnostics_channel";

/** One call. The same object goes to `start` and then to `end` or `error`, so it can be the key of a WeakMap. */
export interface OperationEvent {
  /**
   * The method's name: `getFileStatus`, `listStatus` (each step of a listing: an entry, or a page of them), `open`,
   * `create`, `mkdirs`, `delete`, `rename`, `copy`; of streams `read`, `write`, `close`, `abort`; of recoverable writers
   * `persist`, `commit`, …
   */
  readonly operation: string;
  readonly scheme: string;
  readonly authority: string;
  /** The plugin's id; absent for what the host registered and for the built-in `file`. */
  readonly plugin?: string | undefined;
  /** URIs. */
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  /** Milliseconds; set at the end. */
  durationMs?: number;
  /** Bytes read or written; set at the end of a `read` or `write`. */
  bytes?: number;
  /** As the host gets it. */
  error?: unknown;
}

/** Authors publish it themselves: `channel("plugfs:retry").publish({ scheme: "oss", attempt: 1, delayMs, error })`. */
export interface RetryEvent {
  readonly scheme: string;
  /** 1 for the first repetition. */
  readonly attempt: number;
  /** Pause before it, in milliseconds. */
  readonly delayMs: number;
  /** Why the last attempt failed. */
  readonly error: unknown;
}

export interface PluginEvent {
  /**
   * - `loaded`: imported and configured. `failed`: it was not; `error` says why.
   * - `retired`: taken out of use by a reload, `unload` or a removed folder; open streams go on.
   * - `crashed`: its worker ended by itself; `error` says how. `restarted`: a new worker serves.
   */
  readonly event: "loaded" | "failed" | "retired" | "crashed" | "restarted";
  readonly id: string;
  readonly version?: string | undefined;
  /** Of `loaded` and `restarted`: milliseconds it took. */
  readonly durationMs?: number | undefined;
  readonly error?: unknown;
}

export const CHANNELS = {
  start: channel("plugfs:operation:start"),
  end: channel("plugfs:operation:end"),
  error: channel("plugfs:operation:error"),
  retry: channel("plugfs:retry"),
  plugin: channel("plugfs:plugin"),
} as const;

export function tellOfPlugin(event: PluginEvent): void {
  if (CHANNELS.plugin.hasSubscribers) CHANNELS.plugin.publish(event);
}
