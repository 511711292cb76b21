import { createHash } from "node:crypto";
import type { FileStatus } from "plugfs";
import { bodyChunks } from "./body.ts";
import { checkedEtag, checkedXml, type StoreRequest, xmlBody } from "./client.ts";
import { Crc64Sum } from "./crc64.ts";
import { type About, answerError, storeCodeOf } from "./errors.ts";
import type { Payload } from "./part-buffer.ts";
import {
  completionHeaders,
  crcDiffers,
  forbidOverwrite,
  publish,
  type UploadTarget,
  WRITE_ID,
  writeHeaders,
} from "./publish.ts";
import { withRetries } from "./retry.ts";
import type { Store } from "./store.ts";
import { xmlText } from "./xml.ts";

/** Publishes an object with one PUT. The store compares the MD5 before it publishes. */
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
  return await publish(store, target, published, request, (answer) => {
    checkedEtag(answer, about);
  });
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
    const crc64 = parts.reduce((sum, part) => sum.add(part.crc64, part.length), new Crc64Sum()).value;
    const list = parts.map((p) => `<Part><PartNumber>${p.number}</PartNumber><ETag>${p.etag}</ETag></Part>`);
    const xml = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
    const published = { length, crc64, writeId: this.writeId };
    const request: StoreRequest = {
      method: "POST",
      key,
      subresources: { uploadId: id },
      ...xmlBody(xml, completionHeaders(this.#store, this.target)),
      signal,
      about,
    };
    const status = await publish(this.#store, this.target, published, request, (answer) => {
      checkedXml(answer, "CompleteMultipartUploadResult", about);
    });
    this.#store.uploads.delete(id);
    return status;
  }

  /** Removes the parts. Every `upload` must have ended. */
  async abort(): Promise<void> {
    const uploadId = await this.#id?.catch(() => undefined);
    if (uploadId === undefined) return;
    try {
      await abortUpload(this.#store, this.target.key, uploadId, this.target.about);
    } catch (error) {
      const fields = { path: this.target.path.toString(), uploadId, err: error };
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
          // No signal: an upload that the store began and we never heard of could not be aborted.
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
