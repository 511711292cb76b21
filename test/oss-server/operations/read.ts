import { type Answer, answer } from "../answer.ts";
import { authorizeAnonymous } from "../authorize.ts";
import { bucketOf, type Call, type Operation, objectOf } from "../call.ts";
import { checkConditions } from "../conditions.ts";
import { httpDate } from "../dates.ts";
import { OssError } from "../errors.ts";
import { md5Of } from "../object-headers.ts";
import { rangeOf } from "../ranges.ts";
import { slice } from "../storage/content.ts";
import type { StoredObject } from "../storage/store.ts";

/** OSS document "GetObject". */
export const getObject: Operation = { name: "GetObject", access: "read-object", run: read };

/** OSS document "HeadObject": what GetObject would say, without the bytes. */
export const headObject: Operation = { name: "HeadObject", access: "read-object", run: read };

/** OSS document "GetObjectMeta": length, ETag and date only. */
export const getObjectMeta: Operation = {
  name: "GetObjectMeta",
  access: "read-object",
  run(call) {
    const object = objectOf(call);
    return answer(200, {
      ETag: `"${object.etag}"`,
      "Content-Length": String(object.size),
      "Last-Modified": httpDate(object.modified),
      "x-oss-hash-crc64ecma": String(object.crc64),
    });
  },
};

function read(call: Call): Answer {
  const object = behindLink(call, objectOf(call));
  checkConditions(call.headers, object);
  const standard = call.headers.get("x-oss-range-behavior") === "standard";
  const range = rangeOf(call.headers.get("range"), object.size, standard);
  const headers = headersOf(object);
  override(headers, call);
  if (range === undefined) {
    headers["Content-Length"] = String(object.size);
    return { status: 200, headers, body: object.content };
  }
  const { start, end } = range;
  headers["Content-Length"] = String(end - start);
  headers["Content-Range"] = `bytes ${start}-${end - 1}/${object.size}`;
  return { status: 206, headers, body: slice(object.content, start, end) };
}

/**
 * What a symlink stands for (OSS document "PutSymlink").
 *
 * @throws OssError SymlinkTargetNotExist, InvalidTargetType for a link to a link, AccessDenied
 */
function behindLink(call: Call, object: StoredObject): StoredObject {
  if (object.target === undefined) return object;
  const bucket = bucketOf(call);
  const target = bucket.objects.get(object.target);
  if (target === undefined) {
    throw new OssError(404, "SymlinkTargetNotExist", "The symlink target object does not exist.", {
      TargetObject: object.target,
    });
  }
  if (target.target !== undefined) {
    throw new OssError(400, "InvalidTargetType", "The symlink's target object type is invalid.", {
      TargetObject: object.target,
    });
  }
  if (call.isAnonymous) authorizeAnonymous("read-object", bucket, target);
  return target;
}

/** The CRC64 is that of the whole object, also in the answer to a range. */
function headersOf(object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = {
    "Content-Type": "application/octet-stream",
    "Accept-Ranges": "bytes",
    ETag: `"${object.etag}"`,
    "Last-Modified": httpDate(object.modified),
    "x-oss-object-type": object.type,
    "x-oss-storage-class": "Standard",
    "x-oss-hash-crc64ecma": String(object.crc64),
  };
  const md5 = object.type === "Normal" ? md5Of(object.etag) : undefined;
  if (md5 !== undefined) headers["Content-MD5"] = md5;
  if (object.tags.length > 0) headers["x-oss-tagging-count"] = String(object.tags.length);
  for (const name in object.headers) headers[CANONICAL[name] ?? name] = object.headers[name] as string;
  return headers;
}

const CANONICAL: Readonly<Record<string, string>> = {
  "cache-control": "Cache-Control",
  "content-disposition": "Content-Disposition",
  "content-encoding": "Content-Encoding",
  "content-language": "Content-Language",
  "content-type": "Content-Type",
  expires: "Expires",
};

/** `response-content-type` and its five sisters in the query of a signed request. */
function override(headers: Record<string, string>, { query, isAnonymous }: Call): void {
  for (const [name, value] of query.entries) {
    const header = name.startsWith("response-") ? CANONICAL[name.slice("response-".length)] : undefined;
    if (header === undefined) continue;
    if (isAnonymous) {
      throw new OssError(400, "InvalidRequest", "Anonymous requests cannot override response headers.");
    }
    headers[header] = value;
  }
}
