import type { Configuration } from "../config/configuration.ts";
import { errorMessage, PluginError } from "../errors/errors.ts";
import type { FileSystemFactory } from "../fs/contract.ts";
import type { ProvidedFactory } from "../fs/provider.ts";
import { CountedFactory } from "./counted-factory.ts";
import { failure } from "./failure.ts";

/** One generation of a plugin in use by one environment: its configured factories by scheme. */
export class Activation {
  /** What each scheme gives: its factory, or why it does not work. */
  readonly schemes: ReadonlyMap<string, ProvidedFactory | PluginError>;
  readonly #factories: readonly CountedFactory[];
  readonly #leave: () => Promise<void>;
  #closed: Promise<void> | undefined;

  private constructor(
    schemes: ReadonlyMap<string, ProvidedFactory | PluginError>,
    factories: readonly CountedFactory[],
    leave: () => Promise<void>,
  ) {
    this.schemes = schemes;
    this.#factories = factories;
    this.#leave = leave;
  }

  /**
   * Configures the factories. A scheme that is exported and not declared, or declared and not exported, or whose
   * factory refuses its configuration, fails alone. Rejects with the first of those errors when no scheme works.
   */
  static async start(options: {
    readonly id: string;
    readonly factories: readonly FileSystemFactory[];
    readonly declared: readonly string[] | undefined;
    readonly configuration: Configuration;
    /** Lets go of the code, once everything is closed. */
    readonly leave: () => Promise<void>;
  }): Promise<Activation> {
    const { id, declared, configuration } = options;
    const schemes = new Map<string, ProvidedFactory | PluginError>();
    const working: CountedFactory[] = [];
    // The code may be another activation's too; the file systems are not.
    const token = {};
    for (const factory of options.factories) {
      const { scheme } = factory;
      if (schemes.has(scheme)) {
        schemes.set(scheme, failure(id, "export", `it exports two factories for ${scheme}://`));
      } else if (declared !== undefined && !declared.includes(scheme)) {
        schemes.set(scheme, undeclared(id, scheme, declared));
      } else {
        const refused = await configure(id, factory, configuration);
        const counted = new CountedFactory(factory);
        if (refused === undefined) working.push(counted);
        schemes.set(scheme, refused ?? { factory: counted, plugin: id, generation: token });
      }
    }
    for (const scheme of declared ?? []) {
      if (!schemes.has(scheme)) schemes.set(scheme, notExported(id, scheme));
    }
    const activation = new Activation(schemes, working, options.leave);
    const [first] = activation.errors;
    if (first === undefined || [...schemes.values()].some((found) => !(found instanceof PluginError))) {
      return activation;
    }
    await Promise.allSettled(working.map((factory) => factory.close()));
    throw first;
  }

  get errors(): readonly PluginError[] {
    return [...this.schemes.values()].filter((found) => found instanceof PluginError);
  }

  /** Tokens of what its factories made. */
  get generations(): readonly object[] {
    return [...this.schemes.values()].flatMap((found) =>
      found instanceof PluginError ? [] : [found.generation],
    );
  }

  /** Closes each factory once the last file system that it made is closed, and then lets go of the code. */
  async retire(): Promise<void> {
    await Promise.all(this.#factories.map((factory) => factory.idle()));
    await this.close();
  }

  /** Closes the factories now. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const results = await Promise.allSettled(this.#factories.map((factory) => factory.close()));
    await this.#leave();
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}

async function configure(
  id: string,
  factory: FileSystemFactory,
  configuration: Configuration,
): Promise<PluginError | undefined> {
  try {
    await factory.configure?.(configuration);
    return undefined;
  } catch (cause) {
    // From a plugin's worker it comes whole.
    if (cause instanceof PluginError && cause.id === id) return cause;
    return failure(
      id,
      "configure",
      `${factory.scheme}:// refused its configuration: ${errorMessage(cause)}`,
      { cause },
    );
  }
}

function undeclared(id: string, scheme: string, declared: readonly string[]): PluginError {
  return failure(
    id,
    "export",
    `it exports ${scheme}://, but its manifest declares ${declared.join(", ") || "no scheme"}`,
    {
      hint: `Add "${scheme}" to plugfs.schemes in its package.json`,
    },
  );
}

function notExported(id: string, scheme: string): PluginError {
  return failure(id, "export", `its manifest declares ${scheme}://, but it exports no factory for it`, {
    hint: `Export the factory, or take "${scheme}" out of plugfs.schemes in its package.json`,
  });
}
