import { Path } from "plugfs";
import { checkedXml } from "./client.ts";
import { answerError, storeCodeOf } from "./errors.ts";
import type { Context } from "./lookup.ts";
import type { Resume } from "./recoverable.ts";
import { withRetries } from "./retry.ts";
import { isNameable } from "./status.ts";
import type { Store } from "./store.ts";
import { xmlElements, xmlRoot, xmlText } from "./xml.ts";

export interface PendingUpload {
  readonly target: Path;
  /** Of this process's own writes the write's id, of others the upload id. */
  readonly id: string;
  /** Milliseconds. */
  readonly started: number;
  /** Bytes of its parts. */
  readonly bytes: number;
}

/** Every unfinished upload of `prefix` and of what lies below it. */
export async function* pendingUploads(store: Store, prefix: Path): AsyncGenerator<PendingUpload> {
  const context: Context = { about: { operation: "pending", path: prefix } };
  let marker: Record<string, string> | undefined = {};
  while (marker !== undefined) {
    const page: string = await listing(store, context, "ListMultipartUploadsResult", {
      subresources: { uploads: "" },
      query: {
        // An empty one cannot be signed, see `listPage`.
        ...(prefix.key === "" ? {} : { prefix: prefix.key }),
        "max-uploads": "1000",
        "encoding-type": "url",
        ...marker,
      },
    });
    for (const entry of xmlElements(page, "Upload")) {
      const key = decodeURIComponent(xmlText(entry, "Key") ?? "");
      const target = Path.unsafe("oss", store.client.bucket, key);
      const uploadId = xmlText(entry, "UploadId") ?? "";
      if (!target.startsWith(prefix) || !isNameable(key)) continue;
      const bytes = await bytesOf(store, key, uploadId, context);
      // Finished meanwhile.
      if (bytes === undefined) continue;
      const started = Date.parse(xmlText(entry, "Initiated") ?? "") || 0;
      yield { target, id: store.uploads.get(uploadId) ?? uploadId, started, bytes };
    }
    marker =
      xmlText(page, "IsTruncated") === "true"
        ? {
            "key-marker": decodeURIComponent(xmlText(page, "NextKeyMarker") ?? ""),
            "upload-id-marker": xmlText(page, "NextUploadIdMarker") ?? "",
          }
        : undefined;
  }
}

/** Throws `EIO` when the upload that a recoverable tells of is not there any more. */
export async function refuseLostUpload(store: Store, resume: Resume, context: Context): Promise<void> {
  if (resume.upload === undefined) return;
  if ((await bytesOf(store, resume.key, resume.upload.id, context)) !== undefined) return;
  const message =
    "the upload of this write is gone: it was committed, discarded, or removed by a lifecycle rule";
  throw answerError(message, context.about);
}

/** Bytes of an upload's parts; undefined when there is no such upload. One request for a thousand parts. */
async function bytesOf(
  store: Store,
  key: string,
  uploadId: string,
  context: Context,
): Promise<number | undefined> {
  let bytes = 0;
  let marker: string | undefined = "0";
  try {
    while (marker !== undefined) {
      const page: string = await listing(store, context, "ListPartsResult", {
        key,
        subresources: { uploadId },
        query: { "max-parts": "1000", "part-number-marker": marker },
      });
      for (const part of xmlElements(page, "Part")) bytes += Number(xmlText(part, "Size"));
      marker = xmlText(page, "IsTruncated") === "true" ? xmlText(page, "NextPartNumberMarker") : undefined;
    }
  } catch (error) {
    if (storeCodeOf(error) === "NoSuchUpload") return undefined;
    throw error;
  }
  return bytes;
}

async function listing(
  store: Store,
  context: Context,
  root: string,
  request: {
    readonly key?: string;
    readonly subresources: Record<string, string>;
    readonly query: Record<string, string>;
  },
): Promise<string> {
  const { client } = store;
  return await withRetries(client.settings.retry, context.signal, async (attempt) => {
    const answer = await client.sendOnce({ method: "GET", ...request, ...context }, attempt);
    const xml = checkedXml(answer, root, context.about);
    try {
      return xmlRoot(xml, root);
    } catch (cause) {
      throw answerError("the store's answer cannot be read", context.about, { retryable: true, cause });
    }
  });
}
