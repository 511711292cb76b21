import { errorCode, errorMessage } from "../errors/errors.ts";
import { original } from "./original.ts";
import { printable } from "./printable.ts";

/** What to do about an error whose own message does not say. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "Check the credentials or the permissions",
  EBUSY: "Try again later",
  ECONNREFUSED: "Check the endpoint: plugfs conf shows it",
  ECONNRESET: "Try again",
  EEXIST: "Remove it first, or choose another name",
  EFBIG: "Write it elsewhere, or raise the limit (ulimit -f)",
  EISDIR: "Name a file, or use -r where the command has it",
  EMFILE: "Raise the limit of open files (ulimit -n), or use a smaller --parallel",
  ENODEV: "Check the bucket's name and the endpoint: plugfs conf shows it",
  ENOENT: "Check the path: plugfs ls shows what is there",
  ENOSPC: "Free some space and run the command again",
  ENOTDIR: "Name a folder",
  ENOTEMPTY: "Use -r to remove what is in it",
  ENOTFOUND: "Check the endpoint: plugfs conf shows it",
  ESTALE: "Run the command again",
  ETIMEDOUT: "Check the network and the endpoint, or try again",
};

/** Names of the contract's operations, as the commands and Node have them. */
const OPERATIONS: Readonly<Record<string, string>> = {
  createFileSystem: "open",
  getFileStatus: "stat",
  listStatus: "list",
  mkdirs: "mkdir",
};

/** One line: the code, what is wrong, what to do. */
export function describeError(thrown: unknown): string {
  const error = original(thrown);
  const code = errorCode(error);
  const message = inWordsOfTheCommand(firstSentence(withOwnHint(error)));
  const coded = code === undefined || message.startsWith(code) ? message : `${code}: ${message}`;
  const advice = hasHint(error, coded) || code === undefined ? undefined : ADVICE[code];
  return printable(advice === undefined ? coded : `${coded.replace(/\.$/, "")}. ${advice}`);
}

/** What a host would do about a disabled plugin, the user of the command does by a command. */
function withOwnHint(error: unknown): string {
  const message = errorMessage(error);
  if (errorCode(error) !== "ERR_PLUGIN_DISABLED") return message;
  const { id } = error as { readonly id?: string };
  return message.replace(/(?<=is disabled)\. .*$/s, `. plugfs plugins enable ${id} switches it on`);
}

/** `stat '/home/me/x'`, where the contract says `getFileStatus 'file:///home/me/x'`. */
function inWordsOfTheCommand(message: string): string {
  return message
    .replace(/, (\w+) '/, (found, operation) =>
      Object.hasOwn(OPERATIONS, operation) ? `, ${OPERATIONS[operation]} '` : found,
    )
    .replaceAll("'file:///", "'/");
}

/** What follows the first line of a message from elsewhere is a stack or a quotation. */
function firstSentence(message: string): string {
  return message.trim().replaceAll(/\s*\n\s*/g, " ");
}

/** Errors of plugfs end with a hint after ". ". */
function hasHint(error: unknown, text: string): boolean {
  const { hint } = (error as { options?: { hint?: unknown } } | null)?.options ?? {};
  return hint !== undefined || /\. [A-Z][^.]*[^.]$/.test(text);
}
