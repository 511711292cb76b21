import { createHash } from "node:crypto";
import { JobError } from "../errors/errors.ts";

/** Version of the metadata file that this code writes; it reads this one and older. */
const VERSION = 1;
const MAGIC = "plugfs-checkpoint";

/** A state of a checkpoint: inside the metadata, or in a file beside it. */
export type StateHandle =
  | { readonly name: string; readonly inline: string /* base64 */ }
  | { readonly name: string; readonly file: string; readonly bytes: number; readonly sha256: string };

export interface Metadata {
  readonly owner: string;
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly states: readonly StateHandle[];
}

/** One line with magic, version, length and SHA-256 of what follows; then the metadata as JSON. */
export function encodeMetadata(metadata: Metadata): Buffer {
  const body = Buffer.from(JSON.stringify(metadata), "utf8");
  return Buffer.concat([Buffer.from(`${MAGIC} ${VERSION} ${body.length} ${sha256(body)}\n`), body]);
}

/** Throws `ERR_JOB_CHECKPOINT` for what is cut short, altered, from a newer version, or something else altogether. */
export function decodeMetadata(bytes: Buffer, file: string): Metadata {
  const newline = bytes.subarray(0, 256).indexOf(10);
  const [magic, version, length, checksum] = bytes
    .subarray(0, Math.max(newline, 0))
    .toString("latin1")
    .split(" ");
  if (magic !== MAGIC) throw unreadable(file, "it is no checkpoint metadata of plugfs");
  if (Number(version) > VERSION) {
    const hint = "Read it with the version of plugfs that wrote it, or a newer one";
    throw unreadable(file, `it has version ${version}, this plugfs reads up to ${VERSION}`, hint);
  }
  const body = bytes.subarray(newline + 1);
  if (String(body.length) !== length || sha256(body) !== checksum) {
    throw unreadable(file, `it is damaged: ${body.length} bytes of ${length}, or altered ones`);
  }
  return JSON.parse(body.toString("utf8")) as Metadata;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function unreadable(file: string, why: string, hint?: string, cause?: unknown): JobError {
  return new JobError({ code: "ERR_JOB_CHECKPOINT", message: `${file} cannot be read: ${why}`, hint, cause });
}
