import { defineCommand } from "../command.ts";
import { local } from "../local.ts";
import { copy } from "../transfer/copy.ts";
import { COPY_OPTIONS, copyOptions } from "../transfer/copy-options.ts";

export const command = defineCommand({
  usage: "[-r] [--continue] FILE... TARGET",
  description: "Copies local files, as cp does; the files are local whatever fs.default-scheme says.",
  options: COPY_OPTIONS,
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  examples: [["plugfs put -r ./data oss://demo/", "A folder into a bucket"]],
  run(context, { options, operands }) {
    return copy(operands.slice(0, -1).map(local), operands.at(-1) ?? "", copyOptions(options), context);
  },
});
