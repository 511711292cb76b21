import { defineCommand } from "../command.ts";

export const command = defineCommand({
  usage: "PATH...",
  description:
    "Makes folders with their parents; one that is there is fine. An object store needs none to hold files.",
  options: {},
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [["plugfs mkdir oss://demo/incoming", "A folder that is there before the first file"]],
  async run({ place, messages, signal }, { operands }) {
    for (const operand of operands) {
      try {
        const { path, fileSystem } = await place(operand);
        await fileSystem.mkdirs(path, { signal });
      } catch (error) {
        signal.throwIfAborted();
        messages.failure(error);
      }
    }
    return undefined;
  },
});
