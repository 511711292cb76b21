import { createHash } from "node:crypto";
import { answer } from "../answer.ts";
import { bucketOf, type Operation, objectOf } from "../call.ts";
import { httpDate } from "../dates.ts";
import { invalidArgument, OssError } from "../errors.ts";
import { checkObjectName } from "../names.ts";
import { attributesOf } from "../object-headers.ts";
import { EMPTY_CONTENT } from "../storage/content.ts";
import { checkOverwrite, seconds } from "./write.ts";

/** OSS document "PutSymlink": whether the target is there is not asked until somebody reads. */
export const putSymlink: Operation = {
  name: "PutSymlink",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    checkObjectName(call.key);
    const header = call.headers.get("x-oss-symlink-target") ?? "";
    let target: string;
    try {
      target = decodeURIComponent(header);
    } catch {
      throw invalidArgument("The target has to be percent-encoded UTF-8.", "x-oss-symlink-target", header);
    }
    checkObjectName(target);
    checkOverwrite(call);
    const etag = createHash("md5").update(target).digest("hex").toUpperCase();
    call.store.putObject(bucket, call.key, {
      ...attributesOf(call.headers),
      content: EMPTY_CONTENT,
      size: 0,
      etag,
      crc64: 0n,
      modified: seconds(call.now),
      type: "Symlink",
      target,
    });
    return answer(200, { ETag: `"${etag}"` });
  },
};

/** OSS document "GetSymlink". */
export const getSymlink: Operation = {
  name: "GetSymlink",
  access: "owner",
  run(call) {
    const { target, etag, modified } = objectOf(call);
    if (target === undefined) {
      throw new OssError(400, "NotSymlink", "The object is not a symlink.", { Key: call.key });
    }
    return answer(200, {
      ETag: `"${etag}"`,
      "Last-Modified": httpDate(modified),
      "x-oss-symlink-target": encodeURIComponent(target),
    });
  },
};
