import { createHash } from "node:crypto";
import type { FileStatus, FileSystemError, Path } from "plugfs";
import { bodyChunks } from "./body.ts";
import { checkedEtag, checkedXml, header, type StoreRequest, type TextAnswer, xmlBody } from "./client.ts";
import { combineCrc64 } from "./crc64.ts";
import { type About, answerError, storeCodeOf } from "./errors.ts";
import { headObject, isMissing } from "./lookup.ts";
import type { Payload } from "./part-buffer.ts";
import { type Attempt, isRetryable, withRetries } from "./retry.ts";
import { headerStatus, unquoted } from "./status.ts";
import type { Store } from "./store.ts";
import { xmlText } from "./xml.ts";

export interface UploadTarget {
  readonly path: Path;
  readonly key: string;
  /** False: an object that exists already, also one that came into being meanwhile, is `EEXIST`. */
  readonly overwrite: boolean;
  readonly about: About;
}

/** User metadata that tells one's own object from another's after an answer was lost. */
const WRITE_ID = "x-oss-meta-plugfs-write";

/**
 * Publishes an object with one PUT. `writeId` tells it from another's after a lost answer. The store compares the MD5 before it publishes; its CRC64 is compared afterwards,
 * and an object that differs is taken back.
 */
export async function putObject(
  store: Store,
  target: UploadTarget,
  writeId: string,
  payload: Payload,
  signal?: AbortSignal,
): Promise<FileStatus> {
  const { key, about } = target;
  const md5 = createHash("md5");
  for await (const chunk of bodyChunks(payload.body)) md5.update(chunk);
  const request: StoreRequest = {
    method: "PUT",
    key,
    headers: {
      "Content-MD5": md5.digest("base64"),
      [WRITE_ID]: writeId,
      ...writeHeaders(store),
      ...forbidOverwrite(target),
    },
    body: payload.body,
    signal,
    about,
  };
  const published = { length: payload.length, crc64: payload.crc64, writeId };
  const answer = await sendWrite(store, target, published, request, (answer) => {
    checkedEtag(answer, about);
  });
  if (!("headers" in answer)) return answer;
  if (crcDiffers(answer, payload.crc64)) throw await takeBack(store, target, published);
  return publishedStatus(target, published, answer);
}

/** A part that the store has. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
  readonly length: number;
  readonly crc64: bigint;
}

/** An upload that was begun, so far. */
export interface BegunUpload {
  readonly id: string;
  readonly parts: readonly UploadedPart[];
}

/** One multipart upload: nothing is visible before `complete`. Begun with the first part. */
export class MultipartUpload {
  readonly target: UploadTarget;
  /** Goes into the object's user metadata. */
  readonly writeId: string;
  readonly #store: Store;
  #parts: UploadedPart[];
  #id: Promise<string> | undefined;

  /** `begun` continues an upload: its parts count, later ones are replaced. */
  constructor(store: Store, target: UploadTarget, writeId: string, begun?: BegunUpload) {
    this.#store = store;
    this.target = target;
    this.writeId = writeId;
    this.#parts = [...(begun?.parts ?? [])];
    if (begun === undefined) return;
    this.#id = Promise.resolve(begun.id);
    store.uploads.set(begun.id, writeId);
  }

  get isBegun(): boolean {
    return this.#id !== undefined;
  }

  /** Of the parts that the store has; 0 without any. */
  get lastNumber(): number {
    return this.#parts.reduce((last, { number }) => Math.max(last, number), 0);
  }

  /** Undefined before the first part. */
  async begun(): Promise<BegunUpload | undefined> {
    if (this.#id === undefined) return undefined;
    return { id: await this.#id, parts: this.#parts.toSorted((a, b) => a.number - b.number) };
  }

  /** Uploads part `number` (from 1), whose pieces must not change meanwhile. The first call begins the upload. */
  async upload(number: number, payload: Payload, signal: AbortSignal): Promise<void> {
    this.#id ??= this.#begin(signal);
    const { key, about } = this.target;
    const { client } = this.#store;
    const subresources = { partNumber: String(number), uploadId: await this.#id };
    const answer = await withRetries(client.settings.retry, signal, async (attempt) => {
      const request: StoreRequest = { method: "PUT", key, subresources, body: payload.body, signal, about };
      const answer = await client.sendOnce(request, attempt);
      checkedEtag(answer, about);
      // A part that arrived damaged is replaced by the next attempt.
      if (!crcDiffers(answer, payload.crc64)) return answer;
      throw answerError("a part was damaged on its way to the store (CRC64)", about, { retryable: true });
    });
    const { length, crc64 } = payload;
    this.#parts.push({ number, etag: checkedEtag(answer, about), length, crc64 });
  }

  /** Publishes the parts. */
  async complete(signal?: AbortSignal): Promise<FileStatus> {
    const { key, about } = this.target;
    const { id = "", parts = [] } = (await this.begun()) ?? {};
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const crc64 = parts.reduce((sum, part) => combineCrc64(sum, part.crc64, part.length), 0n);
    const list = parts.map((p) => `<Part><PartNumber>${p.number}</PartNumber><ETag>${p.etag}</ETag></Part>`);
    const xml = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
    const published = { length, crc64, writeId: this.writeId };
    const request: StoreRequest = {
      method: "POST",
      key,
      subresources: { uploadId: id },
      ...xmlBody(xml, forbidOverwrite(this.target)),
      signal,
      about,
    };
    const answer = await sendWrite(this.#store, this.target, published, request, (answer) => {
      checkedXml(answer, "CompleteMultipartUploadResult", about);
    });
    this.#store.uploads.delete(id);
    if (!("headers" in answer)) return answer;
    if (crcDiffers(answer, crc64)) throw await takeBack(this.#store, this.target, published);
    return publishedStatus(this.target, published, answer);
  }

  /** Removes the parts. Every `upload` must have ended. */
  async abort(): Promise<void> {
    const uploadId = await this.#id?.catch(() => undefined);
    if (uploadId === undefined) return;
    try {
      await abortUpload(this.#store, this.target.key, uploadId, this.target.about);
    } catch (error) {
      const fields = { path: this.target.path.toString(), uploadId, error };
      const message = "an unfinished upload could not be aborted; its parts stay and cost space";
      this.#store.logger.warn(fields, message);
    }
  }

  async #begin(signal: AbortSignal): Promise<string> {
    const { key, about } = this.target;
    const { client } = this.#store;
    return await withRetries(client.settings.retry, signal, async (attempt) => {
      const answer = await client.sendOnce(
        {
          method: "POST",
          key,
          subresources: { uploads: "" },
          headers: { [WRITE_ID]: this.writeId, ...writeHeaders(this.#store) },
          signal,
          about,
        },
        attempt,
      );
      const xml = checkedXml(answer, "InitiateMultipartUploadResult", about);
      const id = xmlText(xml, "UploadId");
      if (id === undefined || id === "") throw answerError("the store gave no upload id", about);
      this.#store.uploads.set(id, this.writeId);
      return id;
    });
  }
}

/** Removes an upload and its parts; resolves to whether there was one. */
export async function abortUpload(
  store: Store,
  key: string,
  uploadId: string,
  about: About,
): Promise<boolean> {
  try {
    await store.client.send({ method: "DELETE", key, subresources: { uploadId }, about });
    return true;
  } catch (error) {
    if (storeCodeOf(error) === "NoSuchUpload") return false;
    throw error;
  } finally {
    store.uploads.delete(uploadId);
  }
}

/** The bytes that one write published. */
export interface Published {
  readonly length: number;
  readonly crc64: bigint;
  readonly writeId: string;
}

/**
 * Sends what publishes the object, with retries. When an answer was lost, the object itself tells whether the request
 * had been carried out: its status is returned then.
 */
async function sendWrite(
  store: Store,
  target: UploadTarget,
  published: Published,
  request: StoreRequest,
  check: (answer: TextAnswer) => void,
): Promise<TextAnswer | FileStatus> {
  const { client } = store;
  let lost = false;
  const attemptOnce = async (attempt: Attempt): Promise<TextAnswer> => {
    try {
      const answer = await client.sendOnce(request, attempt);
      check(answer);
      return answer;
    } catch (error) {
      // From here on nobody knows whether the store carried it out.
      if (isRetryable(error)) lost = true;
      throw error;
    }
  };
  try {
    return await withRetries(client.settings.retry, request.signal, attemptOnce);
  } catch (error) {
    if (!lost) throw error;
    // The write's own error is the one to tell.
    const found = await findOwn(store, target, published).catch(() => undefined);
    if (found !== undefined) return found;
    throw error;
  }
}

/** The status of the target if it is the object that this very write made: one HEAD. */
export async function findOwn(
  store: Store,
  target: UploadTarget,
  published: Published,
): Promise<FileStatus | undefined> {
  const { key, about, path } = target;
  try {
    const answer = await headObject(store, key, { about });
    const status = headerStatus(path, answer.headers);
    const own = header(answer, WRITE_ID) === published.writeId && status.length === published.length;
    return own && !crcDiffers(answer, published.crc64) ? status : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Deletes the object that this write published with wrong bytes, if it is still there. */
async function takeBack(store: Store, target: UploadTarget, published: Published): Promise<FileSystemError> {
  const { key, about } = target;
  const message = "the stored bytes are not the ones that were written (CRC64)";
  try {
    const answer = await headObject(store, key, { about });
    if (header(answer, WRITE_ID) === published.writeId) {
      await store.client.send({ method: "DELETE", key, about });
    }
    return answerError(`${message}; the object was removed`, about);
  } catch (cause) {
    return answerError(`${message}, and the object could not be removed`, about, { cause });
  }
}

function crcDiffers(answer: TextAnswer, crc64: bigint): boolean {
  const stored = header(answer, "x-oss-hash-crc64ecma");
  return stored !== undefined && stored !== crc64.toString();
}

/** `modificationTime` is the time of the store's answer, which is when the object appeared. */
function publishedStatus(target: UploadTarget, published: Published, answer: TextAnswer): FileStatus {
  return {
    path: target.path,
    kind: "file",
    length: published.length,
    modificationTime: Date.parse(answer.headers.date ?? "") || 0,
    version: unquoted(header(answer, "etag") ?? ""),
    crc64: published.crc64.toString(),
  };
}

/** What goes with every way of writing. */
export function writeHeaders(store: Store): Record<string, string> {
  const { encryption, acl } = store.client.settings;
  return {
    ...(encryption === undefined ? {} : { "x-oss-server-side-encryption": encryption }),
    ...(acl === undefined ? {} : { "x-oss-object-acl": acl }),
  };
}

export function forbidOverwrite(target: { readonly overwrite: boolean }): Record<string, string> {
  return target.overwrite ? {} : { "x-oss-forbid-overwrite": "true" };
}
