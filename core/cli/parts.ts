import type { CommandContext } from "./context.ts";
import { expand, type Found } from "./globs.ts";
import { display } from "./printable.ts";

/** Runs `show` on every file that the operands name, under a heading where there are several; reports what fails. */
export async function eachFile(
  operands: readonly string[],
  context: CommandContext,
  show: (file: Found) => Promise<void>,
): Promise<void> {
  const { messages, output, signal } = context;
  let shown = 0;
  for (const operand of operands) {
    try {
      for await (const file of expand(operand, context)) {
        const heading = `==> ${display(file.path)} <==`;
        if (operands.length > 1) await output.line(`${shown > 0 ? "\n" : ""}${output.colors.dim(heading)}`);
        shown++;
        await show(file);
      }
    } catch (error) {
      signal.throwIfAborted();
      messages.failure(error);
    }
  }
}
