import type { Readable, Writable } from "node:stream";

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
}

/** Whether somebody is there to answer. */
export function canAsk({ input, output }: Terminal): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Asks on the terminal; only `y` and `yes` mean yes. */
export async function ask(question: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  // Not as a terminal of readline's own, which would swallow Ctrl-C.
  const lines = createInterface({ ...terminal, terminal: false });
  try {
    const closed = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), closed]);
    // Ctrl-D has no newline of its own.
    if (answer === undefined) terminal.output.write("\n");
    return /^y(es)?$/i.test(answer?.trim() ?? "");
  } catch (error) {
    if (signal.aborted) terminal.output.write("\n");
    throw signal.aborted ? signal.reason : error;
  } finally {
    lines.close();
  }
}
