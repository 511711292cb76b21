import type { Configuration } from "../config/configuration.ts";
import { ConfiguredFactory } from "./configured-factory.ts";
import { LocalFileSystemFactory } from "./local/factory.ts";
import type { FactoryProvider, ProvidedFactory } from "./provider.ts";

/** What plugfs brings itself: `file`. */
export class BuiltInFactories implements FactoryProvider {
  readonly #byScheme: ReadonlyMap<string, ConfiguredFactory>;

  constructor(options: { configuration: Configuration }) {
    const factories = [new LocalFileSystemFactory()];
    this.#byScheme = new Map(
      factories.map((factory) => [factory.scheme, new ConfiguredFactory(factory, options.configuration)]),
    );
  }

  find(scheme: string): ProvidedFactory | Promise<ProvidedFactory> | undefined {
    return this.#byScheme.get(scheme)?.get();
  }
}
