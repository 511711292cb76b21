import { errorCode } from "../errors/errors.ts";
import type { CommandContext } from "./context.ts";
import { expand, type Found } from "./globs.ts";
import { display } from "./printable.ts";

/** Runs `work` on one operand after the other; one that fails is reported, and the others go on. */
export async function eachOperand(
  operands: readonly string[],
  { messages, signal }: CommandContext,
  work: (operand: string) => Promise<void>,
): Promise<void> {
  for (const operand of operands) {
    try {
      await work(operand);
    } catch (error) {
      signal.throwIfAborted();
      if (errorCode(error) === "ERR_USAGE") throw error;
      messages.failure(error);
    }
  }
}

/** The same for everything that the operands name. */
export function eachFound(
  operands: readonly string[],
  context: CommandContext,
  work: (found: Found) => Promise<void>,
): Promise<void> {
  return eachOperand(operands, context, async (operand) => {
    for await (const found of expand(operand, context)) await work(found);
  });
}

/** The same, under a heading for each where several operands are given. */
export async function eachWithHeading(
  operands: readonly string[],
  context: CommandContext,
  work: (found: Found) => Promise<void>,
): Promise<void> {
  const { output } = context;
  let shown = 0;
  await eachFound(operands, context, async (found) => {
    const heading = `==> ${display(found.path)} <==`;
    if (operands.length > 1) await output.line(`${shown > 0 ? "\n" : ""}${output.colors.dim(heading)}`);
    shown++;
    await work(found);
  });
}
