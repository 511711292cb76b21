/** Exit codes of the command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, hungUp: 129, interrupted: 130, terminated: 143 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "ERR_USAGE";
}

/** Why every call was aborted: a signal, or nobody reads the output any more. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly code = "ERR_INTERRUPTED";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The reader of the output went away (`plugfs cat x | head`), which is no error. */
export function brokenPipe(): Interruption {
  return new Interruption(EXIT.ok, "the output was closed");
}
