import { createHash, randomBytes } from "node:crypto";
import type { Backend, Blob, BlobWriter } from "./backend.ts";
import type { Content } from "./content.ts";
import { SortedMap } from "./keys.ts";
import {
  type ObjectRecord,
  type PartRecord,
  readContent,
  readObject,
  writeContent,
  writeObject,
} from "./records.ts";

export type BucketAcl = "private" | "public-read" | "public-read-write";
export type ObjectAcl = BucketAcl | "default";

export interface StoredObject {
  readonly content: Content;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly crc64: bigint;
  /** Milliseconds since 1970, whole seconds, as OSS tells them. */
  readonly modified: number;
  readonly type: "Normal" | "Multipart" | "Appendable" | "Symlink";
  readonly acl: ObjectAcl;
  /** Headers that came with the object and go out with it again, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** The key that a symlink stands for. */
  readonly target?: string;
}

export interface Part {
  readonly number: number;
  readonly content: Content;
  readonly size: number;
  readonly etag: string;
  readonly crc64: bigint;
  readonly modified: number;
}

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly started: number;
  readonly acl: ObjectAcl;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: StoredObject["tags"];
  readonly parts: Map<number, Part>;
}

export interface Bucket {
  readonly name: string;
  readonly created: number;
  acl: BucketAcl;
  readonly storageClass: string;
  readonly objects: SortedMap<StoredObject>;
  readonly uploads: Map<string, Upload>;
}

/**
 * Buckets, objects and unfinished uploads. Every change is synchronous: it is there for the next request, and in
 * the backend, when the call returns, so a check and the change that depends on it cannot be torn apart.
 */
export class Store {
  readonly #backend: Backend;
  readonly #buckets = new Map<string, Bucket>();
  readonly #users = new Map<Blob, number>();

  private constructor(backend: Backend) {
    this.#backend = backend;
  }

  static async open(backend: Backend): Promise<Store> {
    const store = new Store(backend);
    await store.#load();
    return store;
  }

  writer(size?: number): BlobWriter {
    return this.#backend.writer(size);
  }

  /** Sorted by name. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  createBucket(name: string, acl: BucketAcl, storageClass: string, created: number): Bucket {
    const objects = new SortedMap<StoredObject>();
    const bucket = { name, created, acl, storageClass, objects, uploads: new Map() };
    this.saveBucket(bucket);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  saveBucket({ name, created, acl, storageClass }: Bucket): void {
    this.#backend.save(bucketName(name), { created, acl, storageClass });
  }

  /** The bucket has to be empty. */
  deleteBucket(bucket: Bucket): void {
    this.#backend.forget(bucketName(bucket.name));
    this.#buckets.delete(bucket.name);
  }

  putObject(bucket: Bucket, key: string, object: StoredObject): void {
    const before = bucket.objects.get(key);
    this.#backend.save(objectName(bucket.name, key), writeObject(key, object));
    this.retain(object.content);
    bucket.objects.set(key, object);
    if (before !== undefined) this.release(before.content);
  }

  deleteObject(bucket: Bucket, key: string): boolean {
    const object = bucket.objects.get(key);
    if (object === undefined) return false;
    this.#backend.forget(objectName(bucket.name, key));
    bucket.objects.delete(key);
    this.release(object.content);
    return true;
  }

  createUpload(
    bucket: Bucket,
    key: string,
    about: Pick<Upload, "started" | "acl" | "headers" | "tags">,
  ): Upload {
    const id = randomBytes(16).toString("hex").toUpperCase();
    const upload = { id, bucket: bucket.name, key, ...about, parts: new Map() };
    this.#backend.save(uploadName(upload), { key, ...about });
    bucket.uploads.set(id, upload);
    return upload;
  }

  putPart(upload: Upload, part: Part): void {
    const { number, etag, modified, crc64 } = part;
    const record: PartRecord = {
      number,
      etag,
      modified,
      crc64: String(crc64),
      content: writeContent(part.content),
    };
    this.#backend.save(partName(upload, number), record);
    this.retain(part.content);
    const before = upload.parts.get(number);
    upload.parts.set(number, part);
    if (before !== undefined) this.release(before.content);
  }

  /** Ends an upload and frees its parts, but for the bytes that an object has taken over. */
  removeUpload(upload: Upload): void {
    this.#backend.forget(uploadName(upload));
    this.#buckets.get(upload.bucket)?.uploads.delete(upload.id);
    for (const part of upload.parts.values()) {
      this.#backend.forget(partName(upload, part.number));
      this.release(part.content);
    }
    upload.parts.clear();
  }

  /** Keeps the bytes of `content` until the same is released, whatever happens to the object meanwhile. */
  retain(content: Content): void {
    for (const { blob } of content) this.#users.set(blob, (this.#users.get(blob) ?? 0) + 1);
  }

  release(content: Content): void {
    for (const { blob } of content) {
      const users = this.#users.get(blob);
      if (users === undefined) throw new Error(`The blob ${blob.id} was released more often than retained.`);
      if (users > 1) this.#users.set(blob, users - 1);
      else {
        this.#users.delete(blob);
        this.#backend.removeBlob(blob);
      }
    }
  }

  close(): Promise<void> {
    return this.#backend.close();
  }

  async #load(): Promise<void> {
    const { records, blobs } = await this.#backend.load();
    const named = (kind: RegExp) =>
      records.flatMap(([name, record]) => {
        const match = kind.exec(name);
        return match === null ? [] : [{ name, match, record }];
      });
    for (const { match, record } of named(/^([^/]+)\/bucket$/)) {
      const name = match[1] as string;
      const about = record as Pick<Bucket, "created" | "acl" | "storageClass">;
      this.#buckets.set(name, { name, ...about, objects: new SortedMap(), uploads: new Map() });
    }
    for (const { name, match, record } of named(/^([^/]+)\/objects\//)) {
      const bucket = this.#buckets.get(match[1] as string);
      if (bucket === undefined) this.#backend.forget(name);
      else {
        const { key, object } = readObject(record as ObjectRecord, blobs);
        this.retain(object.content);
        bucket.objects.set(key, object);
      }
    }
    for (const { match, record } of named(/^([^/]+)\/uploads\/([^/]+)\/upload$/)) {
      const [, bucket, id] = match as unknown as [string, string, string];
      const about = record as Pick<Upload, "key" | "started" | "acl" | "headers" | "tags">;
      this.#buckets.get(bucket)?.uploads.set(id, { id, bucket, ...about, parts: new Map() });
    }
    for (const { name, match, record } of named(/^([^/]+)\/uploads\/([^/]+)\/part-/)) {
      const upload = this.#buckets.get(match[1] as string)?.uploads.get(match[2] as string);
      if (upload === undefined) this.#backend.forget(name);
      else {
        const { number, etag, modified, crc64, content: pieces } = record as PartRecord;
        const content = readContent(pieces, blobs);
        const size = content.reduce((sum, segment) => sum + segment.length, 0);
        this.retain(content);
        upload.parts.set(number, { number, content, size, etag, crc64: BigInt(crc64), modified });
      }
    }
    for (const blob of blobs.values()) if (!this.#users.has(blob)) this.#backend.removeBlob(blob);
  }
}

const bucketName = (bucket: string) => `${bucket}/bucket`;
const uploadName = (upload: Upload) => `${upload.bucket}/uploads/${upload.id}/upload`;
const partName = (upload: Upload, number: number) => `${upload.bucket}/uploads/${upload.id}/part-${number}`;
function objectName(bucket: string, key: string): string {
  const hash = createHash("sha256").update(key).digest("hex");
  return `${bucket}/objects/${hash.slice(0, 2)}/${hash.slice(2)}`;
}
