import { type Answer, answer, xmlAnswer } from "../answer.ts";
import { receive } from "../body.ts";
import { bucketOf, type Call, type Operation } from "../call.ts";
import { checkConditions } from "../conditions.ts";
import { xmlDate } from "../dates.ts";
import { fileAlreadyExists, invalidArgument, noSuchBucket, noSuchKey, OssError } from "../errors.ts";
import { checkObjectName } from "../names.ts";
import { attributesOf, encryptionHeaders, md5Header, type ObjectAttributes } from "../object-headers.ts";
import type { StoredObject } from "../storage/store.ts";
import { element } from "../xml.ts";

/** OSS document "PutObject". */
export const putObject: Operation = {
  name: "PutObject",
  access: "write-object",
  async run(call) {
    bucketOf(call);
    checkObjectName(call.key);
    refuseWriteConditions(call);
    const attributes = attributesOf(call.headers);
    checkOverwrite(call);
    using received = await receive(call.body, call.store, call.settings);
    // Both once more: much may have happened while the bytes came in.
    const bucket = bucketOf(call);
    checkOverwrite(call);
    const { content, size, etag, crc64 } = received;
    const modified = seconds(call.now);
    call.store.putObject(bucket, call.key, {
      content,
      size,
      etag,
      crc64,
      modified,
      type: "Normal",
      ...attributes,
    });
    return answer(200, {
      ETag: `"${etag}"`,
      ...md5Header(etag),
      "x-oss-hash-crc64ecma": String(crc64),
      ...encryptionHeaders(attributes.headers),
    });
  },
};

/** OSS document "CopyObject". */
export const copyObject: Operation = {
  name: "CopyObject",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    checkObjectName(call.key);
    const { source, isOfSameBucket } = copySourceOf(call);
    const { maxCopySize, maxCopySizeInBucket } = call.settings;
    const limit = isOfSameBucket ? maxCopySizeInBucket : maxCopySize;
    if (source.size > limit) {
      throw new OssError(
        400,
        "EntityTooLarge",
        "The source object is too large for CopyObject; use UploadPartCopy.",
        { MaxSizeAllowed: String(limit) },
      );
    }
    checkOverwrite(call);
    const object: StoredObject = {
      ...source,
      ...copiedAttributes(call, source),
      modified: seconds(call.now),
    };
    call.store.putObject(bucket, call.key, object);
    return copyAnswer(object);
  },
};

function copyAnswer(object: StoredObject): Answer {
  return xmlAnswer(
    "CopyObjectResult",
    element("ETag", `"${object.etag}"`) + element("LastModified", xmlDate(object.modified)),
    {
      ETag: `"${object.etag}"`,
      "x-oss-hash-crc64ecma": String(object.crc64),
      ...encryptionHeaders(object.headers),
    },
  );
}

/** Metadata and tags of a copy: the source's (`COPY`) or the request's (`REPLACE`). */
function copiedAttributes({ headers }: Call, source: StoredObject): ObjectAttributes {
  const given = attributesOf(headers);
  const directive = (name: string) => {
    const value = headers.get(name) ?? "COPY";
    if (value !== "COPY" && value !== "REPLACE" && value !== "Copy" && value !== "Replace") {
      throw invalidArgument(`${name} has to be COPY or REPLACE.`, name, value);
    }
    return value.toUpperCase();
  };
  const isOwnHeader = (name: string) =>
    name.startsWith("x-oss-server-side-") || name === "x-oss-storage-class";
  const own = Object.entries(given.headers).filter(([name]) => isOwnHeader(name));
  const inherited = Object.entries(source.headers).filter(([name]) => !isOwnHeader(name));
  return {
    headers:
      directive("x-oss-metadata-directive") === "REPLACE"
        ? given.headers
        : Object.fromEntries([...inherited, ...own]),
    acl: given.acl,
    tags: directive("x-oss-tagging-directive") === "REPLACE" ? given.tags : source.tags,
  };
}

/**
 * The object that `x-oss-copy-source: /bucket/key` names (percent-encoded), its conditions checked.
 *
 * @throws OssError InvalidArgument, NoSuchBucket, NoSuchKey, PreconditionFailed, NotModified
 */
export function copySourceOf(call: Call): { source: StoredObject; isOfSameBucket: boolean } {
  const { headers, store } = call;
  const header = headers.get("x-oss-copy-source") ?? "";
  const invalid = () =>
    invalidArgument(
      "Copy Source must mention the source bucket and key: /bucket/key.",
      "x-oss-copy-source",
      header,
    );
  let path: string;
  try {
    path = decodeURIComponent(header.replace(/\?versionId=.*$/, ""));
  } catch {
    throw invalid();
  }
  const match = /^\/?([^/]+)\/(.+)$/s.exec(path);
  if (match === null) throw invalid();
  const [, bucketName, key] = match as unknown as [string, string, string];
  const bucket = store.bucket(bucketName);
  if (bucket === undefined) throw noSuchBucket(bucketName);
  const source = bucket.objects.get(key);
  if (source === undefined) throw noSuchKey(key);
  checkConditions(headers, source, "x-oss-copy-source-");
  return { source, isOfSameBucket: bucketName === call.bucket };
}

/** `x-oss-forbid-overwrite: true`. @throws OssError FileAlreadyExists (409) */
export function checkOverwrite(call: Call): void {
  const { headers, key } = call;
  const forbid = headers.get("x-oss-forbid-overwrite");
  if (forbid === undefined || forbid === "false") return;
  if (forbid !== "true") {
    throw invalidArgument(
      "x-oss-forbid-overwrite has to be true or false.",
      "x-oss-forbid-overwrite",
      forbid,
    );
  }
  if (bucketOf(call).objects.get(key) !== undefined) throw fileAlreadyExists(key);
}

/** OSS has no conditional put but x-oss-forbid-overwrite. */
function refuseWriteConditions({ headers }: Call): void {
  for (const name of ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"]) {
    const value = headers.get(name);
    if (value !== undefined) {
      throw new OssError(
        400,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented.",
        {
          Header: name,
        },
      );
    }
  }
}

/** Objects are dated to the second. */
export const seconds = (time: number): number => Math.floor(time / 1000) * 1000;
