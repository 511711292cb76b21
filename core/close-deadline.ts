import { PluginError } from "./errors/errors.ts";

/** Waits for the steps of a close, all together no longer than a time: what hangs must not hang the host. */
export class CloseDeadline {
  readonly #timeout: number;
  readonly #until: number;
  /** What was not done in time. */
  readonly #late: string[] = [];

  /** Milliseconds; `Infinity` waits for ever. */
  constructor(timeout: number) {
    this.#timeout = timeout;
    this.#until = performance.now() + timeout;
  }

  /** Undefined when the time is over first; the step goes on unwatched. `what` names what it waits for. */
  async wait<T>(step: Promise<T>, what: () => string): Promise<T | undefined> {
    if (this.#until === Number.POSITIVE_INFINITY) return step;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(
        () => {
          this.#late.push(what());
          resolve(undefined);
        },
        Math.max(0, this.#until - performance.now()),
      );
    });
    try {
      return await Promise.race([step, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws `ERR_PLUGIN_TIMEOUT` when a step was not done in time. */
  check(): void {
    if (this.#late.length === 0) return;
    throw new PluginError({
      code: "ERR_PLUGIN_TIMEOUT",
      phase: "run",
      message: `close did not finish within ${this.#timeout} ms; still closing: ${this.#late.join("; ")}`,
      hint: "Everything else is closed. closeTimeout of Environment.open sets the limit",
    });
  }
}
