import { resolve } from "node:path";
import { defineCommand } from "../../command.ts";
import { UsageError } from "../../exit.ts";
import { counted, formatBytes, printable } from "../../printable.ts";

export const command = defineCommand({
  usage: "[--out DIR] [--entry FILE] [--format cjs|esm] [--license FILE] [DIR]",
  description:
    "Bundles a plugin and its dependencies into one folder that works wherever it is copied: one file, its source map, the " +
    "notices of the licences, the manifest rewritten. The same input gives the same bytes.",
  options: {
    out: { type: "string", value: "DIR", doc: "Where it goes (default: packed/NAME in the plugin's folder)" },
    entry: { type: "string", value: "FILE", doc: "The source (default: the manifest's entry)" },
    format: {
      type: "string",
      value: "cjs|esm",
      doc: "esm allows top-level await and import.meta (default: cjs)",
    },
    license: { type: "string", value: "FILE", doc: "Copied as LICENSE" },
  },
  operands: { min: 0, max: 1 },
  examples: [
    ["plugfs plugins pack my-fs", "Makes my-fs/packed/my-fs, ready for plugins/"],
    [
      "plugfs plugins pack opt/oss-fs --out opt/oss-fs",
      "Into the folder itself, whose manifest names the bundle",
    ],
  ],
  async run({ output, messages }, { options, operands }) {
    const { format } = options;
    if (format !== undefined && format !== "cjs" && format !== "esm") {
      throw new UsageError(`--format is cjs or esm, not ${format}.`);
    }
    const { pack } = await import("../../../plugin/authoring/pack.ts");
    const packed = await pack({
      directory: resolve(operands[0] ?? "."),
      outDirectory: options.out === undefined ? undefined : resolve(options.out),
      entry: options.entry,
      format,
      license: options.license === undefined ? undefined : resolve(options.license),
    });
    for (const warning of packed.warnings) messages.warning(warning);
    const { name, version, outDirectory, files, bytes, packages, warnings } = packed;
    if (output.json) {
      const inside = packages.map((one) => ({ name: one.name, version: one.version }));
      await output.object({ name, version, outDirectory, files, bytes, packages: inside, warnings });
      return undefined;
    }
    const what = packages.length === 0 ? "no other package" : counted(packages.length, "package");
    await output.line(
      printable(`Packed ${name} ${version} into ${outDirectory}: ${formatBytes(bytes)}, ${what} inside.`),
    );
    return undefined;
  },
});
