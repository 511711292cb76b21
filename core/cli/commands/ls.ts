import type { FileStatus } from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { expand, isPattern } from "../globs.ts";
import { entryLine } from "../listing.ts";
import { BYTES } from "../options.ts";
import { display } from "../printable.ts";

export const command = defineCommand({
  usage: "[-R] [PATH...]",
  description: "Size, time and name of each file; a folder ends in /. Without a path: the working directory.",
  options: {
    recursive: { type: "boolean", short: "R", doc: "Also what is in the folders below" },
    directory: { type: "boolean", short: "d", doc: "A folder itself, not what is in it" },
    bytes: BYTES,
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs ls oss://demo/logs", "A folder"],
    ["plugfs ls 'oss://demo/logs/2025-*/*.gz'", "What matches a pattern"],
    ["plugfs ls -R --json oss://demo | jq -r .path", "Every path below"],
  ],
  async run(context, { options, operands }) {
    const paths = operands.length === 0 ? ["."] : operands;
    const show = (status: FileStatus, name: string) =>
      context.output.json
        ? context.output.object(status)
        : context.output.line(entryLine(status, name, context.output.colors, options.bytes));
    let isFirst = true;
    for (const operand of paths) {
      try {
        const pattern = isPattern((await context.place(operand)).path);
        for await (const { path, fileSystem, status } of expand(operand, context)) {
          if (status.kind === "file" || options.directory || pattern) {
            await show(status, display(path));
            continue;
          }
          if (paths.length > 1 && !context.output.json) {
            await context.output.line(
              `${isFirst ? "" : "\n"}${context.output.colors.dim(`${display(path)}:`)}`,
            );
          }
          const start = lengthOfPrefix(path);
          const list = { recursive: options.recursive, signal: context.signal };
          for await (const entry of fileSystem.listStatus(path, list)) {
            await show(entry, entry.path.key.slice(start));
          }
        }
      } catch (error) {
        report(error, context);
      }
      isFirst = false;
    }
    return undefined;
  },
});

function report(error: unknown, { signal, messages }: CommandContext): void {
  signal.throwIfAborted();
  messages.failure(error);
}

function lengthOfPrefix({ key }: Path): number {
  return key === "" || key.endsWith("/") ? key.length : key.length + 1;
}
