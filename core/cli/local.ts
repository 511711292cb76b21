import { UsageError } from "./exit.ts";

/** An operand that is a local path, whatever `fs.default-scheme` says. */
export function local(operand: string): string {
  if (operand === "-" || /^file:/i.test(operand)) return operand;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(operand)) {
    throw new UsageError(`${operand} is not a local path; plugfs cp copies between any two schemes.`);
  }
  return `file:${operand.replace(/^\/+/, "/")}`;
}
