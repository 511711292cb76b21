import { setTimeout as delay } from "node:timers/promises";
import { tellOfPlugin } from "../../diagnostics/channels.ts";
import type { PluginError } from "../../errors/errors.ts";
import type { Logger } from "../../fs/contract.ts";
import { Link } from "./link.ts";
import { PLUGIN_REF, type WireScheme, type WorkerStart } from "./messages.ts";

export interface SupervisorOptions {
  readonly start: WorkerStart;
  readonly memory: number;
  readonly watchdog: number;
  readonly logger: Logger;
}

const LONGEST_PAUSE = 60_000;

/**
 * Keeps a plugin in a worker: after a crash the next call starts another one at once; after further crashes calls wait
 * 1, 2, 4 … 60 s. One call that succeeds resets this.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #closed = new AbortController();
  #link: Promise<Link> | undefined;
  #current: Link | undefined;
  #starting: Link | undefined;
  #crashes = 0;
  #crashedAt = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Starts the first worker. Rejects with what the plugin's loading failed with. */
  async load(): Promise<readonly WireScheme[]> {
    const { link, schemes } = await this.#start();
    this.#current = link;
    this.#link = Promise.resolve(link);
    return schemes;
  }

  /** The worker that serves now, started anew when the last one crashed. */
  link(): Promise<Link> {
    if (this.#current?.alive === true && this.#link !== undefined) return this.#link;
    if (this.#current !== undefined || this.#link === undefined) {
      this.#current = undefined;
      this.#link = this.#restart().catch((error) => {
        this.#link = undefined;
        throw error;
      });
    }
    return this.#link;
  }

  succeeded(): void {
    this.#crashes = 0;
  }

  /** In the worker that is there; one that crashed has closed them in its way. */
  async closeFactories(): Promise<void> {
    if (this.#current?.alive === true) await this.#current.call(PLUGIN_REF, "closeFactories", []);
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error("the plugin is closed"));
    await this.#starting?.stop();
    const link = await this.#link?.catch(() => undefined);
    await link?.stop();
  }

  async #restart(): Promise<Link> {
    const { signal } = this.#closed;
    signal.throwIfAborted();
    const pause = this.#crashes <= 1 ? 0 : Math.min(1000 * 2 ** (this.#crashes - 2), LONGEST_PAUSE);
    const left = this.#crashedAt + pause - Date.now();
    if (left > 0) await delay(left, undefined, { signal });
    const started = performance.now();
    const { link } = await this.#start();
    this.#current = link;
    tellOfPlugin({ event: "restarted", id: this.#options.start.id, durationMs: performance.now() - started });
    return link;
  }

  async #start(): Promise<{ link: Link; schemes: readonly WireScheme[] }> {
    const link = new Link({ ...this.#options, onCrash: (error) => this.#onCrash(error) });
    this.#starting = link;
    try {
      return { link, schemes: await link.load() };
    } catch (error) {
      await link.stop();
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  #onCrash(error: PluginError): void {
    this.#crashes += 1;
    this.#crashedAt = Date.now();
    const { id } = this.#options.start;
    this.#options.logger.error({ plugin: id, code: error.code, phase: error.phase }, error.message);
    tellOfPlugin({ event: "crashed", id, error });
  }
}
