import { withoutUserInfo } from "../../config/redaction.ts";
import { defineCommand } from "../command.ts";
import { configurationFile } from "../configuration-file.ts";
import { manifestIfAny } from "../plugins/manifest-if-any.ts";
import { printable, table } from "../printable.ts";

interface Setting {
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

export const command = defineCommand({
  usage: "[--defaults] [PREFIX]",
  description:
    "Secrets are shown as ******. Imports no plugin: defaults are those that the plugins' manifests declare.",
  options: {
    defaults: { type: "boolean", doc: "Also show declared options that are not set, with their default" },
  },
  operands: { min: 0, max: 1 },
  examples: [
    ["plugfs conf", "Every value that is set, and where"],
    ["plugfs conf fs.oss --defaults", "All that oss-fs can be told"],
    ["plugfs conf -D fs.oss.endpoint=http://127.0.0.1:9000", "What -D changes"],
  ],
  async run({ environment, output, locations, messages }, { options, operands }) {
    const [prefix = ""] = operands;
    const { configuration, plugins } = await environment();
    const redacted = configuration.toJSON();
    const settings: Setting[] = [...configuration.keys(prefix)].map((key) => ({
      key,
      value: redacted[key] ?? "",
      source: configuration.source(key),
    }));
    if (options.defaults) {
      for (const { directory } of plugins.list()) {
        const manifest = await manifestIfAny(directory);
        for (const [key, declared] of Object.entries(manifest?.options ?? {})) {
          if (!key.startsWith(prefix) || configuration.raw(key) !== undefined) continue;
          settings.push({
            key,
            value: declared.default === undefined ? "" : withoutUserInfo(String(declared.default)),
            source: "default",
          });
        }
      }
      settings.sort((a, b) => (a.key < b.key ? -1 : 1));
    }
    if (output.json) {
      for (const setting of settings) await output.object(setting);
      return undefined;
    }
    const { bold, dim } = output.colors;
    messages.note(dim(`home     ${printable(locations.home)}`));
    messages.note(dim(`plugins  ${printable(plugins.pluginsDir)}`));
    const file = await configurationFile(locations);
    messages.note(dim(`file     ${printable(file ?? `none in ${locations.configurationDir}`)}`));
    await output.lines(
      table(
        settings.map(({ key, value, source }) => [
          bold(printable(key)),
          printable(value),
          dim(printable(source)),
        ]),
      ),
    );
    return undefined;
  },
});
