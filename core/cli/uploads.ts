import { FileSystemError } from "../errors/errors.ts";
import type { RecoverableWriter } from "../fs/contract.ts";
import type { CommandContext } from "./context.ts";

export interface PendingWrites {
  readonly writer: RecoverableWriter;
  readonly pending: ReturnType<RecoverableWriter["pending"]>;
}

/** The unfinished writes below an operand. Rejects with `ENOTSUP` where the store keeps no account of them. */
export async function pendingWrites(
  operand: string,
  { place, signal }: CommandContext,
): Promise<PendingWrites> {
  const { path, fileSystem } = await place(operand);
  if (!fileSystem.capabilities.has("pending-writes")) {
    throw new FileSystemError({
      code: "ENOTSUP",
      path,
      operation: "uploads",
      message: `${path.scheme}:// keeps no account of unfinished writes`,
      hint: "There is nothing to list or sweep",
    });
  }
  signal.throwIfAborted();
  const writer = await fileSystem.createRecoverableWriter();
  return { writer, pending: writer.pending(path) };
}
