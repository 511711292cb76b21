import type { Dirent } from "node:fs";
import picomatch from "picomatch";
import { errorCode } from "../../errors/errors.ts";
import type { Path } from "../path.ts";
import { type Entry, entriesOf } from "./directory.ts";
import { UriDirent } from "./entries.ts";
import { kindAt, type Place, type Places, shown, type UriPath } from "./places.ts";

/** Options of Node's `glob`; `exclude` is asked of names, with `withFileTypes` of `Dirent`s. */
export interface GlobOptions<Entry extends string | Dirent = string | Dirent> {
  /** What relative patterns are relative to. Default: the working directory, or `fs.default-scheme`. */
  readonly cwd?: UriPath | undefined;
  /** Leaves out what it is true of, and for a folder all below it; or patterns of such. */
  readonly exclude?: ((entry: Entry) => boolean) | readonly string[] | undefined;
  readonly withFileTypes?: boolean | undefined;
}

/** A pattern, from the folder where its first wildcard is looked for. */
interface Search {
  readonly base: Place;
  /** How matches begin: `dir/`, `/abs/dir/`, `oss://bucket/`, or nothing. */
  readonly prefix: string;
  /** The pattern from there on; `""` for one without wildcards. */
  readonly pattern: string;
  /** Levels that it reaches down; Infinity with `**`. */
  readonly depth: number;
}

const HAS_ROOT = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*\/?|\/)/;
const OPTIONS = { nonegate: true, strictSlashes: true };

/**
 * Node's `glob`: `*`, `?`, `[a-z]`, `{a,b}`, `**`; hidden files only where the pattern names the dot; links not followed
 * by `**`. Of a whole subtree one recursive listing, else one listing for each folder that can hold a match.
 */
export async function* glob(
  places: Places,
  patterns: string | readonly string[],
  options: GlobOptions,
): AsyncGenerator<string | UriDirent> {
  const seen = new Set<string>();
  const excluded = exclusion(options);
  for (const pattern of typeof patterns === "string" ? [patterns] : patterns) {
    const search = await searchOf(places, pattern, options.cwd ?? ".");
    for await (const { name, entry } of matches(search, excluded)) {
      if (seen.has(name)) continue;
      seen.add(name);
      yield options.withFileTypes === true ? entry : name;
    }
  }
}

interface Match {
  readonly name: string;
  readonly entry: UriDirent;
}

async function* matches(search: Search, excluded: Excluded): AsyncGenerator<Match> {
  const { base, prefix, pattern, depth } = search;
  if (pattern === "") {
    const kind = await kindAt(base);
    const name = prefix.length > 1 ? prefix.replace(/\/$/, "") : prefix;
    const entry = new UriDirent(kind ?? "file", base.path.name, shown(base.path.parent ?? base.path));
    if (kind !== undefined && !excluded(name, entry)) yield { name, entry };
    return;
  }
  const test = picomatch(pattern, OPTIONS);
  const levels =
    depth === Number.POSITIVE_INFINITY ? [] : pattern.split("/").map((p) => picomatch(p, OPTIONS));
  for await (const { name, dirent } of reached(base, levels)) {
    const whole = prefix + name;
    if (isExcluded(whole, name.length, dirent, excluded)) continue;
    if (test(name)) yield { name: whole, entry: dirent };
  }
}

/** What may match: the whole subtree, or level by level the folders whose names do. */
async function* reached(
  base: Place,
  levels: readonly picomatch.Matcher[],
  above = "",
): AsyncGenerator<Entry> {
  try {
    for await (const entry of entriesOf(base, { recursive: levels.length === 0 })) {
      const name = above + entry.name;
      const matcher = levels[0];
      if (matcher !== undefined && !matcher(entry.name)) continue;
      if (levels.length < 2) yield { ...entry, name };
      else if (entry.dirent.isDirectory() || entry.dirent.isSymbolicLink()) {
        yield* reached({ ...base, path: entry.path }, levels.slice(1), `${name}/`);
      }
    }
  } catch (error) {
    // No folder, no match.
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") throw error;
  }
}

async function searchOf(places: Places, pattern: string, cwd: UriPath): Promise<Search> {
  const root = HAS_ROOT.exec(pattern)?.[0] ?? "";
  const segments = pattern.slice(root.length).split("/");
  const literal: string[] = [];
  while (segments[0] !== undefined && !picomatch.scan(segments[0]).isGlob)
    literal.push(unescaped(segments.shift()));
  const start = root === "" ? places.resolve(cwd) : places.resolve(root);
  const base = literal.filter((name) => name !== "" && name !== ".").reduce(down, start);
  const rest = segments.join("/");
  const spans = segments.includes("**") || /\{[^}]*\//.test(rest) || rest.includes("(");
  const opened = root !== "" && !root.endsWith("/") && literal.length > 0 ? `${root}/` : root;
  return {
    base: await places.at(base),
    prefix: opened + literal.map((name) => `${name}/`).join(""),
    pattern: rest,
    depth: spans ? Number.POSITIVE_INFINITY : segments.length,
  };
}

function down(folder: Path, name: string): Path {
  return name === ".." && folder.scheme === "file" ? (folder.parent ?? folder) : folder.child(name);
}

function unescaped(name = ""): string {
  return name.replace(/\\(.)/gs, "$1");
}

type Excluded = (name: string, entry: UriDirent) => boolean;

function exclusion({ exclude, withFileTypes = false }: GlobOptions): Excluded {
  if (exclude === undefined) return () => false;
  if (typeof exclude === "function") return (name, entry) => exclude(withFileTypes ? entry : name);
  const tests = exclude.map((pattern) => picomatch(pattern, { ...OPTIONS, dot: true }));
  return (name) => tests.some((test) => test(name));
}

/** Whether an entry or one of the folders above it, below the search's base, is excluded. */
function isExcluded(whole: string, below: number, entry: UriDirent, excluded: Excluded): boolean {
  for (
    let slash = whole.indexOf("/", whole.length - below);
    slash >= 0;
    slash = whole.indexOf("/", slash + 1)
  ) {
    const above = whole.slice(0, slash);
    const parent = above.slice(0, Math.max(0, above.lastIndexOf("/")));
    if (excluded(above, new UriDirent("directory", above.slice(above.lastIndexOf("/") + 1), parent)))
      return true;
  }
  return excluded(whole, entry);
}
