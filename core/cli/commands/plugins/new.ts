import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nameProblem, scaffold, schemeProblem } from "../../../plugin/authoring/scaffold.ts";
import { quoted } from "../../../plugin/finder.ts";
import { defineCommand } from "../../command.ts";
import type { CommandContext } from "../../context.ts";
import { UsageError } from "../../exit.ts";
import { manifestIfAny } from "../../plugins/manifest-if-any.ts";
import { printable } from "../../printable.ts";
import { shippedPlugins } from "../../shipped.ts";

export const command = defineCommand({
  usage: "NAME --scheme SCHEME [--js] [--in DIR] [--force]",
  description:
    "Makes a folder with a complete file system in memory, in TypeScript that runs with no build, a test that holds it to " +
    "the contract, and a README. Rewrite it into yours.",
  options: {
    scheme: { type: "string", value: "SCHEME", doc: "What its paths begin with: my for my://" },
    js: { type: "boolean", doc: "JavaScript instead of TypeScript" },
    in: { type: "string", value: "DIR", doc: "Make the folder in DIR (default: the working directory)" },
    force: { type: "boolean", short: "f", doc: "Take a scheme that another plugin serves" },
  },
  operands: { min: 1, max: 1 },
  examples: [["plugfs plugins new my-fs --scheme my", "Makes my-fs/, which serves my://"]],
  async run(context, { options, operands }) {
    const { output } = context;
    const [name = ""] = operands;
    const { scheme } = options;
    if (scheme === undefined) throw new UsageError("--scheme is needed: what its paths begin with.");
    const wrongName = nameProblem(name);
    if (wrongName !== undefined) throw new UsageError(`"${name}" is no name for a plugin: ${wrongName}.`);
    const wrongScheme = schemeProblem(scheme);
    if (wrongScheme !== undefined) throw new UsageError(`"${scheme}" is no scheme: ${wrongScheme}.`);
    const owner = options.force ? undefined : await ownerOf(scheme, context);
    if (owner !== undefined) {
      throw new UsageError(
        `${scheme}:// is served by ${owner} already. Choose another, or --force to write a second provider.`,
      );
    }

    const template = fileURLToPath(
      new URL(`../../templates/${options.js ? "javascript" : "typescript"}`, import.meta.url),
    );
    const directory = join(resolve(options.in ?? "."), name);
    const files = await scaffold({ template, directory, name, scheme });
    if (output.json) {
      await output.object({ name, scheme, directory, files });
      return undefined;
    }
    const inside = relative(process.cwd(), directory);
    const shown = inside.startsWith("..") ? directory : inside;
    await output.line(printable(`Made ${shown}/ with ${files.join(", ")}.`));
    await output.lines([
      "",
      `  cd ${quoted(shown)}`,
      "  npm install",
      "  npm test                                  # holds it to the contract",
      "  npx plugfs plugins check                  # all that a shipped plugin owes",
      `  npx plugfs plugins enable ${name} --from . --link --home DIR`,
    ]);
    return undefined;
  },
});

/** Who serves the scheme in this home, or would once it is enabled. */
async function ownerOf(
  scheme: string,
  { environment, locations }: CommandContext,
): Promise<string | undefined> {
  if (scheme === "file") return "plugfs itself";
  const { plugins } = await environment();
  const active = plugins.list().find((plugin) => plugin.schemes.some((offered) => offered.scheme === scheme));
  if (active !== undefined) return `the plugin ${active.id}`;
  for (const { directory, path } of await shippedPlugins(locations.home)) {
    const manifest = await manifestIfAny(directory);
    if (manifest?.schemes?.includes(scheme)) return `the plugin ${basename(path)} in opt/`;
  }
  return undefined;
}
