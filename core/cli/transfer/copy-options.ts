import type { OptionValues } from "../command.ts";
import { PARALLEL, parallelism, VERBOSE } from "../options.ts";
import type { CopyOptions } from "./copy.ts";

/** Options of every command that copies. */
export const COPY_OPTIONS = {
  recursive: { type: "boolean", short: "r", doc: "Folders with all that is in them" },
  continue: {
    type: "boolean",
    doc: "Go on with an earlier copy: leave out files that TARGET has, of the same length and not older",
  },
  "no-clobber": {
    type: "boolean",
    short: "n",
    doc: "Fail where a file exists, instead of replacing it",
  },
  parallel: PARALLEL,
  verbose: VERBOSE,
} as const;

export function copyOptions(values: OptionValues<typeof COPY_OPTIONS>): CopyOptions {
  return {
    recursive: values.recursive ?? false,
    continues: values.continue ?? false,
    overwrite: values["no-clobber"] !== true,
    parallel: parallelism(values.parallel),
    verbose: values.verbose ?? false,
  };
}
