import { type Answer, answer, xmlAnswer } from "../answer.ts";
import { bucketOf, type Call, type Operation } from "../call.ts";
import { xmlDate } from "../dates.ts";
import { invalidArgument, malformedXml, OssError } from "../errors.ts";
import { checkBucketName } from "../names.ts";
import type { Bucket, BucketAcl } from "../storage/store.ts";
import { element, parseXml, textOf } from "../xml.ts";
import { readLimit } from "./list.ts";
import { ownerXml } from "./owner.ts";

const LARGEST_BODY = 64 * 1024;
const ACLS = new Set(["private", "public-read", "public-read-write"]);

/** OSS document "PutBucket": of a bucket that is there it sets the ACL, as there is one account only. */
export const putBucket: Operation = {
  name: "PutBucket",
  access: "owner",
  async run(call) {
    checkBucketName(call.bucket);
    const acl = bucketAclOf(call);
    const body = (await call.body.text(LARGEST_BODY)).trim();
    let storageClass = "Standard";
    if (body !== "") {
      const root = parseXml(body);
      if (root.name !== "CreateBucketConfiguration") throw malformedXml();
      storageClass = textOf(root, "StorageClass") ?? storageClass;
    }
    const bucket = call.store.bucket(call.bucket);
    if (bucket === undefined) call.store.createBucket(call.bucket, acl ?? "private", storageClass, call.now);
    else if (acl !== undefined) setAcl(call, bucket, acl);
    return answer(200, { Location: `/${call.bucket}` });
  },
};

/** OSS document "DeleteBucket". */
export const deleteBucket: Operation = {
  name: "DeleteBucket",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    if (bucket.objects.size > 0 || bucket.uploads.size > 0) {
      throw new OssError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.", {
        BucketName: bucket.name,
      });
    }
    call.store.deleteBucket(bucket);
    return answer(204);
  },
};

/** OSS document "GetBucketInfo". */
export const getBucketInfo: Operation = {
  name: "GetBucketInfo",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    return xmlAnswer(
      "BucketInfo",
      `<Bucket>${bucketXml(call, bucket)}${ownerXml()}` +
        `<AccessControlList>${element("Grant", bucket.acl)}</AccessControlList>` +
        `${element("DataRedundancyType", "LRS")}${element("Versioning", "")}</Bucket>`,
    );
  },
};

/** OSS document "GetBucketStat". */
export const getBucketStat: Operation = {
  name: "GetBucketStat",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    let storage = 0;
    for (const [, object] of bucket.objects.from("")) storage += object.size;
    return xmlAnswer(
      "BucketStat",
      element("Storage", storage) +
        element("ObjectCount", bucket.objects.size) +
        element("MultipartUploadCount", bucket.uploads.size),
    );
  },
};

/** OSS document "GetBucketLocation". */
export const getBucketLocation: Operation = {
  name: "GetBucketLocation",
  access: "owner",
  run(call) {
    bucketOf(call);
    return xmlAnswer("LocationConstraint", `oss-${call.settings.region}`);
  },
};

/** OSS document "ListBuckets (GetService)". */
export const listBuckets: Operation = {
  name: "ListBuckets",
  access: "owner",
  run(call) {
    const prefix = call.query.get("prefix") ?? "";
    const marker = call.query.get("marker") ?? "";
    const limit = readLimit(call.query.get("max-keys"), "max-keys", 100);
    const found = call.store.buckets().filter(({ name }) => name.startsWith(prefix) && name > marker);
    const page = found.slice(0, limit);
    const isTruncated = found.length > page.length;
    return xmlAnswer(
      "ListAllMyBucketsResult",
      element("Prefix", prefix) +
        element("Marker", marker) +
        element("MaxKeys", limit) +
        element("IsTruncated", isTruncated) +
        (isTruncated ? element("NextMarker", page.at(-1)?.name ?? "") : "") +
        ownerXml() +
        `<Buckets>${page.map((bucket) => `<Bucket>${bucketXml(call, bucket)}</Bucket>`).join("")}</Buckets>`,
    );
  },
};

/** OSS document "GetBucketAcl". */
export const getBucketAcl: Operation = {
  name: "GetBucketAcl",
  access: "owner",
  run: (call) => aclAnswer(bucketOf(call).acl),
};

/** OSS document "PutBucketAcl". */
export const putBucketAcl: Operation = {
  name: "PutBucketAcl",
  access: "owner",
  run(call) {
    const bucket = bucketOf(call);
    const acl = bucketAclOf(call);
    if (acl === undefined) throw invalidArgument("No x-oss-acl was given.", "x-oss-acl", "null");
    setAcl(call, bucket, acl);
    return answer(200);
  },
};

export function aclAnswer(acl: string): Answer {
  return xmlAnswer(
    "AccessControlPolicy",
    `${ownerXml()}<AccessControlList>${element("Grant", acl)}</AccessControlList>`,
  );
}

function setAcl(call: Call, bucket: Bucket, acl: BucketAcl): void {
  bucket.acl = acl;
  call.store.saveBucket(bucket);
}

function bucketAclOf({ headers }: Call): BucketAcl | undefined {
  const acl = headers.get("x-oss-acl");
  if (acl === undefined) return undefined;
  if (!ACLS.has(acl)) throw invalidArgument("The bucket ACL is not valid.", "x-oss-acl", acl);
  return acl as BucketAcl;
}

function bucketXml({ settings }: Call, bucket: Bucket): string {
  const location = `oss-${settings.region}`;
  return (
    element("CreationDate", xmlDate(bucket.created)) +
    element("ExtranetEndpoint", `${location}.aliyuncs.com`) +
    element("IntranetEndpoint", `${location}-internal.aliyuncs.com`) +
    element("Location", location) +
    element("Name", bucket.name) +
    element("Region", settings.region) +
    element("StorageClass", bucket.storageClass)
  );
}
