import { answer } from "../answer.ts";
import { receive } from "../body.ts";
import { bucketOf, type Operation } from "../call.ts";
import { combineCrc64 } from "../crc64.ts";
import { invalidArgument, OssError } from "../errors.ts";
import { checkObjectName } from "../names.ts";
import { attributesOf, encryptionHeaders } from "../object-headers.ts";
import type { StoredObject } from "../storage/store.ts";
import { seconds } from "./write.ts";

/** OSS document "AppendObject": the position has to be the length of the object so far. */
export const appendObject: Operation = {
  name: "AppendObject",
  access: "write-object",
  async run(call) {
    checkObjectName(call.key);
    const position = positionOf(call.query.get("position"));
    const attributes = attributesOf(call.headers);
    checkPosition(bucketOf(call).objects.get(call.key), position);
    const { maxPutSize } = call.settings;
    using received = await receive(call.body, call.store, call.settings, Math.max(0, maxPutSize - position));
    const bucket = bucketOf(call);
    const before = bucket.objects.get(call.key);
    checkPosition(before, position);
    const pieces = [
      { crc64: before?.crc64 ?? 0n, length: position },
      { crc64: received.crc64, length: received.size },
    ];
    const object: StoredObject = {
      ...(before ?? attributes),
      content: [...(before?.content ?? []), ...received.content],
      size: position + received.size,
      etag: etagOf(before, received.etag),
      crc64: combineCrc64(pieces),
      modified: seconds(call.now),
      type: "Appendable",
    };
    call.store.putObject(bucket, call.key, object);
    return answer(200, {
      ETag: `"${object.etag}"`,
      "x-oss-next-append-position": String(object.size),
      "x-oss-hash-crc64ecma": String(object.crc64),
      ...encryptionHeaders(object.headers),
    });
  },
};

/** Opaque, as OSS says; here it depends on the last append and the length. */
function etagOf(before: StoredObject | undefined, etag: string): string {
  const length = (before?.size ?? 0).toString(16).toUpperCase().padStart(8, "0").slice(-8);
  return `${etag.padEnd(24, "0").slice(0, 24)}${length}`;
}

function positionOf(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw invalidArgument("The position has to be a length in bytes.", "position", text ?? "null");
  }
  return Number(text);
}

function checkPosition(object: StoredObject | undefined, position: number): void {
  if (object !== undefined && object.type !== "Appendable") {
    throw new OssError(409, "ObjectNotAppendable", "The object is not appendable.");
  }
  const length = object?.size ?? 0;
  if (position !== length) {
    const next = { "x-oss-next-append-position": String(length) };
    throw new OssError(409, "PositionNotEqualToLength", "Position is not equal to file length.", {}, next);
  }
}
