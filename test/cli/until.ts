import { setTimeout } from "node:timers/promises";

/**
 * Resolves when the condition holds: for what another process does and nobody tells of. Rejects when that process has
 * ended and it does not hold.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ended: Promise<unknown>,
): Promise<void> {
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  for (;;) {
    const wasOver = isOver;
    if (await condition()) return;
    if (wasOver) throw new Error(`the process ended before: ${JSON.stringify(await ended)}`);
    await setTimeout(5);
  }
}
