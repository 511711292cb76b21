import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit.ts";

export interface OptionDeclaration {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** What stands for the value in help: `AGE`. */
  readonly value?: string;
  readonly doc: string;
}
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

/** What the declared options become: `undefined` where one was not given. */
export type OptionValues<O extends OptionDeclarations> = {
  readonly [K in keyof O]: O[K] extends { readonly type: "boolean" }
    ? boolean | undefined
    : O[K] extends { readonly multiple: true }
      ? readonly string[] | undefined
      : string | undefined;
};

export interface CommandArguments<O extends OptionDeclarations = OptionDeclarations> {
  readonly options: OptionValues<O>;
  /** As many as the command declares: `operands.length` is checked before `run`. */
  readonly operands: readonly string[];
}

/** One command of `plugfs`: what help shows of it, what it takes, and what it does. */
export interface Command<O extends OptionDeclarations = OptionDeclarations> {
  /** What follows the name: `[-r] SOURCE... TARGET`. */
  readonly usage: string;
  /** A paragraph for help, beyond the summary. */
  readonly description?: string;
  readonly options: O;
  /** How many operands it takes. */
  readonly operands: { readonly min: number; readonly max: number };
  /** Command line and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Resolves to the exit code where it is not 0; a failure that was reported makes it 1 anyway. */
  run(context: CommandContext, args: CommandArguments<O>): Promise<ExitCode | undefined>;
}

/** Gives `run` the types of the declared options. */
export function defineCommand<const O extends OptionDeclarations>(command: Command<O>): Command {
  return command as unknown as Command;
}

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  define: {
    type: "string",
    short: "D",
    multiple: true,
    value: "KEY=VALUE",
    doc: "Set a configuration key; lies over the file",
  },
  home: {
    type: "string",
    value: "DIR",
    doc: "The folder with conf/ and plugins/ (default: $PLUGFS_HOME, else the nearest one upwards)",
  },
  json: { type: "boolean", doc: "Print one JSON object a line" },
  help: { type: "boolean", short: "h", doc: "Show help" },
} as const satisfies OptionDeclarations;
