import { defineCommand } from "../../command.ts";
import { display, formatBytes, formatTime, printable } from "../../printable.ts";
import { pendingWrites } from "../../uploads.ts";

export const command = defineCommand({
  usage: "PATH...",
  description: "Writes below a path that were begun and neither finished nor given up; they cost space.",
  options: {},
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [["plugfs uploads list oss://demo", "Unfinished uploads of a bucket"]],
  async run(context, { operands }) {
    const { output, messages } = context;
    let isEmpty = true;
    for (const operand of operands) {
      const { pending } = await pendingWrites(operand, context);
      for await (const upload of pending) {
        const { target, id, started, bytes } = upload;
        isEmpty = false;
        if (output.json) await output.object({ target, id, started, bytes });
        else {
          const size = formatBytes(bytes).padStart(10);
          await output.line(
            `${size}  ${output.colors.dim(formatTime(started))}  ${display(target)}  ${output.colors.dim(printable(id))}`,
          );
        }
      }
    }
    // A script reads the empty listing.
    if (isEmpty && output.isTerminal && !output.json) messages.note("There are no unfinished writes.");
    return undefined;
  },
});
