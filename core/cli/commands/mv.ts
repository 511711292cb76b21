import { defineCommand } from "../command.ts";
import { PARALLEL, parallelism, VERBOSE } from "../options.ts";
import { move } from "../transfer/move.ts";

export const command = defineCommand({
  usage: "SOURCE... TARGET",
  description:
    "Within one store by its rename; between two by copying each file and removing the source once the copy is confirmed. " +
    "Into TARGET where that is a folder, ends in / or there are several sources. A file that exists is replaced.",
  options: {
    "no-clobber": { type: "boolean", short: "n", doc: "Fail where a file exists, instead of replacing it" },
    parallel: PARALLEL,
    verbose: VERBOSE,
  },
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs mv oss://demo/a.txt oss://demo/archive/", "Within a bucket"],
    ["plugfs mv ./results oss://demo/results", "A folder to another store"],
  ],
  run(context, { options, operands }) {
    return move(
      operands.slice(0, -1),
      operands.at(-1) ?? "",
      {
        overwrite: options["no-clobber"] !== true,
        parallel: parallelism(options.parallel),
        verbose: options.verbose ?? false,
      },
      context,
    );
  },
});
