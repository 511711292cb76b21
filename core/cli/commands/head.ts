import { defineCommand } from "../command.ts";
import { eachWithHeading } from "../operands.ts";
import { integer, memory } from "../options.ts";
import { startOfLine } from "../transfer/lines.ts";
import { writeOut } from "./cat.ts";

export const command = defineCommand({
  usage: "[-n LINES | -c BYTES] PATH...",
  options: {
    lines: { type: "string", short: "n", value: "LINES", doc: "How many lines (default: 10)" },
    bytes: { type: "string", short: "c", value: "BYTES", doc: "How many bytes: 100, 64kb" },
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs head -n 3 oss://demo/access.log", "The first three lines; no more is read than that"],
    ["plugfs head -c 64kb oss://demo/image.bin | file -", "The first bytes"],
  ],
  async run(context, { options, operands }) {
    const lines = options.lines === undefined ? 10 : integer("--lines", options.lines);
    const bytes = options.bytes === undefined ? undefined : memory("--bytes", options.bytes);
    await eachWithHeading(operands, context, async (file) => {
      const end = bytes ?? (await startOfLine(file, lines, context.signal));
      if (end > 0) await writeOut(file, context, { end });
    });
    return undefined;
  },
});
