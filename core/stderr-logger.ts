import type { Logger } from "./fs/contract.ts";

/** The default logger: warnings and errors to stderr, one line each. */
export const stderrLogger: Logger = {
  debug() {},
  info() {},
  warn: (_fields, message) => write("warning", message),
  error: (_fields, message) => write("error", message),
};

function write(level: string, message: string): void {
  process.stderr.write(`plugfs ${level}: ${message}\n`);
}
