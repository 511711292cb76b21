import { defineCommand } from "../command.ts";
import { local } from "../local.ts";
import { copy } from "../transfer/copy.ts";
import { COPY_OPTIONS, copyOptions } from "../transfer/copy-options.ts";

export const command = defineCommand({
  usage: "[-r] [--continue] SOURCE... [FOLDER]",
  description:
    "Copies to a local file or folder, as cp does; with one operand into the working directory. The target is local " +
    "whatever fs.default-scheme says.",
  options: COPY_OPTIONS,
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs get oss://demo/report.csv", "A file into the working directory"],
    ["plugfs get -r oss://demo/logs ./logs", "A folder"],
  ],
  run(context, { options, operands }) {
    const [target, sources] =
      operands.length === 1 ? [".", operands] : [operands.at(-1) ?? "", operands.slice(0, -1)];
    return copy(sources, local(target), copyOptions(options), context);
  },
});
