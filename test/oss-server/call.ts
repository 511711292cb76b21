import type { Answer } from "./answer.ts";
import type { RequestBody } from "./body.ts";
import { noSuchBucket, noSuchKey } from "./errors.ts";
import type { Fault } from "./faults.ts";
import type { Settings } from "./options.ts";
import type { Query } from "./request.ts";
import type { Bucket, Store, StoredObject } from "./storage/store.ts";

/** One request on its way through an operation. */
export interface Call {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: Query;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: RequestBody;
  readonly isAnonymous: boolean;
  /** Those that hit the request; all but a few are seen to elsewhere. */
  readonly faults: readonly Fault[];
  /** The Host header. */
  readonly host: string;
  readonly store: Store;
  readonly settings: Settings;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
}

/** What anonymous requests may do with it: by the object's ACL, by the bucket's, or nothing at all. */
export type Access = "read-object" | "write-object" | "read-bucket" | "owner";

export interface Operation {
  /** OSS's own name for it. */
  readonly name: string;
  readonly access: Access;
  readonly run: (call: Call) => Answer | Promise<Answer>;
}

/** The bucket that is meant. @throws OssError NoSuchBucket */
export function bucketOf({ store, bucket }: Call): Bucket {
  const found = store.bucket(bucket);
  if (found === undefined) throw noSuchBucket(bucket);
  return found;
}

/** The object that is meant. @throws OssError NoSuchBucket, NoSuchKey */
export function objectOf(call: Call): StoredObject {
  const found = bucketOf(call).objects.get(call.key);
  if (found === undefined) throw noSuchKey(call.key);
  return found;
}
