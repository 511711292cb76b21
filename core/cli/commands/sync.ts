import { defineCommand } from "../command.ts";
import { PARALLEL, parallelism, VERBOSE } from "../options.ts";
import { sync } from "../transfer/sync.ts";

export const command = defineCommand({
  usage: "[--checksum] [--dry-run] [--delete] SOURCE TARGET",
  description:
    "Copies the files that TARGET lacks, or has in another length or older. What SOURCE does not have stays, unless " +
    "--delete; nothing is deleted before everything is copied. Times are kept where they can be set.",
  options: {
    checksum: { type: "boolean", short: "c", doc: "Compare checksums or contents, not times" },
    "dry-run": { type: "boolean", doc: "Say what would be done, and do nothing" },
    delete: { type: "boolean", doc: "Remove from TARGET what SOURCE does not have" },
    parallel: PARALLEL,
    verbose: VERBOSE,
  },
  operands: { min: 2, max: 2 },
  examples: [
    ["plugfs sync ./site oss://demo/site", "Only what changed"],
    ["plugfs sync --delete --dry-run ./site oss://demo/site", "What an exact copy would change"],
    ["plugfs sync --checksum oss://demo/site oss://mirror/site", "By content, from bucket to bucket"],
  ],
  run(context, { options, operands: [source = "", target = ""] }) {
    return sync(
      source,
      target,
      {
        checksum: options.checksum ?? false,
        dryRun: options["dry-run"] ?? false,
        delete: options.delete ?? false,
        parallel: parallelism(options.parallel),
        verbose: options.verbose ?? false,
      },
      context,
    );
  },
});
