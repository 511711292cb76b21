import type { Configuration } from "../config/configuration.ts";
import { PluginError } from "../errors/errors.ts";
import { ConfiguredFactory } from "./configured-factory.ts";
import type { FileSystemFactory } from "./contract.ts";
import type { FactoryProvider, ProvidedFactory } from "./provider.ts";

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/** What the host itself registers; lies over plugins and built-in factories. */
export class HostFactories implements FactoryProvider {
  readonly #byScheme = new Map<string, ConfiguredFactory>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #configuration: Configuration;
  readonly #retire: (generation: object) => Promise<void>;

  constructor(options: {
    configuration: Configuration;
    /** Closes the file systems of a generation once they are idle: `FileSystemRegistry.retire`. */
    retire: (generation: object) => Promise<void>;
  }) {
    this.#configuration = options.configuration;
    this.#retire = options.retire;
  }

  /**
   * Throws `ERR_PLUGIN_DUPLICATE_SCHEME` when the host has registered the scheme already. Disposing gives the scheme
   * back at once, and resolves when the factory's last open stream has ended and the factory is closed.
   */
  register(factory: FileSystemFactory): AsyncDisposable {
    const scheme = schemeOf(factory);
    if (this.#byScheme.has(scheme)) {
      throw new PluginError({
        code: "ERR_PLUGIN_DUPLICATE_SCHEME",
        message: `the host has registered the scheme "${scheme}" already`,
        hint: "Dispose what register returned before registering another",
      });
    }
    const configured = new ConfiguredFactory(factory, this.#configuration);
    this.#byScheme.set(scheme, configured);
    let leaving: Promise<void> | undefined;
    const leave = (): Promise<void> => {
      leaving ??= this.#remove(scheme, configured);
      return leaving;
    };
    return { [Symbol.asyncDispose]: leave };
  }

  find(scheme: string): ProvidedFactory | Promise<ProvidedFactory> | undefined {
    return this.#byScheme.get(scheme)?.get();
  }

  /** Closes every factory. Only after the registry is closed. */
  async close(): Promise<void> {
    const factories = [...this.#byScheme.values()];
    this.#byScheme.clear();
    const results = await Promise.allSettled([
      ...factories.map((factory) => factory.close()),
      ...this.#leaving,
    ]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  #remove(scheme: string, configured: ConfiguredFactory): Promise<void> {
    if (this.#byScheme.get(scheme) === configured) this.#byScheme.delete(scheme);
    const leaving = this.#retire(configured.generation)
      .then(() => configured.close())
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }
}

function schemeOf(factory: FileSystemFactory): string {
  const { scheme } = factory;
  if (typeof scheme === "string" && SCHEME.test(scheme) && typeof factory.create === "function") {
    return scheme.toLowerCase();
  }
  throw new PluginError({
    code: "ERR_PLUGIN_EXPORT",
    message: "what the host registered is no FileSystemFactory (it needs a scheme and create)",
  });
}
