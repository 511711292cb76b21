import type { FileStatus } from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import { defineCommand } from "../command.ts";
import { expand, isPattern } from "../globs.ts";
import { entryLine } from "../listing.ts";
import { eachOperand } from "../operands.ts";
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
    const { output, signal, place } = context;
    const paths = operands.length === 0 ? ["."] : operands;
    const show = (status: FileStatus, name: string) =>
      output.json
        ? output.object(status)
        : output.line(entryLine(status, name, output.colors, options.bytes));
    let headings = 0;
    await eachOperand(paths, context, async (operand) => {
      const asItself = options.directory || isPattern((await place(operand)).path);
      for await (const { path, fileSystem, status } of expand(operand, context)) {
        if (status.kind === "file" || asItself) {
          await show(status, display(path));
          continue;
        }
        if (paths.length > 1 && !output.json) {
          await output.line(`${headings++ === 0 ? "" : "\n"}${output.colors.dim(`${display(path)}:`)}`);
        }
        const start = lengthOfPrefix(path);
        for await (const entry of fileSystem.listStatus(path, { recursive: options.recursive, signal })) {
          await show(entry, entry.path.key.slice(start));
        }
      }
    });
    return undefined;
  },
});

function lengthOfPrefix({ key }: Path): number {
  return key === "" || key.endsWith("/") ? key.length : key.length + 1;
}
