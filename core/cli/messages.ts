import type { Logger } from "../fs/contract.ts";
import { describeError } from "./advice.ts";
import { type Colors, colorsFor } from "./colors.ts";
import { LastLine } from "./last-line.ts";
import type { OutputStream } from "./output.ts";
import { printable } from "./printable.ts";

/** What goes to stderr, beside the result: warnings and failures, one line each. */
export class Messages {
  readonly stream: OutputStream;
  readonly colors: Colors;
  readonly lastLine = new LastLine();
  /** `plugfs cp`. */
  subject = "plugfs";
  /** Failures that were reported. */
  failures = 0;
  /** Names that listings had to leave out, because no path can hold them. */
  leftOut = 0;

  constructor(stream: OutputStream, environment: Readonly<Record<string, string | undefined>>) {
    this.stream = stream;
    this.colors = colorsFor(stream, environment);
  }

  /** Something failed, and the command goes on with the rest; its exit code will be 1. */
  failure(error: unknown, next = ""): void {
    this.failures++;
    const text = describeError(error);
    const end = next === "" ? "" : `${/[.?!]$/.test(text) ? "" : "."} ${next}`;
    this.note(`${this.colors.red(`${this.subject}:`)} ${text}${end}`);
  }

  warning(text: string): void {
    this.note(`${this.colors.yellow(`${this.subject}: warning:`)} ${printable(text)}`);
  }

  note(text: string): void {
    this.lastLine.above(() => this.stream.write(`${text}\n`));
  }

  /** For the environment. `isExpected` keeps away what the user of the command knows. */
  logger(isExpected: (message: string) => boolean): Logger {
    const warn = (fields: object, message: string) => {
      const { count, path, example } = fields as { count?: unknown; path?: unknown; example?: unknown };
      if (typeof count === "number" && typeof path === "string") this.leftOut += count;
      if (isExpected(message)) return;
      this.warning(typeof example === "string" ? `${message}; one of them is "${example}"` : message);
    };
    return { debug() {}, info() {}, warn, error: warn };
  }
}
