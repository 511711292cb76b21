import { resolve } from "node:path";
import { Configuration } from "../config/configuration.ts";
import { parseArguments, splitWords } from "./arguments.ts";
import { type Command, GLOBAL_OPTIONS, type OptionValues } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import type { Terminal } from "./confirm.ts";
import { CommandContext } from "./context.ts";
import { EXIT, type ExitCode, Interruption, UsageError } from "./exit.ts";
import { chooseHome } from "./home.ts";
import { Messages } from "./messages.ts";
import { Output, type OutputStream } from "./output.ts";
import { didYouMean } from "./suggest.ts";

/** The world around the command. */
export interface World {
  readonly stdin: Terminal["input"];
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: NodeJS.ProcessEnv;
  /** Its reason is an `Interruption`. */
  readonly signal: AbortSignal;
}

/** Runs one command line. Never rejects: what goes wrong is one line on stderr and an exit code. */
export async function run(args: readonly string[], world: World): Promise<ExitCode> {
  const messages = new Messages(world.stderr, world.environment);
  try {
    const code = await dispatch(args, world, messages);
    return code === EXIT.ok && messages.failures > 0 ? EXIT.failed : code;
  } catch (error) {
    const reason = world.signal.aborted ? world.signal.reason : error;
    if (reason instanceof Interruption) return reason.exitCode;
    const isUsage = error instanceof UsageError;
    const help = messages.subject.replace(/^plugfs/, "plugfs help");
    messages.failure(error, isUsage ? `See ${help}` : "");
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

async function dispatch(args: readonly string[], world: World, messages: Messages): Promise<ExitCode> {
  const split = splitWords(args, { ...GLOBAL_OPTIONS, ...VERSION });
  const { words } = split;
  const json = args.includes("--json");
  const output = new Output(world.stdout, {
    json,
    environment: world.environment,
    lastLine: messages.lastLine,
  });

  const show = async (lines: readonly string[]) => {
    await output.lines(lines);
    await output.flush();
    return EXIT.ok;
  };
  if (words.length === 0) {
    const { options } = parseArguments(args, { ...GLOBAL_OPTIONS, ...VERSION });
    const { overview } = await import("./help.ts");
    if (options.version) return show([(await import("./version.ts")).version()]);
    if (options.help) return show(overview(output.colors, world.stdout.columns));
    for (const line of overview(messages.colors, world.stderr.columns)) messages.note(line);
    return EXIT.usage;
  }
  if (words[0] === "help") return show(await helpFor(words.slice(1), output, world.stdout.columns));

  const entry = find(words);
  messages.subject = `plugfs ${entry.name}`;
  const { command } = await entry.load();
  const rest = split.without(entry.name.split(" ").length);
  const { options, operands } = parseArguments(rest, { ...command.options, ...GLOBAL_OPTIONS });
  if (options.help) return show(await helpFor(entry.name.split(" "), output, world.stdout.columns));
  checkOperands(operands, command);

  const home = options.home === undefined ? undefined : resolve(options.home as string);
  if (home === undefined && !world.environment.PLUGFS_HOME) {
    // The environment looks here where no home is given, after $FLINK_PLUGINS_DIR and $FLINK_CONF_DIR.
    world.environment.PLUGFS_HOME = chooseHome(process.cwd(), (message) => messages.warning(message));
  }
  await using context = new CommandContext({
    output,
    messages,
    terminal: { input: world.stdin, output: messages.stream },
    signal: world.signal,
    environmentVariables: world.environment,
    home,
    definitions: definitions(options.define as OptionValues<typeof GLOBAL_OPTIONS>["define"]),
  });
  const code = await command.run(context, { options, operands });
  await output.flush();
  return code ?? EXIT.ok;
}

const VERSION = { version: { type: "boolean", short: "V", doc: "Show the version" } } as const;

async function helpFor(
  words: readonly string[],
  { colors }: Output,
  columns: number | undefined,
): Promise<string[]> {
  const { commandHelp, group, overview } = await import("./help.ts");
  const [first] = words;
  if (first === undefined) return overview(colors, columns);
  const entries = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (entries.length > 0 && words.length === 1) return group(entries, colors, columns);
  const entry = find(words);
  return commandHelp(entry, (await entry.load()).command, colors, columns);
}

/** The command that the words begin with. Throws `UsageError` with the nearest name. */
function find(words: readonly string[]): CommandEntry {
  const [first = "", second] = words;
  const entry =
    COMMANDS.find(({ name }) => name === `${first} ${second}`) ?? COMMANDS.find(({ name }) => name === first);
  if (entry !== undefined) return entry;
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (group.length === 0) {
    const names = new Set(COMMANDS.flatMap(({ name }) => [name, name.split(" ")[0] ?? ""]));
    throw new UsageError(`there is no command ${first}.${didYouMean(first, names)}`);
  }
  const verbs = group.map((name) => name.slice(first.length + 1));
  throw new UsageError(
    second === undefined
      ? `${first} needs one of: ${verbs.join(", ")}.`
      : `there is no command ${first} ${second}.${didYouMean(second, verbs)}`,
  );
}

function checkOperands(operands: readonly string[], { operands: { min, max }, usage }: Command): void {
  if (operands.length < min) throw new UsageError(`too few operands; it takes ${usage}`);
  if (operands.length > max)
    throw new UsageError(`"${operands[max]}" is too much; it takes ${usage || "nothing"}`);
  if (operands.includes("")) throw new UsageError("an operand is empty.");
}

/** `-D key=value` as a configuration of its own. */
function definitions(given: readonly string[] | undefined): Configuration | undefined {
  if (given === undefined) return undefined;
  const record: Record<string, string> = {};
  for (const definition of given) {
    const equals = definition.indexOf("=");
    // The value may be a secret, and is not repeated.
    if (equals <= 0) throw new UsageError("-D needs KEY=VALUE.");
    record[definition.slice(0, equals)] = definition.slice(equals + 1);
  }
  return Configuration.of(record, "-D");
}
