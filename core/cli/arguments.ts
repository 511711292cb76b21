import { parseArgs } from "node:util";
import type { CommandArguments, OptionDeclaration, OptionDeclarations } from "./command.ts";
import { UsageError } from "./exit.ts";
import { didYouMean } from "./suggest.ts";

/** The first words of a command line that are no option, and the rest with them taken out. */
export interface Split {
  readonly words: readonly string[];
  /** The arguments without the first `count` words. */
  without(count: number): string[];
}

/** `options`: those that may stand before the command's name. */
export function splitWords(args: readonly string[], options: OptionDeclarations): Split {
  const { tokens } = scan(args, options);
  const positionals = tokens.filter((token) => token.kind === "positional");
  return {
    words: positionals.map((token) => token.value),
    without(count) {
      const taken = new Set(positionals.slice(0, count).map((token) => token.index));
      return args.filter((_, index) => !taken.has(index));
    },
  };
}

/**
 * Reads options and operands by POSIX and GNU habits: `-r`, `-rn5`, `--name=value`, `--name value`, `--`. Throws
 * `UsageError` naming the option, with the nearest known name.
 */
export function parseArguments<O extends OptionDeclarations>(
  args: readonly string[],
  options: O,
): CommandArguments<O> {
  const { tokens, values, positionals } = scan(args, options);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const declared = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (declared === undefined) throw unknownOption(token.name, token.rawName, options);
    checkValue(token.rawName, declared, token);
  }
  return { options: values as CommandArguments<O>["options"], operands: positionals };
}

/** Not strict: `util.parseArgs` then accepts everything, and what is wrong is said in our words. */
function scan(args: readonly string[], options: OptionDeclarations) {
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short, multiple = false }]) => [
        name,
        { type, multiple, ...(short === undefined ? {} : { short }) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
}

function unknownOption(name: string, rawName: string, options: OptionDeclarations): UsageError {
  const short = !rawName.startsWith("--");
  const hint = short
    ? ""
    : didYouMean(
        rawName,
        Object.keys(options).map((known) => `--${known}`),
      );
  return new UsageError(`unknown option ${short ? `-${name}` : rawName}.${hint}`);
}

function checkValue(
  rawName: string,
  declared: OptionDeclaration,
  { value, inlineValue }: { value?: string | undefined; inlineValue?: boolean | undefined },
): void {
  if (declared.type === "boolean") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    return;
  }
  const what = declared.value ?? "a value";
  if (value === undefined) throw new UsageError(`${rawName} needs ${what}.`);
  if (inlineValue === false && value.length > 1 && value.startsWith("-")) {
    throw new UsageError(`${rawName} needs ${what}, and ${value} looks like an option.`);
  }
}
