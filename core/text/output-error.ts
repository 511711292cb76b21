import { JobError } from "../errors/errors.ts";
import type { Path } from "../fs/path.ts";

/** `ERR_JOB_OUTPUT` of the `writeAsText` to `path`. */
export function outputError(
  path: Path,
  message: string,
  rest: { readonly hint?: string; readonly cause?: unknown },
): JobError {
  return new JobError({ code: "ERR_JOB_OUTPUT", message: `writeAsText to ${path}: ${message}`, ...rest });
}
