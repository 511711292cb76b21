import { invalidArgument, OssError } from "./errors.ts";
import type { ObjectAcl, StoredObject } from "./storage/store.ts";

const KEPT = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-oss-server-side-data-encryption",
  "x-oss-server-side-encryption",
  "x-oss-server-side-encryption-key-id",
  "x-oss-storage-class",
]);
const STORAGE_CLASSES = new Set(["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"]);
const ENCRYPTIONS = new Set(["AES256", "KMS", "SM4"]);
const ACLS = new Set(["default", "private", "public-read", "public-read-write"]);
const METADATA_LIMIT = 8 * 1024;

export type ObjectAttributes = Pick<StoredObject, "headers" | "acl" | "tags">;

/**
 * What a request says of the object that it makes: headers to keep, ACL and tags.
 *
 * @throws OssError for a value that OSS does not know, or user metadata of more than 8 KiB
 */
export function attributesOf(headers: ReadonlyMap<string, string>): ObjectAttributes {
  const kept: Record<string, string> = {};
  let metadata = 0;
  for (const [name, value] of headers) {
    if (name.startsWith("x-oss-meta-")) {
      metadata += Buffer.byteLength(name) + Buffer.byteLength(value);
      kept[name] = value;
    } else if (KEPT.has(name)) kept[name] = value;
  }
  if (metadata > METADATA_LIMIT) {
    throw new OssError(
      400,
      "InvalidArgument",
      "The total size of user metadata exceeds the maximum allowed size of 8 KB.",
    );
  }
  const encryption = kept["x-oss-server-side-encryption"];
  if (encryption !== undefined && !ENCRYPTIONS.has(encryption)) {
    throw new OssError(
      400,
      "InvalidEncryptionAlgorithmError",
      "The Encryption request you specified is not valid. Supported value: AES256/KMS/SM4.",
    );
  }
  const storageClass = kept["x-oss-storage-class"];
  if (storageClass !== undefined && !STORAGE_CLASSES.has(storageClass)) {
    throw invalidArgument("The storage class is not valid.", "x-oss-storage-class", storageClass);
  }
  return { headers: kept, acl: aclOf(headers), tags: tagsOf(headers.get("x-oss-tagging")) };
}

/** `x-oss-object-acl`. */
export function aclOf(headers: ReadonlyMap<string, string>): ObjectAcl {
  const acl = headers.get("x-oss-object-acl") ?? "default";
  if (!ACLS.has(acl)) throw invalidArgument("The object ACL is not valid.", "x-oss-object-acl", acl);
  return acl as ObjectAcl;
}

function tagsOf(header: string | undefined): StoredObject["tags"] {
  if (header === undefined) return [];
  return checkTags([...new URLSearchParams(header)]);
}

/** At most 10 tags, keys of 1 to 128 and values of up to 256 characters, no key twice (OSS document "PutObjectTagging"). */
export function checkTags(tags: readonly (readonly [string, string])[]): StoredObject["tags"] {
  const isRight = ([key, value]: readonly [string, string]) =>
    key.length >= 1 && key.length <= 128 && value.length <= 256;
  if (tags.length > 10 || !tags.every(isRight) || new Set(tags.map(([key]) => key)).size < tags.length) {
    throw new OssError(400, "InvalidTag", "The tags you provided are not valid.");
  }
  return tags;
}

/** Headers that every answer about the object bears, of what was kept with it. */
export function encryptionHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith("x-oss-server-side-")),
  );
}

/** @throws OssError InvalidArgument: encryption headers are for calls that make an object, and no others */
export function refuseEncryption(headers: ReadonlyMap<string, string>): void {
  const value = headers.get("x-oss-server-side-encryption");
  if (value !== undefined) {
    throw invalidArgument(
      "x-oss-server-side-encryption is not supported by this call.",
      "x-oss-server-side-encryption",
      value,
    );
  }
}

/** `Content-MD5` for an ETag that is an MD5; nothing for an opaque one. */
export function md5Header(etag: string): Record<string, string> {
  const md5 = md5Of(etag);
  return md5 === undefined ? {} : { "Content-MD5": md5 };
}

/** The MD5 that an ETag is, in base64; undefined for an opaque one. */
export function md5Of(etag: string): string | undefined {
  return /^[0-9A-F]{32}$/.test(etag) ? Buffer.from(etag, "hex").toString("base64") : undefined;
}
