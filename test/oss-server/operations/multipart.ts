import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { answer, xmlAnswer } from "../answer.ts";
import { receive } from "../body.ts";
import { bucketOf, type Call, type Operation } from "../call.ts";
import { combineCrc64 } from "../crc64.ts";
import { xmlDate } from "../dates.ts";
import { Digest } from "../digest.ts";
import { invalidArgument, invalidPart, malformedXml, noSuchUpload, OssError } from "../errors.ts";
import { checkObjectName } from "../names.ts";
import { aclOf, attributesOf, encryptionHeaders, md5Header, refuseEncryption } from "../object-headers.ts";
import type { Settings } from "../options.ts";
import { copyRangeOf } from "../ranges.ts";
import { type Content, chunksOf, slice } from "../storage/content.ts";
import type { Part, StoredObject, Upload } from "../storage/store.ts";
import { childrenOf, element, parseXml, textOf } from "../xml.ts";
import { encoderOf, encodingXml } from "./list.ts";
import { checkOverwrite, copySourceOf, seconds } from "./write.ts";

const MOST_PARTS = 10_000;
const LARGEST_BODY = 4 * 1024 * 1024;

/** OSS document "InitiateMultipartUpload". */
export const initiateMultipartUpload: Operation = {
  name: "InitiateMultipartUpload",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    checkObjectName(call.key);
    checkOverwrite(call);
    const attributes = attributesOf(call.headers);
    const upload = call.store.createUpload(bucket, call.key, { started: seconds(call.now), ...attributes });
    return xmlAnswer(
      "InitiateMultipartUploadResult",
      encodingXml(call) +
        element("Bucket", bucket.name) +
        element("Key", encoderOf(call)(call.key)) +
        element("UploadId", upload.id),
      encryptionHeaders(attributes.headers),
    );
  },
};

/** OSS document "UploadPart". A part number sent again replaces the part before. */
export const uploadPart: Operation = {
  name: "UploadPart",
  access: "owner",
  async run(call) {
    const upload = uploadOf(call);
    const number = partNumberOf(call);
    refuseEncryption(call.headers);
    using received = await receive(call.body, call.store, call.settings);
    const { content, size, etag, crc64: sum } = received;
    // The upload may have been completed or aborted while the bytes came in.
    const part = { number, content, size, etag, crc64: sum, modified: seconds(call.now) };
    call.store.putPart(uploadOf(call, upload), part);
    return answer(200, {
      ETag: `"${etag}"`,
      ...md5Header(etag),
      "x-oss-hash-crc64ecma": String(sum),
      ...encryptionHeaders(upload.headers),
    });
  },
};

/** OSS document "UploadPartCopy". */
export const uploadPartCopy: Operation = {
  name: "UploadPartCopy",
  access: "owner",
  async run(call) {
    const upload = uploadOf(call);
    const number = partNumberOf(call);
    const { source } = copySourceOf(call);
    const range = copyRangeOf(call.headers.get("x-oss-copy-source-range"), source.size);
    const content = slice(source.content, range.start, range.end);
    const size = range.end - range.start;
    call.store.retain(content);
    try {
      const sums = await sumsOf(source, content, size, call.settings);
      const part = { number, content, size, ...sums, modified: seconds(call.now) };
      call.store.putPart(uploadOf(call, upload), part);
      return xmlAnswer(
        "CopyPartResult",
        element("LastModified", xmlDate(part.modified)) + element("ETag", `"${part.etag}"`),
        {
          ETag: `"${part.etag}"`,
          "Content-Range": `bytes ${range.start}-${range.end - 1}/${source.size}`,
          "x-oss-hash-crc64ecma": String(part.crc64),
        },
      );
    } finally {
      call.store.release(content);
    }
  },
};

/** A whole simple object has its sums; anything else is read through, with a pause for others after each piece. */
async function sumsOf(source: StoredObject, content: Content, size: number, settings: Settings) {
  if (size === source.size && source.type === "Normal") return { etag: source.etag, crc64: source.crc64 };
  const digest = new Digest(settings.md5, settings.crc64());
  for (const chunk of chunksOf(content)) {
    digest.update(chunk);
    await nextTurn();
  }
  const { etag, crc64 } = digest.finish();
  return { etag, crc64 };
}

/** OSS document "CompleteMultipartUpload". */
export const completeMultipartUpload: Operation = {
  name: "CompleteMultipartUpload",
  access: "owner",
  async run(call) {
    const bucket = bucketOf(call);
    const given = uploadOf(call);
    refuseEncryption(call.headers);
    const body = await call.body.text(LARGEST_BODY);
    const upload = uploadOf(call, given);
    const parts = selectParts(call, upload, body);
    for (const part of parts.slice(0, -1)) {
      if (part.size < call.settings.minPartSize) throw entityTooSmall(part, call.settings.minPartSize);
    }
    checkOverwrite(call);
    const object: StoredObject = {
      content: parts.flatMap((part) => part.content),
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: etagOf(parts),
      crc64: combineCrc64(parts.map((part) => ({ crc64: part.crc64, length: part.size }))),
      modified: seconds(call.now),
      type: "Multipart",
      acl: call.headers.has("x-oss-object-acl") ? aclOf(call.headers) : upload.acl,
      headers: upload.headers,
      tags: upload.tags,
    };
    call.store.putObject(bucket, call.key, object);
    call.store.removeUpload(upload);
    return xmlAnswer(
      "CompleteMultipartUploadResult",
      encodingXml(call) +
        element("Location", `http://${call.host}/${encodeURIComponent(call.key)}`) +
        element("Bucket", bucket.name) +
        element("Key", encoderOf(call)(call.key)) +
        element("ETag", `"${object.etag}"`),
      {
        ETag: `"${object.etag}"`,
        "x-oss-hash-crc64ecma": String(object.crc64),
        ...encryptionHeaders(object.headers),
      },
    );
  },
};

/** The parts that the body lists, or all of them for `x-oss-complete-all: yes`. */
function selectParts(call: Call, upload: Upload, body: string): Part[] {
  if (call.headers.get("x-oss-complete-all")?.toLowerCase() === "yes") {
    if (body.trim() !== "") {
      throw new OssError(400, "InvalidArgument", "x-oss-complete-all goes without a body.");
    }
    const all = sortedParts(upload);
    if (all.length === 0) throw malformedXml();
    return all;
  }
  const root = parseXml(body);
  const listed = childrenOf(root, "Part");
  if (root.name !== "CompleteMultipartUpload" || listed.length === 0 || listed.length > MOST_PARTS) {
    throw malformedXml();
  }
  let before = 0;
  return listed.map((item) => {
    const number = Number(textOf(item, "PartNumber")?.trim());
    const etag = textOf(item, "ETag")?.trim();
    if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
    if (number <= before) {
      throw new OssError(
        400,
        "InvalidPartOrder",
        "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
      );
    }
    before = number;
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag.replace(/^"(.*)"$/, "$1").toUpperCase()) {
      throw invalidPart(number, etag);
    }
    return part;
  });
}

function entityTooSmall(part: Part, least: number): OssError {
  return new OssError(
    400,
    "EntityTooSmall",
    "Your proposed upload is smaller than the minimum allowed object size.",
    {
      ProposedSize: String(part.size),
      MinSizeAllowed: String(least),
      PartNumber: String(part.number),
      ETag: part.etag,
    },
  );
}

/** OSS calls it opaque: no MD5 of the content. Here the MD5 of the parts' ETags, and their count. */
function etagOf(parts: readonly Part[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part.etag);
  return `${md5.digest("hex").toUpperCase()}-${parts.length}`;
}

/** OSS document "AbortMultipartUpload". */
export const abortMultipartUpload: Operation = {
  name: "AbortMultipartUpload",
  access: "owner",
  run(call) {
    call.store.removeUpload(uploadOf(call));
    return answer(204);
  },
};

/**
 * The upload that is meant.
 *
 * @param expected the one it has to be still, after an await
 * @throws OssError NoSuchBucket, NoSuchUpload
 */
export function uploadOf(call: Call, expected?: Upload): Upload {
  const id = call.query.get("uploadId") ?? "";
  const upload = bucketOf(call).uploads.get(id);
  if (upload === undefined || upload.key !== call.key || (expected !== undefined && upload !== expected)) {
    throw noSuchUpload(id);
  }
  return upload;
}

/** In the order of their numbers. */
export function sortedParts(upload: Upload): Part[] {
  return [...upload.parts.values()].sort((a, b) => a.number - b.number);
}

function partNumberOf({ query }: Call): number {
  const text = query.get("partNumber") ?? "";
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 1 && number <= MOST_PARTS)) {
    throw invalidArgument(`Part number must be an integer between 1 and ${MOST_PARTS}.`, "partNumber", text);
  }
  return number;
}
