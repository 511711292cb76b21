import { FileSystemError } from "../../errors/errors.ts";
import type { FileStatus } from "../../fs/contract.ts";
import type { CommandContext, Place } from "../context.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { expand, type Found, statusIfAny } from "../globs.ts";
import { nameOf, needsRecursive, notAFolder, refuseSelf, refuseTwice } from "./checks.ts";
import { Failures } from "./failures.ts";
import { fromStandardInput, toStandardOutput } from "./standard-streams.ts";
import { type FileStep, type Step, transfer } from "./transfer.ts";
import { besideNothing, type Pair, sideBySide, withoutFullFolders } from "./trees.ts";

export interface CopyOptions {
  /** Folders with all that is in them. */
  readonly recursive: boolean;
  /** Leaves out files that the target has already, of the same length and not older. */
  readonly continues: boolean;
  readonly overwrite: boolean;
  readonly parallel: number;
  readonly verbose: boolean;
  readonly arrived?: (step: FileStep) => Promise<void>;
}

/**
 * Copies what the operands name, as `cp` does: into the target where that is a folder, ends in `/` or there are several
 * sources, else to the target's name. `-` is standard input or output.
 */
export async function copy(
  sources: readonly string[],
  target: string,
  options: CopyOptions,
  context: CommandContext,
): Promise<ExitCode> {
  if (sources.includes("-")) return fromStandardInput(sources, target, options, context);
  if (target === "-") return toStandardOutput(sources, context);
  const to = await context.place(target);
  const status = await statusIfAny(to.fileSystem, to.path, context.signal);
  const mustBeInto = /(?:^|\/)\.{0,2}$/.test(target) || to.path.parent === null || sources.length > 1;
  const into = mustBeInto || status?.kind === "directory";
  if (status?.kind === "file" && into) throw notAFolder(to.path);
  const { leftOut } = context.messages;
  const plan = steps(sources, { ...to, into, mustBeInto, isThere: status !== undefined }, options, context);
  const { failures } = await transfer(plan, options, context);
  // What a listing had to leave out was not copied, and was named in a warning.
  return failures > 0 || context.messages.leftOut > leftOut ? EXIT.failed : EXIT.ok;
}

interface Target extends Place {
  /** Whether sources go below it under their own names. */
  readonly into: boolean;
  /** The same, whatever is there now. */
  readonly mustBeInto: boolean;
  readonly isThere: boolean;
}

/**
 * Whether the target is the copy that an earlier run began, not a folder to copy into: that run found no target, and this
 * one does. It is where the target has nothing of the source's name.
 */
async function isCopyOf(
  source: Found,
  target: Target,
  { continues }: CopyOptions,
  { signal }: CommandContext,
): Promise<boolean> {
  if (!continues || target.mustBeInto || source.status.kind === "file") return false;
  const name = nameOf(source.path);
  const [below, within] = await Promise.all(
    [target, source].map(({ path, fileSystem }) => statusIfAny(fileSystem, path.child(name), signal)),
  );
  if (below !== undefined && within !== undefined) {
    throw new FileSystemError({
      code: "EINVAL",
      path: source.path,
      dest: target.path,
      operation: "copy",
      message: `it is not clear whether to go on with the target or with ${name}/ in it`,
      hint: "End the target with / for the second, or use plugfs sync for the first",
    });
  }
  return below === undefined;
}

async function* steps(
  operands: readonly string[],
  target: Target,
  options: CopyOptions,
  context: CommandContext,
): AsyncGenerator<Step> {
  const failures = new Failures(context.messages, context.signal);
  const names = new Set<string>();
  for (const operand of operands) {
    for await (const [source, several] of withCount(failures.reported(expand(operand, context)))) {
      const into = target.into || several;
      if (several && !target.into && target.isThere) throw notAFolder(target.path);
      const found: Step[] = [];
      let tree: { readonly source: Found; readonly to: Place } | undefined;
      await failures.guard(async () => {
        const inside = into && !(await isCopyOf(source, target, options, context));
        const to = inside ? { ...target, path: target.path.child(nameOf(source.path)) } : target;
        await refuseSelf(source, to.path);
        if (inside && operands.length > 1) refuseTwice(names, source, to.path);
        if (source.status.kind === "file") {
          if (!options.continues || !(await isThere(source.status, to, context))) {
            found.push({ kind: "file", from: source, to, status: source.status });
          }
        } else if (!options.recursive) throw needsRecursive(source.path);
        else tree = { source, to };
      });
      yield* found;
      if (tree !== undefined) yield* failures.reported(treeSteps(tree.source, tree.to, options, context));
    }
  }
}

/** Entries that a target may have more than the source before it is no longer worth to read its listing along. */
const PATIENCE = 10_000;

/**
 * The steps that make `to` hold what `source` holds. What the target has is looked up in its listing: that is one request
 * for 1,000 files, where the store would need two for each.
 */
export async function* treeSteps(
  source: Place,
  to: Place,
  options: Pick<CopyOptions, "continues">,
  context: CommandContext,
): AsyncGenerator<Step> {
  let isEmpty = true;
  const pairs = await pairsOf(source, to, options, context);
  for await (const { name, source: from, target, isClear } of withoutFullFolders(pairs)) {
    if (from === undefined) continue;
    isEmpty = false;
    const at = { fileSystem: to.fileSystem, path: to.path.child(name) };
    if (from.kind === "directory") {
      if (target === undefined) yield { kind: "folder", at };
    } else if (target === undefined || !options.continues || !isUpToDate(from, target)) {
      const file = { fileSystem: source.fileSystem, path: from.path };
      yield { kind: "file", from: file, to: at, status: from, isClear };
    }
  }
  if (isEmpty) yield { kind: "folder", at: to };
}

async function pairsOf(
  source: Place,
  to: Place,
  { continues }: Pick<CopyOptions, "continues">,
  { signal }: CommandContext,
): Promise<AsyncIterable<Pair>> {
  const status = await statusIfAny(to.fileSystem, to.path, signal);
  if (status === undefined) return besideNothing(source, signal);
  if (status.kind === "file") throw notAFolder(to.path);
  return sideBySide(source, to, signal, continues ? undefined : PATIENCE);
}

/** Same length, and not older: what a finished copy looks like. */
export function isUpToDate(source: FileStatus, target: FileStatus): boolean {
  return (
    target.kind === "file" &&
    source.length === target.length &&
    Math.floor(source.modificationTime / 1000) <= Math.floor(target.modificationTime / 1000)
  );
}

async function isThere(source: FileStatus, to: Place, { signal }: CommandContext): Promise<boolean> {
  const target = await statusIfAny(to.fileSystem, to.path, signal);
  return target !== undefined && isUpToDate(source, target);
}

/** Tells with each item whether it is one of several. */
async function* withCount<T>(items: AsyncIterable<T>): AsyncGenerator<readonly [item: T, several: boolean]> {
  let first: { readonly item: T } | undefined;
  let count = 0;
  for await (const item of items) {
    count++;
    if (count === 1) first = { item };
    else {
      if (first !== undefined) yield [first.item, true];
      first = undefined;
      yield [item, true];
    }
  }
  if (first !== undefined) yield [first.item, false];
}
