/** What a bundle says about where its code came from, in words that are the same on every machine. */
import type { Origin } from "./origins.ts";
import { type Shift, shiftColumns } from "./shift-columns.ts";

/**
 * The code with its modules named by origin. esbuild heads each with its path: in a comment, or as the name of the wrapper's
 * function, which stands first on its line.
 */
export function portableCode(
  code: string,
  origins: ReadonlyMap<string, Origin>,
): { code: string; shifts: Shift[] } {
  const heads = new Map<string, string>();
  for (const [input, { label }] of origins) {
    heads.set(`// ${input}`, `// ${label}`);
    heads.set(JSON.stringify(input), JSON.stringify(label));
  }
  const shifts: Shift[] = [];
  const lines = code.split("\n").map((text, line) => {
    const [, indent = "", head = ""] = /^( *)(\/\/ .+$|"(?:[^"\\]|\\.)+"(?=\())/.exec(text) ?? [];
    const portable = heads.get(head);
    if (portable === undefined) return text;
    shifts.push({ line, beyond: indent.length, by: portable.length - head.length });
    return indent + portable + text.slice(indent.length + head.length);
  });
  return { code: lines.join("\n"), shifts };
}

/** The map with the sources named by origin; their text is inside, since the folder ships without them. */
export function portableMap(
  text: string,
  input: (source: string) => string,
  origins: ReadonlyMap<string, Origin>,
  shifts: readonly Shift[],
): string {
  const map = JSON.parse(text) as { sources: string[]; mappings: string };
  map.sources = map.sources.map((source) => {
    const origin = origins.get(input(source));
    if (origin === undefined) throw new Error(`the source map names ${source}, which is no input`);
    return origin.label;
  });
  map.mappings = shiftColumns(map.mappings, shifts);
  return `${JSON.stringify(map)}\n`;
}

/** The comments marked as legal (`@license`, `@preserve`, `/*!`) by file, with the files named by origin. */
export function legalComments(legal: string, origins: ReadonlyMap<string, Origin>): string {
  if (legal === "") return "";
  const lines = legal.split("\n").map((line) => {
    const origin = origins.get(line.replace(/:$/, ""));
    return origin === undefined ? line : `${origin.label}:`;
  });
  return `\n${"=".repeat(80)}\n\n${lines.join("\n").trimEnd()}\n`;
}
