import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type TransferListItem, Worker } from "node:worker_threads";
import { CHANNELS } from "../../diagnostics/channels.ts";
import { errorCode, errorMessage, PluginError } from "../../errors/errors.ts";
import type { Logger } from "../../fs/contract.ts";
import { Batch } from "./batch.ts";
import type { ToHost, ToWorker, WireScheme, WorkerStart } from "./messages.ts";
import { errorFromWire, errorToWire, fieldsFromWire } from "./wire.ts";

export interface LinkOptions {
  readonly start: WorkerStart;
  /** Bytes of the worker's heap. Memory outside of it (Buffers) is not limited by Node. */
  readonly memory: number;
  /** A worker that answers nothing for so many ms is ended; 0: never. */
  readonly watchdog: number;
  readonly logger: Logger;
  /** Called once, when the worker ended without being asked to. */
  readonly onCrash: (error: PluginError) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  /** Stops listening to the signal. */
  readonly ignore: () => void;
}

/** How a call differs from a plain one. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly transfer?: readonly ArrayBuffer[];
  /** The signal goes on after the call: it is that of the stream that the call opens, until `release` of it. */
  readonly opens?: boolean;
}

/** Heartbeats without an answer after which a worker counts as stuck. */
const HEARTBEATS = 5;
/** A plugin that hangs in its own clean-up is ended without it. */
const STOP_TIMEOUT = 2000;

/** One worker with one plugin in it, from its start to its end; it is not used again. */
export class Link {
  readonly #options: LinkOptions;
  readonly #worker: Worker;
  readonly #batch = new Batch<ToWorker>(
    (messages, transfer) => this.#send(messages, transfer),
    (message, error) => this.#onRefused(message, error),
  );
  readonly #pending = new Map<number, Pending>();
  /** Calls whose signal is still listened to, by the stream that they opened. */
  readonly #signals = new Map<number, () => void>();
  readonly #exited: Promise<void>;
  readonly #released: FinalizationRegistry<number>;
  #calls = 0;
  #ended: PluginError | undefined;
  #stopping = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #missed = 0;
  #failure: unknown;

  /** Throws `ERR_PLUGIN_HOST_BUNDLED` where the worker's program is missing. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#worker = new Worker(workerFile(), {
      workerData: options.start,
      name: `plugfs ${options.start.id}`,
      resourceLimits: { maxOldGenerationSizeMb: Math.max(16, Math.ceil(options.memory / 2 ** 20)) },
    });
    this.#worker.on("error", (error) => {
      this.#failure = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#onExit(code);
        resolve();
      });
    });
    this.#released = new FinalizationRegistry((ref) => this.#release(ref));
  }

  /** What the plugin offers. Rejects with what its loading failed with. */
  load(): Promise<readonly WireScheme[]> {
    return new Promise((resolve, reject) => {
      this.#pending.set(0, { resolve: resolve as never, reject, signal: undefined, ignore: () => undefined });
      this.#worker.on("message", (messages: readonly ToHost[]) => {
        for (const message of messages) this.#receive(message);
      });
    });
  }

  /** Whether it still can be called. */
  get alive(): boolean {
    return this.#ended === undefined && !this.#stopping;
  }

  /** Rejects with what the plugin's call rejected with, with `signal.reason`, or with `ERR_PLUGIN_CRASHED`. */
  call<T>(ref: number, method: string, args: readonly unknown[], options: CallOptions = {}): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { signal, transfer = [], opens = false } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    this.#calls += 1;
    const call = this.#calls;
    const onAbort = () => this.#batch.add({ type: "abort", call, reason: errorToWire(signal?.reason) });
    signal?.addEventListener("abort", onAbort, { once: true });
    const ignore = () => signal?.removeEventListener("abort", onAbort);
    return new Promise<T>((resolve, reject) => {
      const opened = (value: unknown): void => {
        if (opens) this.#signals.set((value as { ref: number }).ref, ignore);
        else ignore();
        resolve(value as T);
      };
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(call, { resolve: opened, reject, signal, ignore });
      this.#batch.add({ type: "call", call, ref, method, args, abortable: signal !== undefined }, transfer);
    });
  }

  /** Lets the worker forget the object once `holder` is collected. */
  hold(holder: object, ref: number): void {
    this.#released.register(holder, ref);
  }

  /** Nobody will ask for the object again. */
  forget(ref: number): void {
    this.#release(ref);
  }

  /** The stream ended: its signal is of no interest any more. */
  ignoreSignal(ref: number): void {
    this.#signals.get(ref)?.();
    this.#signals.delete(ref);
  }

  /** Ends the worker, cleanly where it still answers. */
  async stop(): Promise<void> {
    if (this.#ended === undefined) {
      this.#stopping = true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT);
      });
      await Promise.race([this.call(0, "stop", []).catch(() => undefined), late]);
      clearTimeout(timer);
      await this.#worker.terminate();
    }
    await this.#exited;
  }

  #release(ref: number): void {
    this.ignoreSignal(ref);
    if (this.alive) this.#batch.add({ type: "release", ref });
  }

  #send(messages: readonly ToWorker[], transfer: readonly object[]): void {
    if (this.#ended === undefined)
      this.#worker.postMessage(messages, transfer as readonly TransferListItem[]);
  }

  /** Its arguments cannot be cloned. */
  #onRefused(message: ToWorker, error: unknown): void {
    if (message.type !== "call") throw error;
    this.#settle(message.call, ({ reject, ignore }) => {
      ignore();
      reject(error);
    });
  }

  #receive(message: ToHost): void {
    const { logger, start } = this.#options;
    switch (message.type) {
      case "started":
        this.#startHeartbeat();
        break;
      case "loaded":
        this.#settle(0, ({ resolve }) => resolve(message.schemes));
        break;
      case "failed":
        this.#settle(0, ({ reject }) => reject(errorFromWire(message.error)));
        break;
      case "result":
        this.#settle(message.call, ({ resolve }) => resolve(message.value));
        break;
      case "error":
        this.#settle(message.call, ({ reject, signal, ignore }) => {
          ignore();
          const own = message.aborted && signal?.aborted === true;
          reject(own ? signal.reason : errorFromWire(message.error));
        });
        break;
      case "pong":
        this.#missed = 0;
        break;
      case "log":
        logger[message.level]({ plugin: start.id, ...fieldsFromWire(message.fields) }, message.message);
        break;
      case "retry":
        if (CHANNELS.retry.hasSubscribers) CHANNELS.retry.publish(fieldsFromWire(message.event));
    }
  }

  /** A host without calls under way is not kept alive by its workers. */
  #settle(call: number, settle: (pending: Pending) => void): void {
    const pending = this.#pending.get(call);
    if (pending === undefined) return;
    this.#pending.delete(call);
    if (this.#pending.size === 0) this.#worker.unref();
    settle(pending);
  }

  /** Counted in beats and not in time, so that a host that was busy itself does not blame the worker. */
  #startHeartbeat(): void {
    const { watchdog } = this.#options;
    if (watchdog === 0) return;
    this.#heartbeat = setInterval(
      () => {
        this.#missed += 1;
        if (this.#missed > HEARTBEATS) void this.#endStuck();
        else this.#batch.add({ type: "ping" });
      },
      Math.max(1, watchdog / HEARTBEATS),
    );
    this.#heartbeat.unref();
  }

  async #endStuck(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#failure = "watchdog";
    await this.#worker.terminate();
  }

  #onExit(code: number): void {
    clearInterval(this.#heartbeat);
    const error = this.#crash(code);
    this.#ended = error;
    for (const { reject, ignore } of this.#pending.values()) {
      ignore();
      reject(error);
    }
    this.#pending.clear();
    for (const ignore of this.#signals.values()) ignore();
    this.#signals.clear();
    if (!this.#stopping) this.#options.onCrash(error);
  }

  #crash(code: number): PluginError {
    const { start, memory, watchdog } = this.#options;
    const { id } = start;
    const crashed = (reason: string, hint: string, cause?: unknown) =>
      new PluginError({
        code: "ERR_PLUGIN_CRASHED",
        id,
        phase: "run",
        message: `its worker ended: ${reason}`,
        hint: `${hint}. The next call starts it again`,
        cause,
      });
    if (this.#stopping) return crashed("it was closed", "The plugin is out of use");
    if (this.#failure === "watchdog") {
      return crashed("watchdog", `It answered nothing for ${watchdog} ms (plugin.worker.watchdog)`);
    }
    if (errorCode(this.#failure) === "ERR_WORKER_OUT_OF_MEMORY") {
      return crashed("heap", `It needed more than ${memory} bytes (plugin.worker.memory)`, this.#failure);
    }
    if (this.#failure !== undefined) {
      return crashed(
        `uncaught: ${errorMessage(this.#failure)}`,
        "Its code threw outside of any call",
        this.#failure,
      );
    }
    return crashed(`exit ${code}`, "Its code ended the process");
  }
}

/** From the sources: Node 20 has no hooks yet when it loads the first module of a worker. */
function throughTsx(file: URL): URL {
  const register = `import { register } from ${JSON.stringify(import.meta.resolve("tsx/esm/api"))}; register();`;
  return new URL(
    `data:text/javascript,${encodeURIComponent(`${register} await import(${JSON.stringify(file.href)});`)}`,
  );
}

/** In a host bundled to one file, plugfs as installed beside the bundle has it. */
function workerFile(): URL {
  const name = "plugin-worker";
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const beside = new URL(`./${name}.${extension}`, import.meta.url);
  if (existsSync(fileURLToPath(beside))) return extension === "ts" ? throughTsx(beside) : beside;
  try {
    const manifest = pathToFileURL(createRequire(import.meta.url).resolve("plugfs/package.json"));
    const installed = new URL(`dist/core/plugin/worker/${name}.js`, manifest);
    if (existsSync(fileURLToPath(installed))) return installed;
  } catch {
    // Not installed: reported below.
  }
  throw new PluginError({
    code: "ERR_PLUGIN_HOST_BUNDLED",
    phase: "import",
    message: `the bundled host lacks plugfs's module ${name}.js, which is needed for plugin.worker`,
    hint: "Install plugfs beside the bundle: npm install plugfs",
  });
}
