import { FileSystemError } from "../../errors/errors.ts";

export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}
export interface EncodingOptions extends Abortable {
  readonly encoding?: BufferEncoding | "buffer" | null | undefined;
}
export type EncodingArgument<T extends EncodingOptions> = T | BufferEncoding | "buffer" | null | undefined;

/** Node takes an encoding where it takes options. */
export function withEncoding<T extends EncodingOptions>(argument: EncodingArgument<T>): T {
  const options = (typeof argument === "string" ? { encoding: argument } : (argument ?? {})) as T;
  const { encoding } = options;
  if (encoding != null && encoding !== "buffer" && !Buffer.isEncoding(encoding)) {
    throw argumentError("ERR_INVALID_ARG_VALUE", `the encoding "${encoding}" is not known`);
  }
  return options;
}

/** Whether a flag string of Node replaces an existing file; append and read-write flags are not served. */
export function replaces(flag: string): boolean {
  if (flag === "w" || flag === "w+") return true;
  if (["wx", "xw", "wx+", "xw+"].includes(flag)) return false;
  throw new FileSystemError({
    code: "ENOTSUP",
    message: `files are written whole; the flag "${flag}" is not served`,
    hint: 'Use "w" or "wx"',
  });
}

/** An error that Node gives for a wrong argument: a `TypeError` with a code. */
export function argumentError(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** Rejects as Node does where the SPI rejects with the signal's reason. */
export async function asNode<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await call();
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    const aborted = new Error("The operation was aborted", { cause: error });
    throw Object.assign(aborted, { name: "AbortError", code: "ABORT_ERR" });
  }
}
