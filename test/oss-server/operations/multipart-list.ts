import { xmlAnswer } from "../answer.ts";
import { bucketOf, type Operation } from "../call.ts";
import { xmlDate } from "../dates.ts";
import { invalidArgument } from "../errors.ts";
import { listPage } from "../listing.ts";
import { compareUtf8, SortedMap } from "../storage/keys.ts";
import type { Bucket, Upload } from "../storage/store.ts";
import { element } from "../xml.ts";
import { encoderOf, encodingXml, readLimit } from "./list.ts";
import { sortedParts, uploadOf } from "./multipart.ts";
import { ownerXml } from "./owner.ts";

const USUAL_LIMIT = 1000;

/** OSS document "ListParts". */
export const listParts: Operation = {
  name: "ListParts",
  access: "owner",
  run(call) {
    const upload = uploadOf(call);
    const limit = readLimit(call.query.get("max-parts"), "max-parts", USUAL_LIMIT);
    const marker = call.query.get("part-number-marker") ?? "0";
    if (!/^\d{1,9}$/.test(marker)) {
      throw invalidArgument("part-number-marker has to be a number.", "part-number-marker", marker);
    }
    const left = sortedParts(upload).filter((part) => part.number > Number(marker));
    const page = left.slice(0, limit);
    return xmlAnswer(
      "ListPartsResult",
      encodingXml(call) +
        element("Bucket", call.bucket) +
        element("Key", encoderOf(call)(call.key)) +
        element("UploadId", upload.id) +
        element("StorageClass", upload.headers["x-oss-storage-class"] ?? "Standard") +
        element("PartNumberMarker", Number(marker)) +
        element("NextPartNumberMarker", page.at(-1)?.number ?? Number(marker)) +
        element("MaxParts", limit) +
        element("IsTruncated", left.length > page.length) +
        page
          .map(
            (part) =>
              `<Part>${element("PartNumber", part.number)}${element("LastModified", xmlDate(part.modified))}` +
              `${element("ETag", `"${part.etag}"`)}${element("HashCrc64ecma", part.crc64)}` +
              `${element("Size", part.size)}</Part>`,
          )
          .join(""),
    );
  },
};

/** OSS document "ListMultipartUploads": by key in byte order, then by upload id. */
export const listMultipartUploads: Operation = {
  name: "ListMultipartUploads",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    const { query } = call;
    const encode = encoderOf(call);
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const keyMarker = query.get("key-marker") ?? "";
    // Without a key marker the upload id marker has no meaning and is ignored.
    const idMarker = keyMarker === "" ? "" : (query.get("upload-id-marker") ?? "");
    const limit = readLimit(query.get("max-uploads"), "max-uploads", USUAL_LIMIT);
    const found = bySortKey(bucket, keyMarker, idMarker);
    const page = listPage(found, { prefix, delimiter, after: keyMarker, limit });
    const last = page.items.at(-1)?.[1];
    const endsWithPrefix = last === undefined || compareUtf8(page.last, sortKey(last)) !== 0;
    return xmlAnswer(
      "ListMultipartUploadsResult",
      encodingXml(call) +
        element("Bucket", bucket.name) +
        element("KeyMarker", encode(keyMarker)) +
        element("UploadIdMarker", idMarker) +
        element("NextKeyMarker", page.isTruncated ? encode(endsWithPrefix ? page.last : last.key) : "") +
        element("NextUploadIdMarker", page.isTruncated && !endsWithPrefix ? last.id : "") +
        element("Delimiter", encode(delimiter)) +
        element("Prefix", encode(prefix)) +
        element("MaxUploads", limit) +
        element("IsTruncated", page.isTruncated) +
        page.items
          .map(
            ([, upload]) =>
              `<Upload>${element("Key", encode(upload.key))}${element("UploadId", upload.id)}` +
              `${element("StorageClass", upload.headers["x-oss-storage-class"] ?? "Standard")}${ownerXml()}` +
              `${element("Initiated", xmlDate(upload.started))}</Upload>`,
          )
          .join("") +
        page.prefixes
          .map((name) => `<CommonPrefixes>${element("Prefix", encode(name))}</CommonPrefixes>`)
          .join(""),
    );
  },
};

const sortKey = (upload: Upload) => `${upload.key}\u0000${upload.id}`;

/** The uploads behind the markers, in the order of the answer. */
function bySortKey(bucket: Bucket, keyMarker: string, idMarker: string): SortedMap<Upload> {
  const found = new SortedMap<Upload>();
  for (const upload of bucket.uploads.values()) {
    const order = compareUtf8(upload.key, keyMarker);
    if (keyMarker !== "" && (order < 0 || (order === 0 && (idMarker === "" || upload.id <= idMarker))))
      continue;
    found.set(sortKey(upload), upload);
  }
  return found;
}
