import { errorCode, FileSystemError } from "../../errors/errors.ts";
import type { FileSystem } from "../contract.ts";
import { fromNodeError, isFileSystemCode } from "../node-error.ts";
import { isPosixName } from "../posix.ts";
import type { Call } from "./around.ts";
import { AroundFileSystem } from "./around-file-system.ts";

/** Who serves the file system; goes into every error. */
export interface ErrorContext {
  readonly scheme: string;
  readonly plugin?: string | undefined;
}

/**
 * The outermost wrapper: gives every error of a file system, and of all that it hands out, operation, path, scheme and
 * plugin.
 *
 * A system error of Node keeps its code. Anything else that is thrown becomes `EIO` with it as cause, but for plugfs'
 * own errors (`ERR_…`) and the reason of an aborted signal, which pass as they are.
 */
export class ErrorContextFileSystem extends AroundFileSystem {
  constructor(inner: FileSystem, context: ErrorContext) {
    super(inner, {
      async run(call, body) {
        try {
          return await body();
        } catch (error) {
          throw withContext(error, context, call);
        }
      },
      runSync(call, body) {
        try {
          body();
        } catch (error) {
          throw withContext(error, context, call);
        }
      },
    });
  }
}

/** The error of a call as the host sees it. */
export function withContext(error: unknown, context: ErrorContext, call: Call): unknown {
  const { signal, ...where } = call;
  if (signal?.aborted === true && (error === signal.reason || isAbort(error))) return signal.reason;
  const code = errorCode(error);
  if (code !== undefined && /^ERR_(PLUGIN|CONFIG|JOB)_/.test(code)) return error;
  // What Node says of a wrong argument stays Node's.
  if (code?.startsWith("ERR_") && isPosixName(call.operation)) return error;
  const known = { ...where, ...context };
  if (error instanceof FileSystemError) return error.with(known);
  if (!isFileSystemCode(code)) return fromNodeError(error, known);
  // Node's own, or of a plugin that carries a plugfs of its own.
  const { retryable, storeCode, requestId } = error as Partial<FileSystemError>;
  return new FileSystemError({ ...known, code, retryable, storeCode, requestId, cause: error });
}

function isAbort(error: unknown): boolean {
  return errorCode(error) === "ABORT_ERR" || (error instanceof Error && error.name === "AbortError");
}
