import { realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { FileSystemError, PluginError } from "../../../errors/errors.ts";
import { type ShippedFiles, shippedFiles } from "../../../plugin/shipped-files.ts";
import { defineCommand } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { UsageError } from "../../exit.ts";
import { setDisabled } from "../../plugins/disabled.ts";
import { differences, installCopy, installLink, present } from "../../plugins/installation.ts";
import { manifestIfAny } from "../../plugins/manifest-if-any.ts";
import { counted, printable } from "../../printable.ts";
import { shippedPlugins } from "../../shipped.ts";
import { didYouMean } from "../../suggest.ts";

interface Options {
  readonly from?: string | undefined;
  readonly link?: boolean | undefined;
  readonly force?: boolean | undefined;
}

export const command = defineCommand({
  usage: "[--from DIR] [--link] [--force] ID...",
  description:
    "Copies package.json and the manifest's files from opt/ of the home or of the installed package, or from --from, which " +
    "is the plugin's folder or one that holds it. A plugin that is there and differs is kept, unless --force.",
  options: {
    from: { type: "string", value: "DIR", doc: "Take the plugin from this folder" },
    link: { type: "boolean", doc: "Make a link instead of a copy, for authors" },
    force: { type: "boolean", short: "f", doc: "Replace a plugin that differs" },
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs plugins enable oss-fs", "Makes oss:// work"],
    ["plugfs plugins enable my-fs --from ../my-fs --link", "Work on a plugin of your own"],
  ],
  async run(context, { options, operands }) {
    if (options.from !== undefined && operands.length > 1 && (await isPlugin(options.from))) {
      throw new UsageError(`--from names one plugin, and ${operands.length} ids are given.`);
    }
    for (const id of operands) await enable(id, options, context);
    return undefined;
  },
});

async function enable(id: string, options: Options, context: CommandContext): Promise<void> {
  if (!/^[^./\\][^/\\]*$/.test(id))
    throw new UsageError(`"${id}" is no id: a plugin's id is its folder's name.`);
  const { output, locations, messages } = context;
  const target = join(locations.pluginsDir, id);
  const source = await sourceOf(id, options, context);
  const say = (action: string, text: string) =>
    output.json ? output.object({ id, action, source, target }) : output.line(printable(text));

  // What was only switched off is switched on, as it stands.
  const wasDisabled = (await isKept(target, options)) ? await setDisabled(id, false, locations) : undefined;
  if (wasDisabled !== undefined) await say("kept", `${id} is in ${target} already.`);
  else if (source !== undefined) {
    const shipped = await shippedFiles(id, source);
    const found = await obstacle(id, source, shipped, target, options);
    if (found === "same") await say("kept", `${id} is in ${target} already.`);
    else if (options.link) {
      await installLink(source, target);
      await say("linked", `Linked ${target} to ${source}.`);
    } else {
      await installCopy(source, shipped.files, target);
      const what = `${counted(shipped.files.length, "file")}${shipped.version === undefined ? "" : `, version ${shipped.version}`}`;
      await say("copied", `Copied ${source} to ${target} (${what}).`);
      if (shipped.missingDependencies.length > 0) {
        messages.warning(
          `${id} needs ${shipped.missingDependencies.join(", ")}, which it does not bring: npm install --omit=dev in ${target}`,
        );
      }
    }
  }
  const edited = wasDisabled ?? (await setDisabled(id, false, locations));
  if (edited !== undefined)
    await say("taken out of plugin.disabled", `Took ${id} out of plugin.disabled in ${edited}.`);
  const schemes = (await manifestIfAny(target))?.schemes ?? [];
  if (!output.json && schemes.length > 0) {
    await output.line(
      `${schemes.map((scheme) => `${scheme}://`).join(" ")} ${schemes.length === 1 ? "is" : "are"} offered by ${printable(id)}.`,
    );
  }
}

/** Whether there is a plugin that nothing was said of but to enable it. */
async function isKept(target: string, { from, link, force }: Options): Promise<boolean> {
  if (from !== undefined || link || force) return false;
  const { kind } = await present(target);
  return kind !== "nothing" && kind !== "file";
}

/** Where the plugin comes from; undefined when it is in place already and only has to be switched on. */
async function sourceOf(
  id: string,
  options: Options,
  { locations }: CommandContext,
): Promise<string | undefined> {
  if (options.from !== undefined) {
    const from = resolve(options.from);
    if (await isPlugin(from)) return from;
    if (await isPlugin(join(from, id))) return join(from, id);
    throw unknown(id, `there is no package.json in ${from}, nor in ${join(from, id)}`);
  }
  const shipped = await shippedPlugins(locations.home);
  const found = shipped.find((folder) => folder.id === id);
  if (found !== undefined) return found.path;
  if ((await present(join(locations.pluginsDir, id))).kind !== "nothing") return undefined;
  const ids = shipped.map((folder) => basename(folder.path));
  const known = ids.length === 0 ? "There is none in opt/" : `In opt/ there is ${ids.join(", ")}`;
  throw unknown(
    id,
    "it is neither in plugins/ nor in opt/",
    `${known}; --from names another folder.${didYouMean(id, ids)}`,
  );
}

/** Whether the plugin is in place already. Rejects when something else is, and `--force` is not given. */
async function obstacle(
  id: string,
  source: string,
  { files, version }: ShippedFiles,
  target: string,
  { link, force }: Options,
): Promise<"same" | undefined> {
  const there = await present(target);
  if (there.kind === "nothing") return undefined;
  const refuse = (message: string) =>
    new FileSystemError({ code: "EEXIST", message, hint: `Use --force to replace ${id}` });
  if (there.kind === "file") throw refuse(`${target} is a file`);
  if (there.kind === "link") {
    if (link && there.to === (await realpath(source))) return "same";
    if (force) return undefined;
    throw refuse(`${target} is a link to ${there.to ?? "nothing"}`);
  }
  const differing = await differences(source, files, target);
  if (differing.length === 0 && !link) return "same";
  if (force) return undefined;
  if (differing.length === 0) throw refuse(`${target} is a copy, not a link`);
  const installed = (await manifestIfAny(target))?.version;
  const versions = installed === version ? "" : ` (version ${installed} there, ${version} in ${source})`;
  const shown = differing.slice(0, 3).join(", ");
  const more = differing.length > 3 ? ` and ${differing.length - 3} more` : "";
  throw refuse(`${target} is not what ${source} holds${versions}: ${shown}${more}`);
}

async function isPlugin(folder: string): Promise<boolean> {
  return stat(join(folder, "package.json")).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function unknown(id: string, message: string, hint?: string): PluginError {
  return new PluginError({ code: "ERR_PLUGIN_UNKNOWN", id, message, hint });
}
