import { setTimeout } from "node:timers/promises";

/** Resolves when the condition holds: for what another process does and nobody tells of. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(5);
}
