import picomatch from "picomatch";
import { errorCode, FileSystemError } from "../errors/errors.ts";
import type { FileStatus, FileSystem } from "../fs/contract.ts";
import { Path } from "../fs/path.ts";
import type { CommandContext, Place } from "./context.ts";

/** Something that an operand names. */
export interface Found extends Place {
  readonly status: FileStatus;
}

const MAGIC = /[*?[\]{}]/;

/**
 * What an operand names: the file or folder of exactly this name, else all that match it as a pattern (`*`, `?`, `[a-z]`,
 * `{a,b}`, `**`), in the contract's order. A leading dot has to be written out, as in a shell. Rejects with `ENOENT`
 * when there is nothing.
 */
export async function* expand(operand: string, { place, signal }: CommandContext): AsyncGenerator<Found> {
  const { path, fileSystem } = await place(operand);
  if (!MAGIC.test(path.key)) {
    yield { path, fileSystem, status: await fileSystem.getFileStatus(path, { signal }) };
    return;
  }
  const exact = await statusIfAny(fileSystem, path, signal);
  if (exact !== undefined) {
    yield { path, fileSystem, status: exact };
    return;
  }
  const segments = path.key.split("/");
  const first = segments.findIndex((segment) => MAGIC.test(segment));
  const base = Path.unsafe(
    path.scheme,
    path.authority,
    segments.slice(0, first).join("/") || (path.scheme === "file" ? "/" : ""),
  );
  let count = 0;
  for await (const status of matches(fileSystem, base, segments.slice(first), signal)) {
    count++;
    yield { path: status.path, fileSystem, status };
  }
  if (count === 0) {
    const hint = "Check the pattern: plugfs ls shows what is there";
    throw new FileSystemError({ code: "ENOENT", path, operation: "find", message: "nothing matches", hint });
  }
}

/** Whether an operand may name several things. */
export function isPattern({ key }: Path): boolean {
  return MAGIC.test(key);
}

async function* matches(
  fileSystem: FileSystem,
  folder: Path,
  segments: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<FileStatus> {
  const [first = "", ...rest] = segments;
  if (!MAGIC.test(first)) {
    const path = folder.child(first);
    if (rest.length > 0) yield* matches(fileSystem, path, rest, signal);
    else {
      const status = await statusIfAny(fileSystem, path, signal);
      if (status !== undefined) yield status;
    }
    return;
  }
  // A brace may hold a slash, and ** any number of them: then the whole rest is one pattern.
  const whole = segments.some((segment) => segment.includes("**") || /[{}]/.test(segment));
  const isMatch = picomatch(whole ? segments.join("/") : first);
  const start = folder.key === "" || folder.key.endsWith("/") ? folder.key.length : folder.key.length + 1;
  for await (const status of listed(fileSystem, folder, whole, signal)) {
    if (!isMatch(status.path.key.slice(start))) continue;
    const isFile = status.kind === "file";
    if (whole ? isFile || segments.at(-1) !== "**" : rest.length === 0) yield status;
    else if (!whole && !isFile) yield* matches(fileSystem, status.path, rest, signal);
  }
}

/** Nothing, where there is no such folder. */
async function* listed(
  fileSystem: FileSystem,
  folder: Path,
  recursive: boolean,
  signal: AbortSignal,
): AsyncGenerator<FileStatus> {
  try {
    for await (const status of fileSystem.listStatus(folder, { recursive, signal })) {
      if (!status.path.equals(folder)) yield status;
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

export async function statusIfAny(
  fileSystem: FileSystem,
  path: Path,
  signal: AbortSignal,
): Promise<FileStatus | undefined> {
  try {
    return await fileSystem.getFileStatus(path, { signal });
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
