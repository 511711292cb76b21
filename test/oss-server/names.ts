import { OssError } from "./errors.ts";

/** 3 to 63 of a-z, 0-9 and "-", with a letter or digit at both ends (OSS document "Bucket naming conventions"). */
export function checkBucketName(name: string): void {
  if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) return;
  throw new OssError(400, "InvalidBucketName", "The specified bucket is not valid.", { BucketName: name });
}

/** 1 to 1023 bytes of UTF-8 with no "/" or "\" in front (OSS document "Object naming conventions"). */
export function checkObjectName(key: string): void {
  if (key !== "" && Buffer.byteLength(key) <= 1023 && !/^[/\\]/.test(key)) return;
  throw new OssError(400, "InvalidObjectName", "The specified object is not valid.", { ObjectName: key });
}
