import { FILE_SYSTEM_CODES, type FileSystemErrorCode } from "../errors/codes.ts";
import { errorCode, errorMessage, FileSystemError, type FileSystemErrorOptions } from "../errors/errors.ts";

/** Whether a code is one that a `FileSystemError` can carry. */
export function isFileSystemCode(code: string | undefined): code is FileSystemErrorCode {
  return code !== undefined && Object.hasOwn(FILE_SYSTEM_CODES, code);
}

/** Spellings of one idea that differ between systems. */
const SYNONYMS: Readonly<Record<string, FileSystemErrorCode>> = {
  EAI_AGAIN: "ENOTFOUND",
  ENOSYS: "ENOTSUP",
  EOPNOTSUPP: "ENOTSUP",
  EWOULDBLOCK: "EAGAIN",
};

/**
 * A system error of Node as a `FileSystemError` of the same code, with it as cause; anything else, or a code that has
 * no place in the contract, as `EIO`.
 */
export function fromNodeError(
  cause: unknown,
  context: Omit<FileSystemErrorOptions, "code" | "cause">,
): FileSystemError {
  const given = errorCode(cause);
  const code = isFileSystemCode(given) ? given : given === undefined ? undefined : SYNONYMS[given];
  if (code !== undefined) return new FileSystemError({ ...context, code, cause });
  return new FileSystemError({ message: errorMessage(cause), ...context, code: "EIO", cause });
}
