import { parseHttpDate } from "./dates.ts";
import { OssError, preconditionFailed } from "./errors.ts";
import type { StoredObject } from "./storage/store.ts";

/**
 * If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since of a read or, by `prefix`, of a copy's source.
 * A date that cannot be read is ignored, as is If-Modified-Since beside If-None-Match (RFC 9110, 13.1.3).
 *
 * @throws OssError PreconditionFailed (412), or NotModified (304; for a copy, too: OSS document "CopyObject")
 */
export function checkConditions(
  headers: ReadonlyMap<string, string>,
  { etag, modified }: StoredObject,
  prefix: "" | "x-oss-copy-source-" = "",
): void {
  const header = (name: string) => headers.get(prefix + name);
  const seconds = Math.floor(modified / 1000) * 1000;
  const matches = (list: string) =>
    list.split(",").some((item) => {
      const tag = item
        .trim()
        .replace(/^W\//, "")
        .replace(/^"(.*)"$/, "$1");
      return tag === "*" || tag === etag;
    });
  const notModified = () => new OssError(304, "NotModified", "Not Modified", {}, { ETag: `"${etag}"` });

  const ifMatch = header("if-match");
  if (ifMatch !== undefined && !matches(ifMatch)) throw preconditionFailed("If-Match");
  const unmodifiedSince = parseHttpDate(header("if-unmodified-since") ?? "");
  if (ifMatch === undefined && unmodifiedSince !== undefined && seconds > unmodifiedSince) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const ifNoneMatch = header("if-none-match");
  if (ifNoneMatch !== undefined && matches(ifNoneMatch)) throw notModified();
  const modifiedSince = parseHttpDate(header("if-modified-since") ?? "");
  if (ifNoneMatch === undefined && modifiedSince !== undefined && seconds <= modifiedSince)
    throw notModified();
}
