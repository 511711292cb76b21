import { defineCommand } from "../command.ts";
import { eachOperand } from "../operands.ts";

export const command = defineCommand({
  usage: "PATH...",
  description:
    "Makes folders with their parents; one that is there is fine. An object store needs none to hold files.",
  options: {},
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [["plugfs mkdir oss://demo/incoming", "A folder that is there before the first file"]],
  async run(context, { operands }) {
    await eachOperand(operands, context, async (operand) => {
      const { path, fileSystem } = await context.place(operand);
      await fileSystem.mkdirs(path, { signal: context.signal });
    });
    return undefined;
  },
});
