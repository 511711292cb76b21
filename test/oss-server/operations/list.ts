import { xmlAnswer } from "../answer.ts";
import { bucketOf, type Call, type Operation } from "../call.ts";
import { xmlDate } from "../dates.ts";
import { invalidArgument } from "../errors.ts";
import { listPage, type Page } from "../listing.ts";
import type { StoredObject } from "../storage/store.ts";
import { element } from "../xml.ts";
import { ownerXml } from "./owner.ts";

const DEFAULT_KEYS = 100;
const MOST_KEYS = 1000;

/** OSS document "ListObjects (GetBucket)". */
export const listObjects: Operation = {
  name: "ListObjects",
  access: "read-bucket",
  run(call) {
    const bucket = bucketOf(call);
    const { prefix, delimiter, limit, encode } = readQuestion(call);
    const marker = call.query.get("marker") ?? "";
    const page = listPage(bucket.objects, { prefix, delimiter, after: marker, limit });
    return xmlAnswer(
      "ListBucketResult",
      element("Name", bucket.name) +
        element("Prefix", encode(prefix)) +
        element("Marker", encode(marker)) +
        element("MaxKeys", limit) +
        element("Delimiter", encode(delimiter)) +
        encodingXml(call) +
        element("IsTruncated", page.isTruncated) +
        (page.isTruncated ? element("NextMarker", encode(page.last)) : "") +
        entriesXml(page, encode, true),
    );
  },
};

/** OSS document "ListObjectsV2 (GetBucketV2)". */
export const listObjectsV2: Operation = {
  name: "ListObjectsV2",
  access: "read-bucket",
  run(call) {
    const bucket = bucketOf(call);
    const { prefix, delimiter, limit, encode } = readQuestion(call);
    const startAfter = call.query.get("start-after");
    const token = call.query.get("continuation-token");
    const after = token === undefined || token === "" ? (startAfter ?? "") : readToken(token);
    const page = listPage(bucket.objects, { prefix, delimiter, after, limit });
    return xmlAnswer(
      "ListBucketResult",
      element("Name", bucket.name) +
        element("Prefix", encode(prefix)) +
        (startAfter === undefined ? "" : element("StartAfter", encode(startAfter))) +
        element("MaxKeys", limit) +
        element("Delimiter", encode(delimiter)) +
        encodingXml(call) +
        element("IsTruncated", page.isTruncated) +
        (token === undefined ? "" : element("ContinuationToken", token)) +
        (page.isTruncated ? element("NextContinuationToken", writeToken(page.last)) : "") +
        entriesXml(page, encode, call.query.get("fetch-owner") === "true") +
        element("KeyCount", page.items.length + page.prefixes.length),
    );
  },
};

function readQuestion(call: Call) {
  const { query } = call;
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    limit: readLimit(query.get("max-keys"), "max-keys", DEFAULT_KEYS),
    encode: encoderOf(call),
  };
}

/** `max-keys` and its sisters: 1 to 1000. */
export function readLimit(text: string | undefined, name: string, usual: number): number {
  if (text === undefined || text === "") return usual;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(limit >= 1 && limit <= MOST_KEYS)) {
    throw invalidArgument(`Argument ${name} must be an integer between 1 and ${MOST_KEYS}.`, name, text);
  }
  return limit;
}

/** `encoding-type=url`: names are percent-encoded in the answer, so that XML can carry any. */
export function encoderOf({ query }: Call): (name: string) => string {
  const encoding = query.get("encoding-type") ?? "";
  if (encoding !== "" && encoding !== "url") {
    throw invalidArgument("The encoding-type has to be url.", "encoding-type", encoding);
  }
  return encoding === "url" ? encodeURIComponent : (name) => name;
}

export function encodingXml({ query }: Call): string {
  return query.get("encoding-type") === "url" ? element("EncodingType", "url") : "";
}

function entriesXml(page: Page<StoredObject>, encode: (name: string) => string, withOwner: boolean): string {
  let xml = "";
  for (const [key, object] of page.items) {
    xml +=
      `<Contents>${element("Key", encode(key))}` +
      `<LastModified>${xmlDate(object.modified)}</LastModified><ETag>&quot;${object.etag}&quot;</ETag>` +
      `<Type>${object.type}</Type><Size>${object.size}</Size>` +
      `<StorageClass>${object.headers["x-oss-storage-class"] ?? "Standard"}</StorageClass>` +
      `${withOwner ? ownerXml() : ""}</Contents>`;
  }
  for (const prefix of page.prefixes) {
    xml += `<CommonPrefixes>${element("Prefix", encode(prefix))}</CommonPrefixes>`;
  }
  return xml;
}

function writeToken(last: string): string {
  return Buffer.from(`1.${last}`).toString("base64");
}

function readToken(token: string): string {
  const text = Buffer.from(token, "base64").toString("utf8");
  if (!text.startsWith("1.") || writeToken(text.slice(2)) !== token) {
    throw invalidArgument("The continuation token provided is incorrect.", "continuation-token", token);
  }
  return text.slice(2);
}
