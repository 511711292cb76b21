import { defineCommand } from "../command.ts";
import { eachWithHeading } from "../operands.ts";
import { integer, memory } from "../options.ts";
import { startOfLastLines } from "../transfer/lines.ts";
import { writeOut } from "./cat.ts";

export const command = defineCommand({
  usage: "[-n LINES | -c BYTES] PATH...",
  options: {
    lines: { type: "string", short: "n", value: "LINES", doc: "How many lines (default: 10)" },
    bytes: { type: "string", short: "c", value: "BYTES", doc: "How many bytes: 100, 64kb" },
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [["plugfs tail -n 3 oss://demo/access.log", "The last three lines; only the end is read"]],
  async run(context, { options, operands }) {
    const lines = options.lines === undefined ? 10 : integer("--lines", options.lines);
    const bytes = options.bytes === undefined ? undefined : memory("--bytes", options.bytes);
    await eachWithHeading(operands, context, async (file) => {
      const { length } = file.status;
      const start =
        bytes === undefined
          ? await startOfLastLines(file, lines, context.signal)
          : Math.max(0, length - bytes);
      if (start < length) await writeOut(file, context, { start });
    });
    return undefined;
  },
});
