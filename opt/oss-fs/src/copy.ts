import type { FileStatus, Path } from "plugfs";
import { checkedXml, header, type StoreRequest, type TextAnswer, xmlBody } from "./client.ts";
import { forEachConcurrently } from "./concurrency.ts";
import { type About, answerError, storeCodeOf } from "./errors.ts";
import { headObject } from "./lookup.ts";
import { forbidOverwrite, writeHeaders } from "./publish.ts";
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

const GIB = 1024 ** 3;
/** Larger objects are copied in parts (OSS documents 1 GiB for CopyObject). */
const MAX_SINGLE_COPY = GIB;
const COPY_PART_BYTES = 128 * 1024 * 1024;
const COPIES_AT_ONCE = 8;

/**
 * Copies one object inside the bucket, no byte through this process, and verifies the copy: by checksum or ETag where
 * the answer tells them (one request), else by the length of what is there (two). A source that changed is `ESTALE`.
 */
export async function copyObject(store: Store, source: CopySource, target: CopyTarget): Promise<FileStatus> {
  return source.length <= MAX_SINGLE_COPY
    ? await copyWhole(store, source, target)
    : await copyParts(store, source, target);
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
  const proven = crc64 !== undefined && source.crc64 !== undefined ? crc64 === source.crc64 : undefined;
  if (proven === false) throw differs(about);
  if (proven === undefined && version !== source.version) return await verified(store, source, target);
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
    const size = Math.max(COPY_PART_BYTES, Math.ceil(source.length / 10_000));
    const etags: string[] = [];
    const numbers = Array.from({ length: Math.ceil(source.length / size) }, (_, i) => i + 1);
    await forEachConcurrently(numbers, COPIES_AT_ONCE, async (number) => {
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
        forbidOverwrite(target),
      ),
      signal,
      about,
    };
    await publish(store, source, target, request, "CompleteMultipartUploadResult");
    return await verified(store, source, target);
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
    const copy = await verified(store, source, target).catch(() => undefined);
    // Without a checksum or an ETag in common it might be somebody else's.
    const same = copy !== undefined && (copy.crc64 === source.crc64 || copy.version === source.version);
    if (same) return copy;
    throw error;
  }
}

/** The target's status when it is as long as the source, and has its checksum where both are known. */
async function verified(store: Store, source: CopySource, target: CopyTarget): Promise<FileStatus> {
  const { key, about, signal, path } = target;
  const status = headerStatus(
    path,
    (await store.client.send({ method: "HEAD", key, signal, about })).headers,
  );
  const { crc64 } = source;
  if (status.length !== source.length) throw differs(about);
  if (crc64 !== undefined && status.crc64 !== undefined && crc64 !== status.crc64) throw differs(about);
  return status;
}

function differs(about: About): Error {
  return answerError("the copy is not the same as its source; the source was kept", about);
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
