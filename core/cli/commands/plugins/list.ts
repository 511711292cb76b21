import { basename } from "node:path";
import type { PluginInfo, PluginState } from "../../../plugin/plugin-info.ts";
import { describeError } from "../../advice.ts";
import type { Colors } from "../../colors.ts";
import { defineCommand } from "../../command.ts";
import { printable, table } from "../../printable.ts";
import { shippedPlugins } from "../../shipped.ts";

export const command = defineCommand({
  usage: "",
  description:
    "Reads the manifests and imports nothing: available means that a plugin is imported at the first use of its scheme.",
  options: {},
  operands: { min: 0, max: 0 },
  examples: [
    ["plugfs plugins list", "Which plugins are there, and what they serve"],
    ["plugfs plugins list --json | jq -r 'select(.error) | .id'", "The broken ones"],
  ],
  async run({ environment, output, locations, messages }) {
    const { plugins } = await environment();
    const list = plugins.list();
    if (output.json) {
      for (const plugin of list) await output.object(asData(plugin));
      return undefined;
    }
    const { colors } = output;
    if (list.length > 0) {
      const header = ["ID", "VERSION", "SCHEMES", "STATE", "REASON"].map((title) => colors.dim(title));
      await output.lines(table([header, ...list.map((plugin) => row(plugin, colors))]));
    } else {
      messages.note(`There are no plugins in ${printable(plugins.pluginsDir)}.`);
    }
    const present = new Set(list.map(({ id }) => id));
    for (const shipped of await shippedPlugins(locations.home)) {
      const id = basename(shipped.path);
      if (!present.has(id)) messages.note(`Not enabled: ${id}. plugfs plugins enable ${id}`);
    }
    return undefined;
  },
});

function row(plugin: PluginInfo, colors: Colors): string[] {
  const schemes = plugin.schemes.map(({ scheme, servedBy }) =>
    servedBy === plugin.id || servedBy === null || plugin.state !== "available"
      ? `${scheme}://`
      : `${scheme}:// (served by ${servedBy})`,
  );
  return [
    colors.bold(printable(plugin.id)),
    printable(plugin.version ?? "-"),
    schemes.join(" ") || "-",
    paint(colors)[plugin.state](plugin.state),
    plugin.error === undefined ? "" : describeError(plugin.error),
  ];
}

function paint(colors: Colors): Record<PluginState, (text: string) => string> {
  const { green, red, yellow, dim } = colors;
  return { available: green, active: green, failed: red, incompatible: yellow, disabled: dim };
}

function asData({ error, ...plugin }: PluginInfo): object {
  if (error === undefined) return plugin;
  const { code, phase, location, message } = error;
  return { ...plugin, error: { code, phase, location, message } };
}
