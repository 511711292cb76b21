import type { Operation } from "../call.ts";
import { methodNotAllowed, notImplemented, OssError } from "../errors.ts";
import type { Query, Target } from "../request.ts";
import { appendObject } from "./append.ts";
import * as bucket from "./bucket.ts";
import { deleteMultipleObjects, deleteObject } from "./delete.ts";
import { listObjects, listObjectsV2 } from "./list.ts";
import * as multipart from "./multipart.ts";
import { listMultipartUploads, listParts } from "./multipart-list.ts";
import { getObjectAcl, putObjectAcl } from "./object-acl.ts";
import { getObject, getObjectMeta, headObject } from "./read.ts";
import { getSymlink, putSymlink } from "./symlink.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./tagging.ts";
import { copyObject, putObject } from "./write.ts";

/** Method, then the query parameter that makes the operation what it is; "": none of them. */
type Table = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const SERVICE: Table = { GET: { "": bucket.listBuckets } };

const BUCKET: Table = {
  GET: {
    "": listObjects,
    acl: bucket.getBucketAcl,
    bucketInfo: bucket.getBucketInfo,
    stat: bucket.getBucketStat,
    "list-type": listObjectsV2,
    location: bucket.getBucketLocation,
    uploads: listMultipartUploads,
  },
  PUT: { "": bucket.putBucket, acl: bucket.putBucketAcl },
  POST: { delete: deleteMultipleObjects },
  DELETE: { "": bucket.deleteBucket },
};

const OBJECT: Table = {
  GET: {
    "": getObject,
    acl: getObjectAcl,
    objectMeta: getObjectMeta,
    symlink: getSymlink,
    tagging: getObjectTagging,
    uploadId: listParts,
  },
  HEAD: { "": headObject, objectMeta: getObjectMeta },
  PUT: {
    "": putObject,
    acl: putObjectAcl,
    symlink: putSymlink,
    tagging: putObjectTagging,
    uploadId: multipart.uploadPart,
  },
  POST: {
    append: appendObject,
    uploads: multipart.initiateMultipartUpload,
    uploadId: multipart.completeMultipartUpload,
  },
  DELETE: { "": deleteObject, tagging: deleteObjectTagging, uploadId: multipart.abortMultipartUpload },
};

/** Query parameters that ask for an operation of OSS which this server does not have. */
const MISSING = new Set(
  (
    "append asyncFetch cname cors encryption inventory lifecycle live logging metaQuery policy referer replication " +
    "requestPayment resourceGroup restore seal stat status style symlink tagging transferAcceleration versioning " +
    "versions vod website worm wormExtend x-oss-async-process x-oss-process x-oss-rename x-oss-select"
  ).split(" "),
);

/** @throws OssError MethodNotAllowed, or NotImplemented for what OSS has and this server has not */
export function operationFor(
  method: string,
  target: Target,
  query: Query,
  headers: ReadonlyMap<string, string>,
): Operation {
  const { table, resource } = tableFor(target);
  const ofMethod = table[method];
  const names = query.entries.map(([name]) => name);
  const missing = names.find((name) => MISSING.has(name) && ofMethod?.[name] === undefined);
  if (missing !== undefined) throw notImplemented(`This server does not implement ?${missing}.`);
  if (ofMethod === undefined) throw methodNotAllowed(method, resource);
  const chosen = names.find((name) => name !== "" && Object.hasOwn(ofMethod, name)) ?? "";
  const operation = ofMethod[chosen];
  if (operation === undefined) throw methodNotAllowed(method, resource);
  if (chosen === "list-type" && query.get(chosen) !== "2") {
    throw new OssError(400, "InvalidArgument", "The list-type has to be 2.", {
      ArgumentName: "list-type",
      ArgumentValue: query.get(chosen) ?? "",
    });
  }
  if (!headers.has("x-oss-copy-source")) return operation;
  if (operation === putObject) return copyObject;
  if (operation === multipart.uploadPart) return multipart.uploadPartCopy;
  return operation;
}

function tableFor({ bucket: name, key }: Target): { table: Table; resource: string } {
  if (name === "") return { table: SERVICE, resource: "SERVICE" };
  return key === "" ? { table: BUCKET, resource: "BUCKET" } : { table: OBJECT, resource: "OBJECT" };
}
