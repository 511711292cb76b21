import { receiveBytes } from "./body.ts";
import { checkBucketName, checkObjectName } from "./names.ts";
import { readAll } from "./storage/content.ts";
import type { Bucket, Store } from "./storage/store.ts";

/** An upload that was neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly parts: readonly { readonly number: number; readonly size: number }[];
}

/** What a test does to a server's store, and looks up there, past HTTP. */
export interface DirectAccess {
  /** Stores an object; makes the bucket if need be. */
  put(bucket: string, key: string, bytes: Uint8Array | string): Promise<void>;
  /** The bytes of an object, or undefined. */
  get(bucket: string, key: string): Promise<Uint8Array | undefined>;
  /** Removes an object; whether it was there. */
  remove(bucket: string, key: string): boolean;
  /** The keys of a bucket in byte order. */
  keys(bucket: string): string[];
  /** The unfinished multipart uploads of a bucket. */
  uploads(bucket: string): UnfinishedUpload[];
}

export function directAccess(store: Store, clock: () => number): DirectAccess {
  const existing = (name: string): Bucket => {
    const bucket = store.bucket(name);
    if (bucket === undefined) throw new Error(`The server has no bucket "${name}".`);
    return bucket;
  };
  return {
    async put(bucketName, key, bytes) {
      checkObjectName(key);
      const bucket = ensureBucket(store, bucketName, clock());
      using received = await receiveBytes(Buffer.from(bytes as Uint8Array), store);
      const { content, size, etag, crc64 } = received;
      const modified = Math.floor(clock() / 1000) * 1000;
      store.putObject(bucket, key, {
        ...{ content, size, etag, crc64, modified },
        ...{ type: "Normal", acl: "default", headers: {}, tags: [] },
      });
    },
    async get(bucketName, key) {
      const object = existing(bucketName).objects.get(key);
      return object === undefined ? undefined : readAll(object.content);
    },
    remove: (bucketName, key) => store.deleteObject(existing(bucketName), key),
    keys: (bucketName) => [...existing(bucketName).objects.from("")].map(([key]) => key),
    uploads: (bucketName) =>
      [...existing(bucketName).uploads.values()].map(({ key, id, started, parts }) => ({
        key,
        uploadId: id,
        started,
        parts: [...parts.values()].map(({ number, size }) => ({ number, size })),
      })),
  };
}

/** The bucket of that name, made if it is not there. @throws OssError InvalidBucketName */
export function ensureBucket(store: Store, name: string, now: number): Bucket {
  checkBucketName(name);
  return store.bucket(name) ?? store.createBucket(name, "private", "Standard", now);
}
