import { constants } from "node:fs";
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

/** Whether a flag of Node replaces an existing file; append and read-write flags are not served. */
export function replaces(flag: string | number): boolean {
  const name = typeof flag === "number" ? flagName(flag) : flag;
  if (name === "w" || name === "w+") return true;
  if (["wx", "xw", "wx+", "xw+"].includes(name)) return false;
  throw new FileSystemError({
    code: "ENOTSUP",
    message: `files are written whole; the flag "${flag}" is not served`,
    hint: 'Use "w" or "wx"',
  });
}

const { O_WRONLY, O_CREAT, O_TRUNC, O_EXCL } = constants;

function flagName(flags: number): string {
  if (flags === (O_WRONLY | O_CREAT | O_TRUNC)) return "w";
  return (flags & ~O_TRUNC) === (O_WRONLY | O_CREAT | O_EXCL) ? "wx" : String(flags);
}

export function onlyReads(flag: string | number): boolean {
  return ["r", "rs", "sr", constants.O_RDONLY].includes(flag);
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
    throw nodeAbort(signal, error);
  }
}

/** Node's `AbortError` in place of the reason of a signal; any other error as it is. */
export function nodeAbort(signal: AbortSignal | undefined, error: unknown): unknown {
  if (signal?.aborted !== true || error !== signal.reason) return error;
  const aborted = new Error("The operation was aborted", { cause: error });
  return Object.assign(aborted, { name: "AbortError", code: "ABORT_ERR" });
}

/** A buffer with memory of its own, as Node returns it: `Buffer<ArrayBuffer>`, or `Buffer` before TypeScript 5.7. */
export type OwnBuffer = ReturnType<typeof Buffer.alloc>;

/** Text in the encoding that Node was asked for; UTF-8 unless told. */
export function decoded(
  bytes: Buffer,
  encoding: BufferEncoding | "buffer" | null | undefined,
): string | OwnBuffer {
  return encoding === "buffer" ? (bytes as OwnBuffer) : bytes.toString(encoding ?? "utf8");
}
