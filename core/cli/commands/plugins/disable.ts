import { PluginError } from "../../../errors/errors.ts";
import { defineCommand } from "../../command.ts";
import { setDisabled } from "../../plugins/disabled.ts";
import { printable } from "../../printable.ts";
import { didYouMean } from "../../suggest.ts";

export const command = defineCommand({
  usage: "ID...",
  description: "The plugin's folder stays where it is, and it is listed, but never imported.",
  options: {},
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [["plugfs plugins disable oss-fs", "Nothing serves oss:// until plugfs plugins enable oss-fs"]],
  async run({ environment, output, locations }, { operands }) {
    const ids = (await environment()).plugins.list().map(({ id }) => id);
    for (const id of operands) {
      if (!ids.includes(id)) {
        throw new PluginError({
          code: "ERR_PLUGIN_UNKNOWN",
          id,
          message: `there is no such folder in ${locations.pluginsDir}`,
          hint: `plugfs plugins list shows what is there.${didYouMean(id, ids)}`,
        });
      }
    }
    for (const id of operands) {
      const file = await setDisabled(id, true, locations);
      if (output.json) {
        await output.object({ id, action: file === undefined ? "kept" : "written to plugin.disabled", file });
      } else {
        await output.line(
          printable(
            file === undefined
              ? `${id} is disabled already.`
              : `Wrote ${id} into plugin.disabled in ${file}.`,
          ),
        );
      }
    }
    return undefined;
  },
});
