import { existsSync } from "node:fs";
import type { Configuration } from "../config/configuration.ts";
import { type Locations, locate } from "../config/locations.ts";
import type { Environment } from "../environment.ts";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { resolvePath } from "../fs/resolve.ts";
import { ask, canAsk, type Terminal } from "./confirm.ts";
import { UsageError } from "./exit.ts";
import type { Messages } from "./messages.ts";
import type { Output } from "./output.ts";

/** A path and the file system that serves it. */
export interface Place {
  readonly path: Path;
  readonly fileSystem: FileSystem;
}

export interface CommandContextOptions {
  readonly output: Output;
  readonly messages: Messages;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly environmentVariables: Readonly<Record<string, string | undefined>>;
  readonly home?: string | undefined;
  readonly definitions?: Configuration | undefined;
}

/** What a command works with. The environment is opened at its first use, and closed after the command. */
export class CommandContext implements AsyncDisposable {
  readonly output: Output;
  readonly messages: Messages;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C and when nobody reads the output any more; goes into every call. */
  readonly signal: AbortSignal;
  readonly locations: Locations;
  readonly #options: CommandContextOptions;
  #environment: Promise<Environment> | undefined;

  constructor(options: CommandContextOptions) {
    this.#options = options;
    this.output = options.output;
    this.messages = options.messages;
    this.terminal = options.terminal;
    this.signal = options.signal;
    this.locations = locate({ home: options.home }, options.environmentVariables, process.cwd());
  }

  /** The methods are functions of their own, so that a command can take apart what it is given. */
  readonly environment = (): Promise<Environment> => {
    this.#environment ??= this.#open();
    return this.#environment;
  };

  /** The file system that serves an operand. */
  readonly place = async (operand: string): Promise<Place> => {
    if (operand === "-") throw new UsageError("- (standard input or output) cannot be used here.");
    const environment = await this.environment();
    const path = resolvePath(operand, environment.configuration);
    return { path, fileSystem: await environment.fileSystem(path) };
  };

  /** Asks; without a terminal it is a usage error, which names the option that answers. */
  readonly confirm = async (question: string): Promise<boolean> => {
    if (!canAsk(this.terminal)) {
      throw new UsageError(`there is no terminal to ask on (${question}): add --yes.`);
    }
    return ask(question, this.terminal, this.signal);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#environment?.catch(() => undefined))?.close();
  }

  async #open(): Promise<Environment> {
    const { Environment } = await import("../environment.ts");
    const { home, definitions } = this.#options;
    // A machine without plugins can still list its own files; a scheme that is missing says where was looked.
    const hasPlugins = existsSync(this.locations.pluginsDir);
    return Environment.open({
      ...(home === undefined ? {} : { home }),
      ...(definitions === undefined ? {} : { configuration: definitions }),
      logger: this.messages.logger((message) => !hasPlugins && message.startsWith("no plugins:")),
    });
  }
}
