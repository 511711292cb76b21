import type { Configuration } from "../../config/configuration.ts";
import { PluginError } from "../../errors/errors.ts";
import type { FileSystem, FileSystemContext, FileSystemFactory, Logger } from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import { Activation } from "../activation.ts";
import type { LoadedFolder } from "../loader.ts";
import type { PluginSettings } from "../options.ts";
import type { WireScheme } from "./messages.ts";
import { RemoteFileSystem } from "./remote-file-system.ts";
import { Supervisor } from "./supervisor.ts";
import { errorFromWire } from "./wire.ts";

/** Brings a plugin folder to factories whose work is done in a worker of the plugin's own. */
export async function startInWorker(
  { id, directory, manifest }: LoadedFolder,
  configuration: Configuration,
  options: {
    readonly settings: PluginSettings;
    readonly shared: readonly string[];
    readonly logger: Logger;
    readonly signal: AbortSignal;
  },
): Promise<Activation> {
  const { settings, shared, logger, signal } = options;
  const { worker, ...rest } = settings;
  const supervisor = new Supervisor({
    start: {
      id,
      directory,
      manifest,
      // In the worker it runs as in any host.
      settings: { ...rest, worker: { ...worker, plugins: [] } },
      configuration: configuration.toData(),
      host: process.argv[1],
      shared,
    },
    memory: worker.memory,
    watchdog: worker.watchdog,
    logger,
  });
  const giveUp = () => void supervisor.close();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const schemes = await supervisor.load();
    let closed: Promise<void> | undefined;
    return await Activation.start({
      id,
      factories: schemes.map((scheme) => new RemoteFactory(scheme, supervisor)),
      // The worker has compared them.
      declared: undefined,
      configuration,
      leave: () => {
        closed ??= supervisor.close();
        return closed;
      },
    });
  } catch (error) {
    await supervisor.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

class RemoteFactory implements FileSystemFactory {
  readonly scheme: string;
  readonly #refused: unknown;
  readonly #supervisor: Supervisor;

  constructor({ scheme, error }: WireScheme, supervisor: Supervisor) {
    this.scheme = scheme;
    this.#refused = error === undefined ? undefined : errorFromWire(error);
    this.#supervisor = supervisor;
  }

  /** The configuration was read in the worker; what it said comes out here. */
  configure(): void {
    if (this.#refused instanceof PluginError) throw this.#refused;
  }

  create(root: Path, { signal }: FileSystemContext): Promise<FileSystem> {
    return RemoteFileSystem.make(this.#supervisor, root, signal);
  }

  close(): Promise<void> {
    return this.#supervisor.closeFactories();
  }
}
