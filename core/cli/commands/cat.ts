import { addAbortSignal } from "node:stream";
import { FileSystemError } from "../../errors/errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { expand, type Found } from "../globs.ts";
import { eachOperand } from "../operands.ts";

export const command = defineCommand({
  usage: "PATH...",
  description: "Writes the files to standard output, one after the other; - is standard input.",
  options: {},
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs cat oss://demo/access.log | grep ' 500 '", "A file of any length, in little memory"],
    ["plugfs cat 'oss://demo/parts/part-*' > whole", "Several, in the order of their names"],
  ],
  async run(context, { operands }) {
    const { output, signal, terminal } = context;
    await eachOperand(operands, context, async (operand) => {
      if (operand === "-") {
        for await (const chunk of addAbortSignal(signal, terminal.input)) await output.bytes(chunk);
        return;
      }
      for await (const found of expand(operand, context)) await writeOut(found, context);
    });
    return undefined;
  },
});

/** The whole file, or an error: never a part that looks like the whole. */
export async function writeOut(
  { path, fileSystem, status }: Found,
  { output, signal }: Pick<CommandContext, "output" | "signal">,
  range: { readonly start?: number; readonly end?: number } = {},
): Promise<void> {
  if (status.kind === "directory") {
    throw new FileSystemError({
      code: "EISDIR",
      path,
      operation: "cat",
      message: "this is a folder",
      hint: "plugfs ls shows what is in it",
    });
  }
  await using stream = await fileSystem.open(path, { signal, status, ...range });
  let bytes = 0;
  for await (const chunk of stream.chunks()) {
    await output.bytes(chunk);
    bytes += chunk.byteLength;
  }
  const { start = 0, end = stream.status.length } = range;
  const expected = Math.max(0, Math.min(end, stream.status.length) - start);
  if (bytes !== expected) {
    const message = `only ${bytes} of ${expected} bytes arrived`;
    throw new FileSystemError({ code: "EIO", path, operation: "read", message });
  }
}
