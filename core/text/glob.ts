import { JobError } from "../errors/errors.ts";

/** What a `*` and a `?` stand for: names do not reach over a folder's edge. */
const ANY = "[^/]*";
const ONE = "[^/]";

/**
 * A test of a path relative to the folder that is read. `*` and `?` stay within a name, `**` as a whole segment spans
 * folders, `[a-z]`, `[!a-z]` and `{a,b}` as in a shell; `\` takes the next character as it is. Case counts.
 */
export function globMatcher(pattern: string): (relativePath: string) => boolean {
  let source: string;
  try {
    source = new Translator(pattern).translate();
    const expression = new RegExp(`^${source}$`, "su");
    return (path) => expression.test(path);
  } catch (cause) {
    throw new JobError({ code: "ERR_JOB_INPUT", message: `the glob "${pattern}" cannot be read`, cause });
  }
}

/** Whether a pattern can match below the folder's own files. */
export function globIsNested(pattern: string): boolean {
  return pattern.includes("/") || pattern.includes("**");
}

class Translator {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  translate(): string {
    if (this.#pattern === "") throw new SyntaxError("it is empty");
    let source = "";
    while (this.#at < this.#pattern.length) source += this.#next();
    if (this.#depth > 0) throw new SyntaxError('a "{" is not closed');
    return source;
  }

  #next(): string {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
    const start = this.#at;
    this.#at += character.length;
    if (character === "*") return this.#star(start);
    if (character === "?") return ONE;
    if (character === "[") return this.#characters();
    if (character === "\\") return this.#escaped();
    if (character === "{") {
      this.#depth += 1;
      return "(?:";
    }
    if (character === "}" && this.#depth > 0) {
      this.#depth -= 1;
      return ")";
    }
    return character === "," && this.#depth > 0 ? "|" : literal(character);
  }

  #star(start: number): string {
    const pattern = this.#pattern;
    if (pattern[start + 1] !== "*") return ANY;
    while (pattern[this.#at] === "*") this.#at += 1;
    const opens = start === 0 || "/{,".includes(pattern[start - 1] as string);
    if (opens && pattern[this.#at] === "/") {
      this.#at += 1;
      return "(?:[^/]+/)*";
    }
    return opens && this.#at === pattern.length ? ".*" : ANY;
  }

  #characters(): string {
    const end = this.#pattern.indexOf("]", this.#at + (/^!?\]/.test(this.#pattern.slice(this.#at)) ? 2 : 0));
    if (end < 0) return "\\[";
    const inside = this.#pattern.slice(this.#at, end);
    this.#at = end + 1;
    const negated = inside.startsWith("!") || inside.startsWith("^");
    const set = (negated ? inside.slice(1) : inside).replace(/[\\\]^]/g, "\\$&");
    return `(?!/)[${negated ? "^" : ""}${set}]`;
  }

  #escaped(): string {
    const next = this.#pattern.codePointAt(this.#at);
    if (next === undefined) throw new SyntaxError('it ends with "\\"');
    const character = String.fromCodePoint(next);
    this.#at += character.length;
    return literal(character);
  }
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}
