import { createHash } from "node:crypto";
import { Digest, OwnCrc64, type RunningCrc64 } from "./digest.ts";
import { malformedXml, OssError } from "./errors.ts";
import type { Fault } from "./faults.ts";
import type { LogEntry } from "./log.ts";
import type { Settings } from "./options.ts";
import type { Pace } from "./pace.ts";
import { spoilUpload } from "./spoil.ts";
import { type Content, wholeBlob } from "./storage/content.ts";
import type { Store } from "./storage/store.ts";
import type { Incoming } from "./wire.ts";

/** The body of one request, read once. */
export class RequestBody {
  readonly #incoming: Incoming;
  readonly #entry: LogEntry;
  readonly #pace: Pace;
  readonly #faults: readonly Fault[];
  readonly #begin: () => void;
  /** Bytes announced by Content-Length; undefined for a chunked body. */
  readonly length: number | undefined;
  readonly isChunked: boolean;
  readonly md5: string | undefined;

  /** @param begin called before the first byte is awaited: says "100 Continue" where a client waits for it */
  constructor(incoming: Incoming, entry: LogEntry, pace: Pace, faults: readonly Fault[], begin: () => void) {
    this.#incoming = incoming;
    this.#entry = entry;
    this.#pace = pace;
    this.#faults = faults;
    this.#begin = begin;
    const length = incoming.headers.get("content-length");
    this.length = length === undefined ? undefined : Number(length);
    this.isChunked = incoming.headers.has("transfer-encoding");
    this.md5 = incoming.headers.get("content-md5");
  }

  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
    const chunks = this.#received();
    return this.#faults.length === 0 ? chunks : spoilUpload(chunks, this.length, this.#faults);
  }

  async *#received(): AsyncIterable<Uint8Array> {
    this.#begin();
    for await (const chunk of this.#incoming.chunks()) {
      this.#entry.bytesIn += chunk.length;
      await this.#pace.pass(chunk.length);
      yield chunk;
    }
  }

  /** A small body as text, its Content-MD5 checked. */
  async text(limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.chunks()) {
      size += chunk.length;
      if (size > limit) throw malformedXml();
      chunks.push(Uint8Array.from(chunk));
    }
    const bytes = Buffer.concat(chunks);
    checkMd5(this.md5, createHash("md5").update(bytes).digest());
    return bytes.toString("utf8");
  }
}

/** Bytes that came with a request, kept until disposed of; an object that takes them keeps them on. */
export interface Received extends Disposable {
  readonly content: Content;
  readonly size: number;
  /** The MD5 in upper-case hexadecimal or, without one, something opaque. */
  readonly etag: string;
  readonly crc64: bigint;
}

/**
 * Streams a body into the store.
 *
 * @throws OssError MissingContentLength, EntityTooLarge, InvalidDigest; then nothing is kept
 */
export async function receive(
  body: RequestBody,
  store: Store,
  settings: Settings,
  maxSize = settings.maxPutSize,
): Promise<Received> {
  if (body.length === undefined && !body.isChunked) {
    throw new OssError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  const tooLarge = () =>
    new OssError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.", {
      MaxSizeAllowed: String(maxSize),
    });
  if ((body.length ?? 0) > maxSize) throw tooLarge();
  return take(body.chunks(), store, {
    size: body.length,
    maxSize,
    md5: body.md5,
    wantsMd5: settings.md5 || body.md5 !== undefined,
    crc64: settings.crc64(),
    tooLarge,
  });
}

/** Puts bytes into the store past HTTP. */
export function receiveBytes(bytes: Uint8Array, store: Store): Promise<Received> {
  return take([bytes], store, { size: bytes.length, wantsMd5: true, crc64: new OwnCrc64() });
}

interface Expected {
  readonly size: number | undefined;
  readonly maxSize?: number;
  readonly md5?: string | undefined;
  readonly wantsMd5: boolean;
  readonly crc64: RunningCrc64;
  readonly tooLarge?: () => OssError;
}

async function take(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  store: Store,
  expected: Expected,
): Promise<Received> {
  const writer = store.writer(expected.size);
  try {
    const digest = new Digest(expected.wantsMd5, expected.crc64);
    for await (const chunk of chunks) {
      const size = digest.size + chunk.length;
      if (size > (expected.maxSize ?? size) && expected.tooLarge !== undefined) throw expected.tooLarge();
      digest.update(chunk);
      await writer.write(chunk);
    }
    const { etag, crc64, md5 } = digest.finish();
    if (md5 !== undefined) checkMd5(expected.md5, md5);
    const content = wholeBlob(await writer.finish());
    store.retain(content);
    const { size } = digest;
    return { content, size, etag, crc64, [Symbol.dispose]: () => store.release(content) };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function checkMd5(declared: string | undefined, actual: Buffer): void {
  if (declared === undefined || declared === actual.toString("base64")) return;
  throw new OssError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {
    ClientComputedContentMD5: declared,
    ServerCalculatedContentMD5: actual.toString("base64"),
  });
}
