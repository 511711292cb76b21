import { defineCommand } from "../command.ts";
import { copy } from "../transfer/copy.ts";
import { COPY_OPTIONS, copyOptions } from "../transfer/copy-options.ts";

export const command = defineCommand({
  usage: "[-r] [--continue] SOURCE... TARGET",
  description:
    "Between any two schemes, as cp does: into TARGET where that is a folder, ends in / or there are several sources, else " +
    "to that name. A file that exists is replaced, once the new one has arrived whole. - is standard input or output.",
  options: COPY_OPTIONS,
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs cp report.csv oss://demo/reports/", "A file into a folder"],
    ["plugfs cp -r --continue ./data oss://demo/data", "A folder, going on where the last run stopped"],
    ["plugfs cp 'oss://demo/logs/*.gz' .", "What matches a pattern"],
    ["tar c . | plugfs cp - oss://demo/backup.tar", "Standard input, of any length"],
  ],
  run(context, { options, operands }) {
    return copy(operands.slice(0, -1), operands.at(-1) ?? "", copyOptions(options), context);
  },
});
