import { defineCommand } from "../command.ts";
import type { Found } from "../globs.ts";
import { eachFound } from "../operands.ts";
import { BYTES } from "../options.ts";
import { display, formatBytes } from "../printable.ts";

interface Sum {
  files: number;
  bytes: number;
}

export const command = defineCommand({
  usage: "[-s] [PATH...]",
  description: "Bytes and files of each folder directly below, and the total. Nothing is kept but the sums.",
  options: {
    summarize: { type: "boolean", short: "s", doc: "Only the total" },
    bytes: BYTES,
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs du oss://demo/logs", "What is large"],
    ["plugfs du -s --json oss://demo | jq .bytes", "One number"],
  ],
  async run(context, { options, operands }) {
    const { output, signal } = context;
    const show = (sum: Sum, path: string, name: string) => {
      if (output.json) return output.object({ path, ...sum });
      const size = options.bytes ? String(sum.bytes).padStart(15) : formatBytes(sum.bytes).padStart(10);
      const files = sum.files.toLocaleString("en-US").padStart(11);
      return output.line(`${size}  ${files} ${sum.files === 1 ? "file " : "files"}  ${name}`);
    };
    await eachFound(operands.length === 0 ? ["."] : operands, context, async (found) => {
      const total: Sum = { files: 0, bytes: 0 };
      for await (const { name, sum } of folders(found, signal, total)) {
        if (options.summarize) continue;
        const folder = found.path.child(name);
        await show(sum, folder.toString(), output.colors.blue(`${display(folder)}/`));
      }
      await show(total, found.path.toString(), output.colors.bold(display(found.path)));
    });
    return undefined;
  },
});

/** The folders directly below, each with its sum; adds up everything in `total`. */
async function* folders(
  { path, fileSystem, status }: Found,
  signal: AbortSignal,
  total: Sum,
): AsyncGenerator<{ readonly name: string; readonly sum: Sum }> {
  const start = path.key === "" || path.key.endsWith("/") ? path.key.length : path.key.length + 1;
  let folder: { readonly name: string; readonly sum: Sum } | undefined;
  const listing =
    status.kind === "file" ? [status] : fileSystem.listStatus(path, { recursive: true, signal });
  for await (const entry of listing) {
    const [name = "", ...rest] = entry.path.key.slice(start).split("/");
    const isInFolder = rest.length > 0 || entry.kind === "directory";
    // The listing is sorted, so that what lies in one folder comes together.
    if (folder !== undefined && (!isInFolder || name !== folder.name)) {
      yield folder;
      folder = undefined;
    }
    if (isInFolder) folder ??= { name, sum: { files: 0, bytes: 0 } };
    if (entry.kind === "directory") continue;
    for (const sum of folder === undefined ? [total] : [total, folder.sum]) {
      sum.files++;
      sum.bytes += entry.length;
    }
  }
  if (folder !== undefined) yield folder;
}
