import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus } from "../../fs/contract.ts";
import type { CommandContext, Place } from "../context.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { statusIfAny } from "../globs.ts";
import { counted, display, formatBytes } from "../printable.ts";
import { notAFolder, refuseSelf } from "./checks.ts";
import { isUpToDate } from "./copy.ts";
import { each } from "./each.ts";
import { Failures } from "./failures.ts";
import { hasSameContent } from "./same-content.ts";
import { type FileStep, type Step, transfer } from "./transfer.ts";
import { type Pair, sideBySide, withoutFullFolders } from "./trees.ts";

export interface SyncOptions {
  /** Compares contents, not times. */
  readonly checksum: boolean;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Removes what the source does not have, after everything was copied. */
  readonly delete: boolean;
  readonly parallel: number;
  readonly verbose: boolean;
}

/**
 * Makes the target folder hold what the source folder holds. Nothing is removed unless every file was copied; what is to
 * be removed is listed anew then, so that it need not be remembered.
 */
export async function sync(
  sourceOperand: string,
  targetOperand: string,
  options: SyncOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { output, messages, signal } = context;
  const source = await context.place(sourceOperand);
  const target = await context.place(targetOperand);
  const status = await source.fileSystem.getFileStatus(source.path, { signal });
  if (status.kind === "file") throw notAFolder(source.path);
  const targetStatus = await statusIfAny(target.fileSystem, target.path, signal);
  if (targetStatus?.kind === "file") throw notAFolder(target.path);
  await refuseSelf({ ...source, status }, target.path);
  if (source.path.startsWith(target.path)) {
    const hint = "Choose another target";
    const message = "the source is inside the target";
    throw new FileSystemError({
      code: "EINVAL",
      path: source.path,
      dest: target.path,
      operation: "sync",
      message,
      hint,
    });
  }

  const tally = { same: 0, copied: 0, bytes: 0, removed: 0 };
  const steps = outdated(source, target, options, tally, context);
  let failures = 0;
  if (options.dryRun) {
    for await (const step of steps) {
      if (step.kind === "folder") continue;
      tally.copied++;
      tally.bytes += step.status.length;
      await say("copy", step.to, context);
    }
  } else {
    const result = await transfer(steps, { ...options, overwrite: true, arrived: keepTime }, context);
    tally.copied = result.files;
    tally.bytes = result.bytes;
    failures = result.failures;
  }

  const isWhole = failures === 0 && messages.leftOut === 0;
  if (options.delete && isWhole) tally.removed = await removeExtra(source, target, options, context);
  else if (options.delete) messages.warning("nothing was removed, because not everything could be copied");

  if (!output.json) {
    const removed = options.delete ? `, ${counted(tally.removed, "removal")}` : "";
    const copied = `${counted(tally.copied, "file")} ${options.dryRun ? "to copy" : "copied"} (${formatBytes(tally.bytes)})`;
    await output.line(`${copied}, ${tally.same.toLocaleString("en-US")} up to date${removed}.`);
  }
  return isWhole && messages.failures === 0 ? EXIT.ok : EXIT.failed;
}

/** Where times can be set, so that a sync the other way round finds nothing newer. */
async function keepTime({ to, status }: FileStep): Promise<void> {
  const { modificationTime } = status;
  if (modificationTime === 0 || !to.fileSystem.capabilities.has("posix")) return;
  await to.fileSystem.utimes(to.path, Date.now() / 1000, modificationTime / 1000);
}

/** What the target lacks or has otherwise. */
async function* outdated(
  source: Place,
  target: Place,
  options: SyncOptions,
  tally: { same: number },
  context: CommandContext,
): AsyncGenerator<Step> {
  const { signal } = context;
  for await (const { name, source: from, target: to, isClear } of withoutFullFolders(
    sideBySide(source, target, signal),
  )) {
    if (from === undefined) continue;
    const at = { fileSystem: target.fileSystem, path: target.path.child(name) };
    if (from.kind === "directory") {
      if (to === undefined) yield { kind: "folder", at };
      continue;
    }
    const file = { fileSystem: source.fileSystem, path: from.path };
    if (
      to !== undefined &&
      (await isSame({ ...file, status: from }, { ...at, status: to }, options, signal))
    ) {
      tally.same++;
    } else yield { kind: "file", from: file, to: at, status: from, isClear };
  }
}

async function isSame(
  source: Place & { status: FileStatus },
  target: Place & { status: FileStatus },
  { checksum }: SyncOptions,
  signal: AbortSignal,
): Promise<boolean> {
  return checksum ? hasSameContent(source, target, signal) : isUpToDate(source.status, target.status);
}

/** Removes what only the target has; a folder as a whole. Resolves to how many things. */
async function removeExtra(
  source: Place,
  target: Place,
  { parallel, dryRun, verbose }: SyncOptions,
  context: CommandContext,
): Promise<number> {
  const { messages, signal } = context;
  const failures = new Failures(messages, signal);
  let removed = 0;
  await each(extra(sideBySide(source, target, signal)), parallel, (name) =>
    failures.guard(async () => {
      const path = target.path.child(name);
      if (!dryRun) await target.fileSystem.delete(path, { recursive: true, signal });
      removed++;
      if (dryRun || verbose || context.output.json) await say("remove", { ...target, path }, context);
    }),
  );
  return removed;
}

async function* extra(pairs: AsyncIterable<Pair>): AsyncGenerator<string> {
  let folder: string | undefined;
  for await (const { name, source, target } of pairs) {
    if (source !== undefined || target === undefined) continue;
    if (folder !== undefined && name.startsWith(`${folder}/`)) continue;
    if (target.kind === "directory") folder = name;
    yield name;
  }
}

function say(action: "copy" | "remove", { path }: Place, { output }: CommandContext): Promise<void> {
  return output.json ? output.object({ action, target: path }) : output.line(`${action} ${display(path)}`);
}
