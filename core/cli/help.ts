import stringWidth from "string-width";
import type { Colors } from "./colors.ts";
import { type Command, GLOBAL_OPTIONS, type OptionDeclarations } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { table } from "./printable.ts";

/** Columns that help is written in, unless the terminal has fewer. */
const COLUMNS = 100;

/** `plugfs help`: every command with its summary. */
export function overview(colors: Colors, columns = COLUMNS): string[] {
  const rows = COMMANDS.map(({ name, summary }) => [`  ${colors.bold(name)}`, summary]);
  return [
    ...wrapped("plugfs: files of every scheme that a plugin brings, from the command line", columns),
    "",
    `${colors.bold("Usage:")} plugfs COMMAND [options] [operands]`,
    "",
    ...aligned(rows, columns),
    "",
    ...wrapped(
      "A path is a URI such as oss://bucket/key, or a local path. * ? [] {} ** in the path of a URI are patterns.",
      columns,
    ),
    "",
    colors.bold("Options of every command:"),
    ...optionLines(GLOBAL_OPTIONS, colors, columns),
    "",
    "plugfs help COMMAND shows a command with examples.",
  ];
}

/** `plugfs help plugins`: the commands that begin with a word. */
export function group(entries: readonly CommandEntry[], colors: Colors, columns = COLUMNS): string[] {
  const rows = entries.map(({ name, summary }) => [`  ${colors.bold(`plugfs ${name}`)}`, summary]);
  return aligned(rows, columns);
}

/** `plugfs help cp` and `plugfs cp --help`. */
export function commandHelp(
  { name, summary }: CommandEntry,
  command: Command,
  colors: Colors,
  columns = COLUMNS,
): string[] {
  const lines = [
    `${colors.bold("Usage:")} ${`plugfs ${name} ${command.usage}`.trim()}`,
    "",
    ...wrapped(`${summary}.`, columns),
    ...(command.description === undefined ? [] : ["", ...wrapped(command.description, columns)]),
  ];
  if (Object.keys(command.options).length > 0) {
    lines.push("", colors.bold("Options:"), ...optionLines(command.options, colors, columns));
  }
  lines.push("", colors.bold("Options of every command:"), ...optionLines(GLOBAL_OPTIONS, colors, columns));
  lines.push("", colors.bold("Examples:"));
  for (const [line, what] of command.examples) lines.push(`  ${colors.dim(`# ${what}`)}`, `  $ ${line}`);
  return lines;
}

function wrapped(text: string, columns: number): string[] {
  const width = Math.max(20, Math.min(columns, COLUMNS));
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

function optionLines(options: OptionDeclarations, colors: Colors, columns: number): string[] {
  const rows = Object.entries(options).map(([name, { short, value, doc }]) => {
    const long = `--${name}${value === undefined ? "" : ` ${value}`}`;
    return [`  ${short === undefined ? "    " : `-${short}, `}${colors.bold(long)}`, doc];
  });
  return aligned(rows, columns);
}

/** Names, and beside them what is said of each, wrapped in a column of its own. */
function aligned(rows: readonly (readonly string[])[], columns: number): string[] {
  const widest = Math.max(...rows.map(([name = ""]) => stringWidth(name)));
  return table(
    rows.flatMap(([name = "", doc = ""]) =>
      wrapped(doc, columns - widest - 2).map((line, i) => [i === 0 ? name : "", line]),
    ),
  );
}
