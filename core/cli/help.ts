import type { Colors } from "./colors.ts";
import { type Command, GLOBAL_OPTIONS, type OptionDeclarations } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { table } from "./printable.ts";

/** `plugfs help`: every command with its summary. */
export function overview(colors: Colors): string[] {
  const rows = COMMANDS.map(({ name, summary }) => [`  ${colors.bold(name)}`, summary]);
  return [
    "plugfs: files of every scheme that a plugin brings, from the command line",
    "",
    `${colors.bold("Usage:")} plugfs COMMAND [options] [operands]`,
    "",
    ...table(rows),
    "",
    "A path is a URI such as oss://bucket/key, or a local path. * ? [] {} ** in the path of a URI are patterns.",
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS, colors),
    "",
    "plugfs help COMMAND shows a command with examples.",
  ];
}

/** `plugfs help plugins`: the commands that begin with a word. */
export function group(entries: readonly CommandEntry[], colors: Colors): string[] {
  return table(entries.map(({ name, summary }) => [`  ${colors.bold(`plugfs ${name}`)}`, summary]));
}

/** `plugfs help cp` and `plugfs cp --help`. */
export function commandHelp({ name, summary }: CommandEntry, command: Command, colors: Colors): string[] {
  const lines = [
    `${colors.bold("Usage:")} ${`plugfs ${name} ${command.usage}`.trim()}`,
    "",
    `${summary}.`,
    ...(command.description === undefined ? [] : ["", ...wrapped(command.description)]),
  ];
  if (Object.keys(command.options).length > 0) {
    lines.push("", colors.bold("Options:"), ...optionLines(command.options, colors));
  }
  lines.push("", colors.bold("Options of every command:"), ...optionLines(GLOBAL_OPTIONS, colors));
  lines.push("", colors.bold("Examples:"));
  for (const [line, what] of command.examples) lines.push(`  ${colors.dim(`# ${what}`)}`, `  $ ${line}`);
  return lines;
}

function wrapped(text: string, width = 100): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

function optionLines(options: OptionDeclarations, colors: Colors): string[] {
  return table(
    Object.entries(options).map(([name, { short, value, doc }]) => {
      const long = `--${name}${value === undefined ? "" : ` ${value}`}`;
      return [`  ${short === undefined ? "    " : `-${short}, `}${colors.bold(long)}`, doc];
    }),
  );
}
