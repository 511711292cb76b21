import type { Configuration } from "../config/configuration.ts";
import { withFields } from "../config/logger.ts";
import { type FileSystemMetrics, Metrics } from "../diagnostics/metrics.ts";
import { errorMessage, FileSystemError, JobError, PluginError } from "../errors/errors.ts";
import type { FileSystem, Logger } from "./contract.ts";
import { FileSystemHandle } from "./handle.ts";
import { Path } from "./path.ts";
import { AllowedPlaces, notAllowed, type Policy } from "./policy.ts";
import type { FactoryProvider, FileSystems, ProvidedFactory } from "./provider.ts";
import { resolvePath } from "./resolve.ts";
import { withContext } from "./wrappers/error-context.ts";
import { type Wrapped, WrapperStack } from "./wrappers/stack.ts";

/**
 * (scheme, authority) → one file system, made at its first use, once even when many ask at the same time. A failure is
 * not kept: the next use tries again.
 */
export class FileSystemRegistry implements FileSystems {
  readonly #providers: readonly FactoryProvider[];
  readonly #configuration: Configuration;
  readonly #logger: Logger;
  readonly #unknownScheme: (scheme: string) => Promise<Error>;
  readonly #slots = new Map<string, Slot>();
  /** File systems of older generations that are still in use. */
  readonly #retired = new Set<Slot>();
  readonly #metrics = new Metrics();
  readonly #allowed: AllowedPlaces | undefined;
  readonly #stack: WrapperStack;
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: {
    /** Asked in this order. */
    providers: readonly FactoryProvider[];
    configuration: Configuration;
    logger: Logger;
    /** The error for a scheme that no provider serves. */
    unknownScheme: (scheme: string) => Promise<Error>;
    policy?: Policy | undefined;
  }) {
    this.#providers = options.providers;
    this.#configuration = options.configuration;
    this.#logger = options.logger;
    this.#unknownScheme = options.unknownScheme;
    this.#allowed = AllowedPlaces.read(options.policy, options.configuration);
    this.#stack = new WrapperStack(options.configuration, this.#allowed, this.#metrics);
  }

  resolve(path: string | URL | Path): Path {
    return resolvePath(path, this.#configuration);
  }

  /** One entry for each file system that was made, in the order of first use. */
  metrics(): readonly FileSystemMetrics[] {
    return this.#metrics.list();
  }

  /** Rejects where no file system can be made for the path; its `close` releases the handle only. */
  async fileSystem(path: string | URL | Path): Promise<FileSystem> {
    const resolved = this.resolve(path);
    const { scheme, authority } = resolved;
    // Before a plugin is loaded or a name told.
    if (this.#allowed?.admits(scheme, authority) === false) throw notAllowed(resolved);
    const root = Path.unsafe(scheme, authority, scheme === "file" ? "/" : "");
    const current = () => this.#current(root);
    return new FileSystemHandle(root, await current(), current);
  }

  /**
   * Takes the file systems of a generation out of use. Calls and streams under way go on; resolves when they have ended
   * and the file systems are closed, after which the factory may be closed. Recoverable writers are good no longer.
   */
  async retire(generation: object): Promise<void> {
    for (const [key, slot] of this.#slots) if (slot.generation === generation) this.#retire(key, slot);
    const leaving = [...this.#retired].filter((slot) => slot.generation === generation);
    const message = "the factory of its file system was taken out of use";
    const reason = new FileSystemError({ code: "EINVAL", message });
    await Promise.all(
      leaving.map(async (slot) => {
        await slot.quiet();
        await slot.end(reason);
        await slot.close(this.#logger);
        this.#retired.delete(slot);
      }),
    );
  }

  /** Ends all streams (what is being written is aborted) and closes all file systems. Later calls reject. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** Those that `close` still waits for. */
  leaving(): readonly string[] {
    return [...this.#retired].map(({ name }) => name);
  }

  async #closeAll(): Promise<void> {
    const reason = new JobError({ code: "ERR_JOB_CLOSED" });
    this.#closed.abort(reason);
    for (const [key, slot] of this.#slots) this.#retire(key, slot);
    const leaving = [...this.#retired];
    await Promise.all(
      leaving.map(async (slot) => {
        await slot.end(reason);
        await slot.close(this.#logger);
      }),
    );
  }

  async #current(root: Path): Promise<FileSystem> {
    this.#closed.signal.throwIfAborted();
    const provided = await find(this.#providers, root.scheme);
    const key = `${root.scheme}://${root.authority}`;
    const slot = this.#slots.get(key);
    if (provided !== undefined && slot?.generation === provided.generation) return slot.fileSystem;
    if (slot !== undefined) this.#retire(key, slot);
    if (provided === undefined) throw await this.#unknownScheme(root.scheme);
    this.#closed.signal.throwIfAborted();
    const made = new Slot(nameOf(key, provided), provided.generation, this.#make(root, provided));
    this.#slots.set(key, made);
    try {
      return await made.fileSystem;
    } catch (error) {
      if (this.#slots.get(key) === made) this.#slots.delete(key);
      throw error;
    }
  }

  #retire(key: string, slot: Slot): void {
    this.#slots.delete(key);
    this.#retired.add(slot);
    void slot
      .idle()
      .then(() => slot.close(this.#logger))
      .finally(() => this.#retired.delete(slot));
  }

  async #make(root: Path, { factory, plugin }: ProvidedFactory): Promise<Wrapped> {
    const context = { scheme: root.scheme, plugin };
    const wrap = this.#stack.prepare(root, plugin);
    const logger = plugin === undefined ? this.#logger : withFields(this.#logger, { plugin });
    let inner: FileSystem;
    try {
      inner = await factory.create(root, { logger, signal: this.#closed.signal });
    } catch (error) {
      throw withContext(error, context, { operation: "createFileSystem", path: root });
    }
    if (typeof inner?.getFileStatus !== "function" || typeof inner.capabilities?.has !== "function") {
      throw new PluginError({
        code: "ERR_PLUGIN_EXPORT",
        id: plugin,
        phase: "run",
        message: `the factory of "${root.scheme}" made something that is no FileSystem`,
      });
    }
    return wrap(inner);
  }
}

/** One file system from its making to its closing. */
class Slot {
  /** For messages. */
  readonly name: string;
  readonly generation: object;
  readonly fileSystem: Promise<FileSystem>;
  /** Resolves when it is closed. */
  readonly gone: Promise<void>;
  readonly #made: Promise<Wrapped | undefined>;
  #setGone!: () => void;
  #closing: Promise<void> | undefined;

  constructor(name: string, generation: object, made: Promise<Wrapped>) {
    this.name = name;
    this.generation = generation;
    this.fileSystem = made.then(({ outer }) => outer);
    this.#made = made.catch(() => undefined);
    this.gone = new Promise((resolve) => {
      this.#setGone = resolve;
    });
  }

  async idle(): Promise<void> {
    await (await this.#made)?.tracking.idle();
  }

  async quiet(): Promise<void> {
    await (await this.#made)?.tracking.quiet();
  }

  async end(reason: unknown): Promise<void> {
    await (await this.#made)?.tracking.end(reason);
  }

  /** Nobody can act on a file system that does not close well, so that is a warning. */
  close(logger: Logger): Promise<void> {
    this.#closing ??= this.#close(logger);
    return this.#closing;
  }

  async #close(logger: Logger): Promise<void> {
    try {
      await (await this.#made)?.outer.close();
    } catch (error) {
      logger.warn({ err: error }, `a file system did not close well: ${errorMessage(error)}`);
    }
    this.#setGone();
  }
}

function nameOf(key: string, { plugin }: ProvidedFactory): string {
  return plugin === undefined ? key : `${key} (plugin "${plugin}")`;
}

async function find(
  providers: readonly FactoryProvider[],
  scheme: string,
): Promise<ProvidedFactory | undefined> {
  for (const provider of providers) {
    const provided = await provider.find(scheme);
    if (provided !== undefined) return provided;
  }
  return undefined;
}
