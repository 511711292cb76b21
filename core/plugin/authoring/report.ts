/** What checking a plugin finds. An error means that it will not work for somebody else, a warning that it might not. */
export interface Finding {
  readonly level: "error" | "warning" | "note";
  readonly message: string;
  /** A JSON path of the manifest, or `file:line:column` in the plugin's folder. */
  readonly place?: string;
  /** What to do. */
  readonly hint?: string;
}

export type Area = "manifest" | "isolation" | "size" | "licences" | "exports" | "contract";

/** One area that was checked. */
export interface Section {
  readonly area: Area;
  /** What was found where nothing is wrong. */
  readonly summary: string;
  readonly findings: readonly Finding[];
}

export interface Report {
  readonly id: string;
  readonly directory: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Whether there is no error. */
  readonly ok: boolean;
  readonly sections: readonly Section[];
}

export function error(message: string, more: Omit<Finding, "level" | "message"> = {}): Finding {
  return { level: "error", message, ...more };
}

export function warning(message: string, more: Omit<Finding, "level" | "message"> = {}): Finding {
  return { level: "warning", message, ...more };
}

export function note(message: string, more: Omit<Finding, "level" | "message"> = {}): Finding {
  return { level: "note", message, ...more };
}

/** `1 file`, `3 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What a crashed child process said last, as far as one line tells it. */
export function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !/^(at |Node\.js v|[\^~}{\]]+$)/.test(line));
  const last = said.findLast((line) => /\w*Error\b.*: /.test(line)) ?? said.at(-1);
  return last === undefined ? "" : `: ${last}`;
}
