import type { FileStatus, FileSystemError, Path } from "plugfs";
import { header, type StoreRequest, type TextAnswer } from "./client.ts";
import { type About, answerError } from "./errors.ts";
import { headObject, isMissing } from "./lookup.ts";
import { type Attempt, isRetryable, withRetries } from "./retry.ts";
import { headerStatus, unquoted } from "./status.ts";
import type { Store } from "./store.ts";

export interface UploadTarget {
  readonly path: Path;
  readonly key: string;
  /** False: an object that exists already, also one that came into being meanwhile, is `EEXIST`. */
  readonly overwrite: boolean;
  readonly about: About;
}

/** User metadata that tells one's own object from another's after an answer was lost. */
export const WRITE_ID = "x-oss-meta-plugfs-write";

/** The bytes that one write published. */
export interface Published {
  readonly length: number;
  readonly crc64: bigint;
  readonly writeId: string;
}

/**
 * Sends what publishes an object, with retries. When an answer was lost, the object itself tells whether the request had
 * been carried out. An object whose CRC64 is not that of the bytes is taken back (`EIO`).
 */
export async function publish(
  store: Store,
  target: UploadTarget,
  published: Published,
  request: StoreRequest,
  check: (answer: TextAnswer) => void,
): Promise<FileStatus> {
  const answer = await sendWrite(store, target, published, request, check);
  if (!("headers" in answer)) return answer;
  if (crcDiffers(answer, published.crc64)) throw await takeBack(store, target, published);
  return publishedStatus(target, published, answer);
}

/** The answer, or the object's status where the answer was lost. */
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

export function crcDiffers(answer: TextAnswer, crc64: bigint): boolean {
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

/** What goes with everything that makes an object, or begins to. */
export function writeHeaders(store: Store): Record<string, string> {
  const { encryption } = store.client.settings;
  return {
    ...(encryption === undefined ? {} : { "x-oss-server-side-encryption": encryption }),
    ...aclHeaders(store),
  };
}

/** Of an upload OSS takes the ACL with what completes it; a few emulators take it with what begins it. */
export function completionHeaders(
  store: Store,
  target: { readonly overwrite: boolean },
): Record<string, string> {
  return { ...aclHeaders(store), ...forbidOverwrite(target) };
}

function aclHeaders(store: Store): Record<string, string> {
  const { acl } = store.client.settings;
  return acl === undefined ? {} : { "x-oss-object-acl": acl };
}

export function forbidOverwrite(target: { readonly overwrite: boolean }): Record<string, string> {
  return target.overwrite ? {} : { "x-oss-forbid-overwrite": "true" };
}
