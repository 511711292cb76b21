import type { Configuration } from "../config/configuration.ts";
import { errorCode, errorMessage, PluginError } from "../errors/errors.ts";
import type { FileSystemFactory } from "./contract.ts";
import type { ProvidedFactory } from "./provider.ts";

/** A factory that is configured once, before its first use; a failed configuration is tried again at the next use. */
export class ConfiguredFactory {
  readonly #provided: ProvidedFactory;
  readonly #configuration: Configuration;
  #configured: boolean;
  #configuring: Promise<ProvidedFactory> | undefined;
  #closing: Promise<void> | undefined;

  constructor(factory: FileSystemFactory, configuration: Configuration) {
    this.#provided = { factory, generation: {} };
    this.#configuration = configuration;
    this.#configured = factory.configure === undefined;
  }

  get generation(): object {
    return this.#provided.generation;
  }

  get(): ProvidedFactory | Promise<ProvidedFactory> {
    if (this.#configured) return this.#provided;
    this.#configuring ??= this.#configure();
    return this.#configuring;
  }

  /** Only after every file system that the factory made is closed. */
  close(): Promise<void> {
    this.#closing ??= Promise.resolve(this.#provided.factory.close?.());
    return this.#closing;
  }

  async #configure(): Promise<ProvidedFactory> {
    try {
      await this.#provided.factory.configure?.(this.#configuration);
      this.#configured = true;
      return this.#provided;
    } catch (error) {
      throw errorCode(error)?.startsWith("ERR_CONFIG_")
        ? error
        : refused(this.#provided.factory.scheme, error);
    } finally {
      this.#configuring = undefined;
    }
  }
}

function refused(scheme: string, cause: unknown): PluginError {
  return new PluginError({
    code: "ERR_PLUGIN_CONFIGURE",
    phase: "configure",
    message: `the factory of "${scheme}" refused its configuration: ${errorMessage(cause)}`,
    cause,
  });
}
