import type { FileStatus, FileSystemError, Path } from "plugfs";
import { checkedXml, header, type StoreRequest, type TextAnswer, xmlBody } from "./client.ts";
import { forEachConcurrently } from "./concurrency.ts";
import { type About, answerError, storeCodeOf } from "./errors.ts";
import { headObject } from "./lookup.ts";
import { completionHeaders, forbidOverwrite, writeHeaders } from "./publish.ts";
import { type Attempt, isRetryable, withRetries } from "./retry.ts";
import { headerStatus, quoted, unquoted } from "./status.ts";
import type { Store } from "./store.ts";
import { xmlText } from "./xml.ts";

/** What is copied: an object as a HEAD or a listing told it. */
export interface CopySource {
  readonly key: string;
  readonly length: number;
  readonly version: string;
  readonly crc64?: string | undefined;
}

export interface CopyTarget {
  readonly path: Path;
  readonly key: string;
  readonly overwrite: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly about: About;
}

const COPY_PART_BYTES = 128 * 1024 * 1024;
/** Parts of one object. */
const COPIES_AT_ONCE = 8;

/**
 * Copies one object inside the bucket, no byte through this process, and verifies the copy: by checksum or ETag where
 * the answer tells them (one request), else by what is there (two or three). A source that changed is `ESTALE`.
 */
export async function copyObject(store: Store, source: CopySource, target: CopyTarget): Promise<FileStatus> {
  try {
    return await copyWhole(store, source, target);
  } catch (error) {
    if (!isTooLarge(error, source.length)) throw error;
    return await copyParts(store, source, target);
  }
}

/** OSS documents 1 GiB for CopyObject, but copies larger objects too where both lie in one bucket and class. */
const DOCUMENTED_COPY_BYTES = 1024 ** 3;

function isTooLarge(error: unknown, length: number): boolean {
  const code = storeCodeOf(error);
  if (code === "EntityTooLarge") return true;
  return length > DOCUMENTED_COPY_BYTES && (code === "InvalidRequest" || code === "InvalidArgument");
}

async function copyWhole(store: Store, source: CopySource, target: CopyTarget): Promise<FileStatus> {
  const { key, about, signal, path } = target;
  const request: StoreRequest = {
    method: "PUT",
    key,
    headers: { ...sourceHeaders(store, source), ...writeHeaders(store), ...forbidOverwrite(target) },
    signal,
    about,
  };
  const sent = await publish(store, source, target, request, "CopyObjectResult");
  if (!("text" in sent)) return sent;
  const version = unquoted(xmlText(sent.text, "ETag") ?? "");
  const crc64 = header(sent, "x-oss-hash-crc64ecma");
  const isSame = sameChecksum(crc64, source.crc64) ?? (version === source.version ? true : undefined);
  if (isSame === false) throw await removed(store, target);
  if (isSame === undefined) return await verified(store, source, target);
  return {
    path,
    kind: "file",
    length: source.length,
    modificationTime: Date.parse(xmlText(sent.text, "LastModified") ?? "") || 0,
    version,
    ...(crc64 === undefined ? {} : { crc64 }),
  };
}

/** UploadPartCopy; keeps the metadata, which OSS does not do by itself. */
async function copyParts(store: Store, source: CopySource, target: CopyTarget): Promise<FileStatus> {
  const { client } = store;
  const { key, about, signal } = target;
  const original = await headObject(store, source.key, { signal, about });
  const begun = await withRetries(client.settings.retry, signal, async (attempt) => {
    const headers = { ...keptHeaders(original), ...writeHeaders(store), ...forbidOverwrite(target) };
    const request: StoreRequest = {
      method: "POST",
      key,
      subresources: { uploads: "" },
      headers,
      signal,
      about,
    };
    const xml = checkedXml(await client.sendOnce(request, attempt), "InitiateMultipartUploadResult", about);
    return xmlText(xml, "UploadId") ?? "";
  });
  try {
    const { uploadPartSize = COPY_PART_BYTES, copies } = client.settings;
    const size = Math.max(uploadPartSize, Math.ceil(source.length / 10_000));
    const etags: string[] = [];
    const numbers = Array.from({ length: Math.ceil(source.length / size) }, (_, i) => i + 1);
    await forEachConcurrently(numbers, Math.min(copies, COPIES_AT_ONCE), async (number) => {
      const start = (number - 1) * size;
      const end = Math.min(source.length, start + size);
      etags[number] = await copyPart(store, source, target, begun, number, `bytes=${start}-${end - 1}`);
    });
    const list = numbers.map((n) => `<Part><PartNumber>${n}</PartNumber><ETag>${etags[n]}</ETag></Part>`);
    const request: StoreRequest = {
      method: "POST",
      key,
      subresources: { uploadId: begun },
      ...xmlBody(
        `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`,
        completionHeaders(store, target),
      ),
      signal,
      about,
    };
    await publish(store, source, target, request, "CompleteMultipartUploadResult");
    const { crc64 } = headerStatus(target.path, original.headers);
    return await verified(store, { ...source, crc64 }, target);
  } catch (error) {
    await client
      .send({ method: "DELETE", key, subresources: { uploadId: begun }, about })
      .catch((failure: unknown) => {
        if (storeCodeOf(failure) === "NoSuchUpload") return;
        const fields = { path: target.path.toString(), uploadId: begun, error: failure };
        store.logger.warn(fields, "an unfinished copy could not be aborted; its parts stay and cost space");
      });
    throw error;
  }
}

async function copyPart(
  store: Store,
  source: CopySource,
  target: CopyTarget,
  uploadId: string,
  number: number,
  range: string,
): Promise<string> {
  const { client } = store;
  const { key, about, signal } = target;
  return await withRetries(client.settings.retry, signal, async (attempt) => {
    const subresources = { partNumber: String(number), uploadId };
    const headers = { ...sourceHeaders(store, source), "x-oss-copy-source-range": range };
    const answer = await client.sendOnce(
      { method: "PUT", key, subresources, headers, signal, about },
      attempt,
    );
    return xmlText(checkedXml(answer, "CopyPartResult", about), "ETag") ?? "";
  });
}

/** With retries. After a lost answer a target that is the source's copy counts as the answer: its status. */
async function publish(
  store: Store,
  source: CopySource,
  target: CopyTarget,
  request: StoreRequest,
  root: string,
): Promise<TextAnswer | FileStatus> {
  const { client } = store;
  const { about, signal } = target;
  let lost = false;
  const attemptOnce = async (attempt: Attempt): Promise<TextAnswer> => {
    try {
      const answer = await client.sendOnce(request, attempt);
      checkedXml(answer, root, about);
      return answer;
    } catch (error) {
      if (isRetryable(error)) lost = true;
      throw error;
    }
  };
  try {
    return await withRetries(client.settings.retry, signal, attemptOnce);
  } catch (error) {
    if (!lost) throw error;
    const copy = await compared(store, source, target).catch(() => undefined);
    if (copy?.isSame === true) return copy.status;
    throw error;
  }
}

/** The target's status, once it is known to be the source's copy; else the copy is removed. */
async function verified(store: Store, source: CopySource, target: CopyTarget): Promise<FileStatus> {
  const { status, isSame } = await compared(store, source, target);
  // Where the store tells no checksums the length has to do.
  if (isSame ?? status.length === source.length) return status;
  throw await removed(store, target);
}

/**
 * What is at the target, and whether it is the same as the source; undefined where neither checksums nor ETags tell. A
 * HEAD, and another for a source whose checksum is not known.
 */
async function compared(
  store: Store,
  source: CopySource,
  target: CopyTarget,
): Promise<{ status: FileStatus; isSame: boolean | undefined }> {
  const { key, about, signal, path } = target;
  const head = async (key: string): Promise<FileStatus> =>
    headerStatus(path, (await headObject(store, key, { signal, about })).headers);
  const status = await head(key);
  if (status.length !== source.length) return { status, isSame: false };
  if (status.version === source.version && source.version !== "") return { status, isSame: true };
  const crc64 = source.crc64 ?? (await head(source.key)).crc64;
  return { status, isSame: sameChecksum(status.crc64, crc64) };
}

function sameChecksum(a: string | undefined, b: string | undefined): boolean | undefined {
  return a === undefined || b === undefined ? undefined : a === b;
}

/** Takes a copy away that is not what it should be. */
async function removed(store: Store, { key, about }: CopyTarget): Promise<FileSystemError> {
  const message = "the copy is not the same as its source (CRC64)";
  try {
    await store.client.send({ method: "DELETE", key, about });
    return answerError(`${message} and was removed; the source was kept`, about);
  } catch (cause) {
    return answerError(`${message} and could not be removed; the source was kept`, about, { cause });
  }
}

function sourceHeaders(store: Store, source: CopySource): Record<string, string> {
  return {
    "x-oss-copy-source": `/${store.client.bucket}/${encodeURIComponent(source.key)}`,
    ...(source.version === "" ? {} : { "x-oss-copy-source-if-match": quoted(source.version) }),
  };
}

const KEPT =
  /^(content-type|content-encoding|content-language|content-disposition|cache-control|expires|x-oss-meta-.*|x-oss-storage-class)$/;

function keptHeaders(answer: TextAnswer): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(answer.headers)) {
    const value = header(answer, name);
    if (KEPT.test(name) && value !== undefined) kept[name] = value;
  }
  return kept;
}
