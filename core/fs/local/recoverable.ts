import { dirname, isAbsolute, join } from "node:path";
import { FileSystemError } from "../../errors/errors.ts";
import { Path } from "../path.ts";

/** A temporary file's name: `.<target's name>.inprogress.<uuid>`. */
export const TEMPORARY = /^\.([^/]+)\.inprogress\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/s;

/** What a recoverable of local files holds, as JSON. */
export interface Resume {
  readonly format: "plugfs-local-1";
  readonly target: string;
  /** Name of the temporary file, beside the target. */
  readonly temporary: string;
  /** Bytes that were durable. */
  readonly offset: number;
  readonly overwrite: boolean;
}

export function encode(resume: Resume): Uint8Array {
  return Buffer.from(JSON.stringify(resume), "utf8");
}

/** Checks everything, because the file that it names will be cut. */
export function decode(recoverable: Uint8Array): Resume {
  let resume: Partial<Resume> | null = null;
  try {
    resume = JSON.parse(Buffer.from(recoverable).toString("utf8"));
  } catch {
    // Told below.
  }
  if (resume?.format === "plugfs-local-1" && isWhole(resume)) return resume;
  const newer = /^plugfs-local-\d+$/.test(String(resume?.format)) && resume?.format !== "plugfs-local-1";
  throw new FileSystemError({
    code: "EINVAL",
    scheme: "file",
    message: newer
      ? `this recoverable has the format ${resume?.format}, of a newer plugfs; this one reads plugfs-local-1`
      : "these bytes are no recoverable of a local file",
  });
}

function isWhole(resume: Partial<Resume>): resume is Resume {
  const { target, temporary, offset, overwrite } = resume;
  return (
    typeof target === "string" &&
    isAbsolute(target) &&
    typeof temporary === "string" &&
    TEMPORARY.test(temporary) &&
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    typeof overwrite === "boolean"
  );
}

export function targetOf(resume: Resume): Path {
  return Path.unsafe("file", "", resume.target);
}

export function temporaryFile(resume: Resume): string {
  return join(dirname(resume.target), resume.temporary);
}

export function tooShort(resume: Resume, size: number): FileSystemError {
  return new FileSystemError({
    code: "EIO",
    path: targetOf(resume),
    message: `the staged file is ${size} bytes long, but ${resume.offset} were persisted`,
  });
}

export function wrongLength(resume: Resume, size: number): FileSystemError {
  return new FileSystemError({
    code: "EIO",
    path: targetOf(resume),
    message: `the file is ${size} bytes long instead of ${resume.offset}`,
  });
}
