import type { Blob } from "./backend.ts";
import type { Content } from "./content.ts";
import type { StoredObject } from "./store.ts";

/** A `Content` as JSON: blob, first byte, length. */
export type ContentRecord = readonly (readonly [blob: string, start: number, length: number])[];

export interface ObjectRecord {
  readonly key: string;
  readonly object: Omit<StoredObject, "content" | "crc64">;
  readonly crc64: string;
  readonly content: ContentRecord;
}

export interface PartRecord {
  readonly number: number;
  readonly etag: string;
  readonly modified: number;
  readonly crc64: string;
  readonly content: ContentRecord;
}

export function writeContent(content: Content): ContentRecord {
  return content.map(({ blob, start, length }) => [blob.id, start, length] as const);
}

export function readContent(record: ContentRecord, blobs: ReadonlyMap<string, Blob>): Content {
  return record.map(([id, start, length]) => {
    const blob = blobs.get(id);
    if (blob === undefined || blob.size < start + length)
      throw new Error(`The data folder lacks the blob ${id}.`);
    return { blob, start, length };
  });
}

export function writeObject(key: string, stored: StoredObject): ObjectRecord {
  const { content, crc64, ...object } = stored;
  return { key, object, crc64: String(crc64), content: writeContent(content) };
}

export function readObject(record: ObjectRecord, blobs: ReadonlyMap<string, Blob>) {
  const content = readContent(record.content, blobs);
  return { key: record.key, object: { ...record.object, content, crc64: BigInt(record.crc64) } };
}
