import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Configuration } from "../config/configuration.ts";
import { errorMessage, PluginError } from "../errors/errors.ts";
import type { FileSystemFactory, Logger } from "../fs/contract.ts";
import { Activation } from "./activation.ts";
import { exportedFactories } from "./exported-factories.ts";
import { failure, importFailure } from "./failure.ts";
import type { Generation } from "./isolation/generation.ts";
import type { Isolation } from "./isolation/isolation.ts";
import type { SharedPackages } from "./isolation/shared-packages.ts";
import type { Manifest } from "./manifest.ts";
import { type PluginSettings, runsInWorker } from "./options.ts";
import { realFolders } from "./real-folders.ts";

export interface LoadedFolder {
  readonly id: string;
  /** Real path. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly contents: string;
}

export interface LoaderOptions {
  readonly settings: PluginSettings;
  /** Specifier → value; plugins get those that a parent-first pattern matches. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** The core's own namespace by specifier (`plugfs`). */
  readonly coreNamespace: () => Promise<Record<string, object>>;
  readonly logger: Logger;
  /** With digests of the folders; absent: nothing is verified. */
  readonly lockFile?: string | undefined;
}

interface Ready {
  readonly isolation: Isolation;
  readonly shared: SharedPackages;
  readonly extraRoots: readonly string[];
}

/** Brings one plugin folder to configured factories, through every phase after the manifest. */
export class Loader {
  readonly #options: LoaderOptions;
  readonly #closing = new AbortController();
  /** Gives up what is being waited for, when the host closes. */
  readonly #waiting = new Set<() => void>();
  #ready: Promise<Ready> | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** `fresh`: even when this process has the same code already. Rejects with `PluginError` only. */
  async load(folder: LoadedFolder, configuration: Configuration, fresh: boolean): Promise<Activation> {
    const { id, directory, manifest } = folder;
    checkPlace(folder);
    const lockFile = this.#lockFile();
    if (lockFile !== undefined) await this.#verify(folder, lockFile);
    const { settings, shared: values, logger } = this.#options;
    if (runsInWorker(settings, id)) {
      const { startInWorker } = await import("./worker/start.ts");
      const { signal } = this.#closing;
      return startInWorker(folder, configuration, { settings, logger, signal, shared: Object.keys(values) });
    }
    const { isolation, shared, extraRoots } = await this.#prepare();
    const { generations } = isolation;
    const code = {
      plugin: id,
      directory,
      entry: manifest.entry,
      type: manifest.type,
      dependencies: manifest.dependencies,
      shared,
      extraRoots,
      contents: folder.contents,
    };
    const reportGlobals = this.#options.settings.reportGlobals ? await this.#watchGlobals(id) : undefined;
    const generation = await generations.load(code, fresh).catch((cause) => {
      throw failure(id, "import", `its folder cannot be read: ${errorMessage(cause)}`, { cause });
    });
    const place = { directory, home: generation.home };
    let factories: FileSystemFactory[];
    try {
      factories = await this.#import(id, generation);
    } catch (cause) {
      await generations.leave(generation);
      throw await importFailure(id, place, cause);
    } finally {
      reportGlobals?.();
    }
    const starting = Activation.start({
      id,
      factories,
      declared: manifest.schemes,
      configuration,
      leave: () => generations.leave(generation),
    });
    try {
      return await this.#inTime(id, "configure", starting);
    } catch (cause) {
      // After a timeout `configure` may still end.
      void starting
        .then(
          (late) => late.close(),
          () => generations.leave(generation),
        )
        .catch(() => undefined);
      throw await importFailure(id, place, cause);
    }
  }

  /** Gives up what is being loaded. */
  stop(): void {
    this.#closing.abort();
    for (const giveUp of this.#waiting) giveUp();
  }

  async close(): Promise<void> {
    this.stop();
    const ready = await this.#ready?.catch(() => undefined);
    this.#ready = undefined;
    await ready?.isolation.privateFolder.leave();
    await this.#sweeping;
  }

  /** Undefined: nothing is to be verified. */
  #lockFile(): string | undefined {
    const { settings, lockFile } = this.#options;
    if (lockFile === undefined || settings.verify === "off") return undefined;
    return settings.verify === "enforce" || existsSync(lockFile) ? lockFile : undefined;
  }

  async #verify(folder: LoadedFolder, file: string): Promise<void> {
    const { settings, logger } = this.#options;
    const { verify } = await import("./lock.ts");
    await verify(folder, { mode: settings.verify, file, logger });
  }

  async #import(id: string, generation: Generation): Promise<FileSystemFactory[]> {
    const exported = await this.#inTime(id, "import", generation.exports);
    try {
      return exportedFactories(exported);
    } catch (cause) {
      throw failure(id, "export", errorMessage(cause), { cause });
    }
  }

  /** Returns what reports the changes since now. */
  async #watchGlobals(id: string): Promise<() => void> {
    const { logger } = this.#options;
    const { globalsSnapshot, globalsChanged } = await import("./globals-report.ts");
    const before = globalsSnapshot();
    return () => {
      const changes = globalsChanged(before, globalsSnapshot());
      if (changes.length > 0) {
        logger.warn({ plugin: id, changes }, `plugin "${id}" changed what all share: ${changes.join(", ")}`);
      }
    };
  }

  /** A top-level await that never ends cannot be cancelled, only given up: after a while, or when the host closes. */
  async #inTime<T>(id: string, phase: "import" | "configure", work: Promise<T>): Promise<T> {
    const { loadTimeout } = this.#options.settings;
    const doing = phase === "import" ? "its import (a top-level await that never ends?)" : "configure";
    let giveUp: (error: PluginError) => void = () => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const timer = setTimeout(
      () => giveUp(tooLate(id, phase, `${doing} did not finish within ${loadTimeout} ms`)),
      loadTimeout,
    );
    const onClose = () => giveUp(tooLate(id, phase, `${doing} had not finished when the host closed`));
    this.#waiting.add(onClose);
    if (this.#closing.signal.aborted) onClose();
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(onClose);
    }
  }

  #prepare(): Promise<Ready> {
    this.#ready ??= this.#install().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  /** Late, so that a host which uses no plugin pays for none of this. */
  async #install(): Promise<Ready> {
    const { settings, shared, coreNamespace } = this.#options;
    const [{ Isolation }, { sweepPrivateFolders }, core, extraRoots] = await Promise.all([
      import("./isolation/isolation.ts"),
      import("./isolation/private-folder.ts"),
      coreNamespace(),
      realFolders(settings.extraRoots),
    ]);
    const isolation = Isolation.ofProcess();
    // Whoever waits for the plugin need not wait for this.
    this.#sweeping = new Promise(setImmediate).then(sweepPrivateFolders);
    isolation.privateFolder.enter();
    const given = new Map<string, unknown>([...Object.entries(shared), ...Object.entries(core)]);
    return {
      isolation,
      shared: isolation.sharedPackages(settings.parentFirst, given),
      extraRoots,
    };
  }
}

/** The folder of this file. */
const CORE = dirname(fileURLToPath(import.meta.url));

function tooLate(id: string, phase: "import" | "configure", message: string): PluginError {
  const hint = "plugin.load-timeout sets the limit";
  return new PluginError({ code: "ERR_PLUGIN_TIMEOUT", id, phase, message, hint });
}

function checkPlace({ id, directory, manifest }: LoadedFolder): void {
  const entry = join(directory, manifest.entry);
  if (!existsSync(entry)) {
    throw failure(id, "resolve", `its entry ${manifest.entry} does not exist`, {
      hint: "Build the plugin, or correct exports or main in its package.json",
      location: entry,
    });
  }
  // The rule would otherwise be applied to the host itself.
  for (const place of [CORE, process.argv[1] ?? CORE]) {
    if (place.startsWith(directory + sep)) {
      throw failure(id, "manifest", `its folder ${directory} holds the host itself (${place})`, {
        hint: "Link the plugin's own folder",
      });
    }
  }
}
