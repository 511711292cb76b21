import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

const SOURCES = new Set([".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx"]);
const MOST_FILES = 500;

interface Parser {
  transform(source: string, options: object): Promise<unknown>;
}
interface ParseFailure {
  errors?: readonly { text: string; location?: { line: number; column: number } | null }[];
}

/**
 * `file:line:column` of a SyntaxError, which Node leaves out for ES modules: the plugin's own files are parsed again
 * by esbuild and the first that fails is named. Undefined when none does.
 */
export async function syntaxErrorLocation(home: string, error: SyntaxError): Promise<string | undefined> {
  // "… does not provide an export named …" is no error of parsing, and its message names both modules.
  if (error.message.includes("does not provide an export")) return undefined;
  const parser = loadParser();
  if (parser === undefined) return undefined;
  for (const file of await sources(home)) {
    const source = await readFile(file, "utf8").catch(() => "");
    const loader = extname(file) === ".tsx" ? "tsx" : /\.[mc]?ts$/.test(file) ? "ts" : "js";
    try {
      await parser.transform(source, { loader, logLevel: "silent" });
    } catch (thrown) {
      const [first] = (thrown as ParseFailure).errors ?? [];
      if (first?.location) return `${file}:${first.location.line}:${first.location.column + 1}`;
    }
  }
  return undefined;
}

function loadParser(): Parser | undefined {
  try {
    return createRequire(import.meta.url)("esbuild") as Parser;
  } catch {
    return undefined;
  }
}

/** The plugin's own first, then those of its packages; never more than a bounded number. */
async function sources(home: string): Promise<string[]> {
  const own: string[] = [];
  const shipped: string[] = [];
  const walk = async (directory: string, found: string[]): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= MOST_FILES) return;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) await walk(path, entry.name === "node_modules" ? shipped : found);
      else if (SOURCES.has(extname(entry.name))) found.push(path);
    }
  };
  await walk(home, own);
  return [...own, ...shipped];
}
