import { FileSystemError } from "../../errors/errors.ts";
import { fromNodeError } from "../node-error.ts";
import type { Path } from "../path.ts";

/** Runs a call of `node:fs` and gives its error the words of the contract. */
export async function attempt<T>(
  operation: string,
  path: Path,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
  dest?: Path,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await call();
  } catch (error) {
    throw explained(error, operation, path, signal, dest);
  }
}

export function explained(
  error: unknown,
  operation: string,
  path: Path,
  signal: AbortSignal | undefined,
  dest?: Path,
): unknown {
  if (signal?.aborted && error === signal.reason) return error;
  return error instanceof FileSystemError
    ? error.with({ operation })
    : fromNodeError(error, { operation, path, dest });
}
