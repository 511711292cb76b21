import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import type { OssServer } from "../server.ts";

type Headers = Record<string, string>;
interface Reply {
  readonly res: { readonly status: number; readonly headers: Headers };
}
interface Listed {
  readonly name: string;
  readonly size: number;
  readonly etag: string;
}

/** As much of ali-oss 6.23 as the tests use; the package has no types of its own. */
export interface AliOss {
  put(key: string, content: Buffer, options?: object): Promise<Reply>;
  putStream(key: string, content: Readable, options?: object): Promise<Reply>;
  get(key: string, options?: object): Promise<Reply & { content: Buffer }>;
  head(key: string, options?: object): Promise<Reply & { status: number; meta: Headers | null }>;
  getObjectMeta(key: string): Promise<Reply & { status: number }>;
  copy(key: string, source: string, options?: object): Promise<Reply & { data: { etag: string } }>;
  delete(key: string): Promise<Reply>;
  deleteMulti(keys: string[], options?: object): Promise<Reply & { deleted: { Key: string }[] }>;
  list(query: object): Promise<{
    objects: Listed[];
    prefixes: string[] | null;
    isTruncated: boolean;
    nextMarker: string | null;
  }>;
  listV2(query: object): Promise<{
    objects: Listed[];
    prefixes: string[] | null;
    isTruncated: boolean;
    nextContinuationToken: string | null;
    keyCount: string;
  }>;
  initMultipartUpload(key: string, options?: object): Promise<{ uploadId: string }>;
  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    content: Buffer,
    start: number,
    end: number,
  ): Promise<Reply & { etag: string }>;
  uploadPartCopy(
    key: string,
    uploadId: string,
    number: number,
    range: string,
    source: { sourceKey: string; sourceBucketName: string },
  ): Promise<Reply & { etag: string }>;
  listParts(key: string, uploadId: string): Promise<{ parts: { PartNumber: string; Size: string }[] }>;
  listUploads(query: object): Promise<{ uploads: { name: string; uploadId: string }[] }>;
  completeMultipartUpload(
    key: string,
    uploadId: string,
    parts: { number: number; etag: string }[],
  ): Promise<Reply & { etag: string }>;
  abortMultipartUpload(key: string, uploadId: string): Promise<Reply>;
  putACL(key: string, acl: string): Promise<Reply>;
  getACL(key: string): Promise<{ acl: string }>;
  putBucket(name: string, options?: object): Promise<Reply>;
  deleteBucket(name: string): Promise<Reply>;
  putBucketACL(name: string, acl: string): Promise<Reply>;
  getBucketACL(name: string): Promise<{ acl: string }>;
  getBucketInfo(name: string): Promise<{ bucket: { Name: string; Location: string } }>;
  getBucketLocation(name: string): Promise<{ location: string }>;
  listBuckets(query?: object): Promise<{ buckets: { name: string }[] }>;
  signatureUrl(key: string, options?: object): string;
  signatureUrlV4(
    method: string,
    seconds: number,
    request: object,
    key: string,
    additional?: string[],
  ): Promise<string>;
  append(key: string, content: Buffer, options?: object): Promise<Reply & { nextAppendPosition: string }>;
  putSymlink(key: string, target: string, options?: object): Promise<Reply>;
  getSymlink(key: string): Promise<{ targetName: string }>;
  putObjectTagging(key: string, tags: Headers): Promise<Reply>;
  getObjectTagging(key: string): Promise<{ tag: Headers }>;
  deleteObjectTagging(key: string): Promise<Reply>;
}

const Client = createRequire(import.meta.url)("ali-oss") as new (options: object) => AliOss;

/** A real ali-oss client for the bucket `demo` of `server`. */
export function aliOss(server: OssServer, options: object = {}): AliOss {
  const { endpoint, accessKeyId, accessKeySecret } = server;
  return new Client({ endpoint, bucket: "demo", accessKeyId, accessKeySecret, ...options });
}
