import type { Access } from "./call.ts";
import { accessDenied } from "./errors.ts";
import type { Bucket, StoredObject } from "./storage/store.ts";

/**
 * What anonymous requests may do (OSS document "ACL"): the object's own ACL counts, `default` means the bucket's.
 * A bucket or object that is not there is judged by what is: to the operation it will be missing anyway.
 *
 * @throws OssError AccessDenied
 */
export function authorizeAnonymous(
  access: Access,
  bucket: Bucket | undefined,
  object: StoredObject | undefined,
): void {
  if (access === "owner") throw accessDenied();
  if (bucket === undefined) return;
  const own = access === "read-bucket" ? undefined : object?.acl;
  const acl = own === undefined || own === "default" ? bucket.acl : own;
  const isAllowed = access === "write-object" ? acl === "public-read-write" : acl !== "private";
  if (!isAllowed) {
    throw acl === bucket.acl
      ? accessDenied()
      : accessDenied("You do not have read acl permission on this object.");
  }
}
