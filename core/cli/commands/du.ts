import { defineCommand } from "../command.ts";
import { expand } from "../globs.ts";
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
    const { messages, output, signal } = context;
    const show = (sum: Sum, path: string, name: string) => {
      if (output.json) return output.object({ path, ...sum });
      const size = options.bytes ? String(sum.bytes).padStart(15) : formatBytes(sum.bytes).padStart(10);
      const files = sum.files.toLocaleString("en-US").padStart(11);
      return output.line(`${size}  ${files} ${sum.files === 1 ? "file " : "files"}  ${name}`);
    };
    for (const operand of operands.length === 0 ? ["."] : operands) {
      try {
        for await (const { path, fileSystem, status } of expand(operand, context)) {
          const total: Sum = { files: 0, bytes: 0 };
          const start = path.key === "" || path.key.endsWith("/") ? path.key.length : path.key.length + 1;
          let child: (Sum & { readonly name: string }) | undefined;
          const finish = async () => {
            if (child === undefined || options.summarize) return;
            const { name, ...sum } = child;
            const folder = path.child(name);
            await show(sum, folder.toString(), output.colors.blue(`${display(folder)}/`));
          };
          const listing =
            status.kind === "file" ? [status] : fileSystem.listStatus(path, { recursive: true, signal });
          for await (const entry of listing) {
            const rest = entry.path.key.slice(start);
            const slash = rest.indexOf("/");
            // The listing is sorted, so that what lies in one folder comes together.
            const name =
              slash === -1 ? (entry.kind === "directory" ? rest : undefined) : rest.slice(0, slash);
            if (name !== child?.name) {
              await finish();
              child = name === undefined ? undefined : { name, files: 0, bytes: 0 };
            }
            if (entry.kind === "directory") continue;
            for (const sum of child === undefined ? [total] : [total, child]) {
              sum.files++;
              sum.bytes += entry.length;
            }
          }
          await finish();
          await show(total, path.toString(), output.colors.bold(display(path)));
        }
      } catch (error) {
        signal.throwIfAborted();
        messages.failure(error);
      }
    }
    return undefined;
  },
});
