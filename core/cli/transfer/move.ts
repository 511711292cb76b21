import { FileSystemError } from "../../errors/errors.ts";
import type { CommandContext, Place } from "../context.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { expand, type Found, statusIfAny } from "../globs.ts";
import { display } from "../printable.ts";
import { nameOf, notAFolder, refuseSelf, refuseTwice } from "./checks.ts";
import { treeSteps } from "./copy.ts";
import { isSameStore } from "./copy-file.ts";
import { Failures } from "./failures.ts";
import { type FileStep, type Step, transfer } from "./transfer.ts";

export interface MoveOptions {
  readonly overwrite: boolean;
  readonly parallel: number;
  readonly verbose: boolean;
}

/** Moves what the operands name, as `mv` does. Each file is at every moment whole in at least one of the two places. */
export async function move(
  sources: readonly string[],
  target: string,
  options: MoveOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { messages, output, signal } = context;
  const to = await context.place(target);
  const status = await statusIfAny(to.fileSystem, to.path, signal);
  const found: Found[] = [];
  for (const source of sources) for await (const item of expand(source, context)) found.push(item);
  const into = status?.kind === "directory" || target.endsWith("/") || found.length > 1;
  if (status?.kind === "file" && into) throw notAFolder(to.path);

  const failures = new Failures(messages, signal);
  const targets = new Set<string>();
  for (const source of found) {
    await failures.guard(async () => {
      const at = into ? { ...to, path: to.path.child(nameOf(source.path)) } : to;
      await refuseSelf(source, at.path);
      refuseTwice(targets, source, at.path);
      if (isSameStore(source, at)) {
        const overwrite = options.overwrite && source.status.kind === "file";
        await source.fileSystem.rename(source.path, at.path, { overwrite, signal });
        if (output.json) await output.object({ source: source.path, target: at.path });
        else if (options.verbose) await output.line(`${display(source.path)} -> ${display(at.path)}`);
      } else await moveAcross(source, at, options, context);
    });
  }
  return failures.count > 0 || messages.failures > 0 ? EXIT.failed : EXIT.ok;
}

async function moveAcross(
  source: Found,
  to: Place,
  options: MoveOptions,
  context: CommandContext,
): Promise<void> {
  const { signal, messages } = context;
  const { leftOut } = messages;
  const isFolder = source.status.kind === "directory";
  const steps = isFolder ? treeSteps(source, to, { continues: false }, context) : oneFile(source, to);
  const result = await transfer(steps, { ...options, arrived: ({ from }) => remove(from, signal) }, context);
  if (!isFolder || result.failures > 0 || messages.leftOut > leftOut) return;
  // Only folders should be left; a file that came meanwhile is kept.
  for await (const entry of source.fileSystem.listStatus(source.path, { recursive: true, signal })) {
    if (entry.kind === "directory") continue;
    throw new FileSystemError({
      code: "ENOTEMPTY",
      path: source.path,
      operation: "mv",
      message: "files came into the source while it was moved",
      hint: "They are still there: run the command again",
    });
  }
  await source.fileSystem.delete(source.path, { recursive: true, signal });
}

async function* oneFile(source: Found, to: Place): AsyncGenerator<Step> {
  yield { kind: "file", from: source, to, status: source.status };
}

async function remove({ fileSystem, path }: FileStep["from"], signal: AbortSignal): Promise<void> {
  await fileSystem.delete(path, { signal });
}
