import { FileSystemError, Path } from "plugfs";
import { Crc64 } from "./crc64.ts";
import type { BegunUpload } from "./upload.ts";

/** A recoverable write as it was persisted: what another process needs to go on with it. */
export interface Resume {
  readonly bucket: string;
  readonly key: string;
  readonly overwrite: boolean;
  /** The write's id, also in the object's user metadata. */
  readonly writeId: string;
  /** Undefined while everything fits into the tail. */
  readonly upload: BegunUpload | undefined;
  /** The bytes after the parts: fewer than OSS takes as a part (100 KiB). */
  readonly tail: Uint8Array;
}

/** The first bytes of every recoverable; the last one is the version. */
const MAGIC = Buffer.from("OSSFS\x01", "latin1");
const CHECKSUM_BYTES = 8;

/** magic and version, length of the header (4 bytes), header as JSON, tail, CRC64 of all that; little-endian. */
export function encodeResume(resume: Resume): Uint8Array {
  const { tail, upload, ...rest } = resume;
  const parts = upload?.parts.map(({ number, etag, length, crc64 }) => [number, etag, length, String(crc64)]);
  const json = { ...rest, ...(upload === undefined ? {} : { upload: { id: upload.id, parts } }) };
  const header = Buffer.from(JSON.stringify(json), "utf8");
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  const body = Buffer.concat([MAGIC, size, header, tail]);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeBigUInt64LE(new Crc64().update(body).value);
  return Buffer.concat([body, checksum]);
}

/** Throws `EINVAL` for bytes that are no recoverable of this version, are damaged, or belong to another bucket. */
export function decodeResume(recoverable: Uint8Array, bucket: string): Resume {
  const bytes = Buffer.from(recoverable.buffer, recoverable.byteOffset, recoverable.byteLength);
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (bytes.length < MAGIC.length + 4 + CHECKSUM_BYTES || !body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw unusable("they are no recoverable of oss-fs, or one of another version");
  }
  if (new Crc64().update(body).value !== bytes.readBigUInt64LE(body.length))
    throw unusable("they are damaged");
  const start = MAGIC.length + 4;
  const end = start + body.readUInt32LE(MAGIC.length);
  const { upload, ...rest } = JSON.parse(body.toString("utf8", start, end)) as Encoded;
  if (rest.bucket !== bucket) throw unusable(`they belong to bucket "${rest.bucket}"`);
  const parts = upload?.parts.map(([number, etag, length, crc64]) => {
    return { number, etag, length, crc64: BigInt(crc64) };
  });
  return {
    ...rest,
    upload: upload === undefined ? undefined : { id: upload.id, parts: parts ?? [] },
    tail: Uint8Array.from(body.subarray(end)),
  };
}

type Encoded = Omit<Resume, "upload" | "tail"> & {
  readonly upload?: { readonly id: string; readonly parts: readonly [number, string, number, string][] };
};

export function resumePath(resume: Resume): Path {
  return Path.unsafe("oss", resume.bucket, resume.key);
}

/** Bytes of the file up to where it was persisted. */
export function resumeLength({ upload, tail }: Resume): number {
  return (upload?.parts ?? []).reduce((sum, part) => sum + part.length, tail.byteLength);
}

function unusable(why: string): FileSystemError {
  return new FileSystemError({
    code: "EINVAL",
    scheme: "oss",
    message: `these bytes cannot be recovered from: ${why}`,
  });
}
