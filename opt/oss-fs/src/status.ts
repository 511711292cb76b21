import { type FileStatus, FileSystemError, Path } from "plugfs";
import type { TextAnswer } from "./client.ts";
import type { ListedObject } from "./listing.ts";

/** OSS's limit (https://www.alibabacloud.com/help/en/oss/user-guide/object-naming-conventions). */
const MAX_KEY_BYTES = 1023;

/** Throws `ENAMETOOLONG` for a path whose key OSS would not take. */
export function checkedKey(path: Path, operation: string): string {
  const bytes = Buffer.byteLength(path.key);
  if (bytes <= MAX_KEY_BYTES) return path.key;
  throw new FileSystemError({
    code: "ENAMETOOLONG",
    operation,
    path,
    message: `the name has ${bytes} bytes, OSS takes ${MAX_KEY_BYTES}`,
  });
}

/** What everything in the folder begins with; undefined when the name leaves no room for anything in it. */
export function folderPrefix(key: string): string | undefined {
  if (key === "") return "";
  return Buffer.byteLength(key) < MAX_KEY_BYTES ? `${key}/` : undefined;
}

/** Whether a Path can name the key: no empty, `.` or `..` segment. */
export function isNameable(key: string): boolean {
  return !/(^|\/)\.{0,2}(\/|$)/.test(key);
}

export function directoryStatus(path: Path): FileStatus {
  return { path, kind: "directory", length: 0, modificationTime: 0 };
}

export function listedStatus(bucket: string, object: ListedObject): FileStatus {
  const { key, length, modificationTime, version } = object;
  return { path: Path.unsafe("oss", bucket, key), kind: "file", length, modificationTime, version };
}

/** The status that a HEAD's or GET's headers tell; `length` where it is not the `Content-Length`. */
export function headerStatus(path: Path, headers: TextAnswer["headers"], length?: number): FileStatus {
  const crc64 = headers["x-oss-hash-crc64ecma"];
  return {
    path,
    kind: "file",
    length: length ?? Number(headers["content-length"]),
    modificationTime: Date.parse(headers["last-modified"] ?? "") || 0,
    version: unquoted(headers.etag ?? ""),
    ...(typeof crc64 === "string" ? { crc64 } : {}),
  };
}

/** An ETag as `FileStatus.version` holds it. */
export function unquoted(etag: string): string {
  return etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag.replace(/^"|"$/g, "");
}

/** A `FileStatus.version` as `If-Match` wants it. */
export function quoted(version: string): string {
  return `"${version}"`;
}
