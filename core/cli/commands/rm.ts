import { errorCode, FileSystemError } from "../../errors/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, UsageError } from "../exit.ts";
import { expand, type Found, isPattern } from "../globs.ts";
import { PARALLEL, parallelism, VERBOSE, YES } from "../options.ts";
import { counted, display, formatBytes } from "../printable.ts";
import { each } from "../transfer/each.ts";
import { Failures } from "../transfer/failures.ts";

export const command = defineCommand({
  usage: "[-r] [--yes] PATH...",
  description: "With -r or a pattern it asks on a terminal, and needs --yes without one.",
  options: {
    recursive: { type: "boolean", short: "r", doc: "Folders with all that is in them" },
    force: { type: "boolean", short: "f", doc: "What is not there is no failure" },
    yes: YES,
    parallel: PARALLEL,
    verbose: VERBOSE,
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs rm oss://demo/old.txt", "A file"],
    ["plugfs rm -r --yes oss://demo/tmp", "A folder, from a script"],
    ["plugfs rm 'oss://demo/logs/2024-*.gz'", "What matches a pattern, after asking"],
  ],
  async run(context, { options, operands }) {
    const { messages, output, signal } = context;
    if (options.yes !== true && (options.recursive || (await hasPattern(operands, context)))) {
      const what = await extent(operands, options.recursive === true, context);
      if (!(await context.confirm(`Remove ${what}?`))) {
        messages.note("Nothing was removed.");
        return EXIT.failed;
      }
    }
    const failures = new Failures(messages, signal);
    await each(
      found(operands, options.force === true, failures, context),
      parallelism(options.parallel),
      (item) =>
        failures.guard(async () => {
          const { path, fileSystem, status } = item;
          if (status.kind === "directory" && options.recursive !== true) {
            const hint = "Use -r for folders";
            throw new FileSystemError({
              code: "EISDIR",
              path,
              operation: "rm",
              message: "this is a folder",
              hint,
            });
          }
          await fileSystem.delete(path, { recursive: options.recursive === true, signal });
          if (output.json) await output.object({ removed: path });
          else if (options.verbose) await output.line(`removed ${display(path)}`);
        }),
    );
    return undefined;
  },
});

async function hasPattern(operands: readonly string[], context: CommandContext): Promise<boolean> {
  for (const operand of operands) if (isPattern((await context.place(operand)).path)) return true;
  return false;
}

async function* found(
  operands: readonly string[],
  force: boolean,
  failures: Failures,
  context: CommandContext,
): AsyncGenerator<Found> {
  for (const operand of operands) {
    const items = expand(operand, context);
    yield* failures.reported(force ? ifAny(items) : items);
  }
}

async function* ifAny(items: AsyncIterable<Found>): AsyncGenerator<Found> {
  try {
    yield* items;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Things counted before asking; more are "more than". */
const COUNTED = 10_000;

/** `oss://b/x with 1,234 files (5.6 MiB)`. */
async function extent(
  operands: readonly string[],
  recursive: boolean,
  context: CommandContext,
): Promise<string> {
  let files = 0;
  let bytes = 0;
  const names: string[] = [];
  const add = (length: number) => {
    files++;
    bytes += length;
    return files >= COUNTED;
  };
  const count = async () => {
    for (const operand of operands) {
      for await (const { path, fileSystem, status } of ifAny(expand(operand, context))) {
        if (names.length < 4) names.push(display(path));
        if (status.kind === "file") {
          if (add(status.length)) return true;
        } else if (recursive) {
          for await (const entry of fileSystem.listStatus(path, {
            recursive: true,
            signal: context.signal,
          })) {
            if (entry.kind === "file" && add(entry.length)) return true;
          }
        }
      }
    }
    return false;
  };
  const isMore = await count();
  if (names.length === 0) throw new UsageError("nothing to remove.");
  const list = `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
  const size = isMore
    ? `more than ${counted(COUNTED, "file")}`
    : `${counted(files, "file")}, ${formatBytes(bytes)}`;
  return `${list} (${size})`;
}
