import { checkedXml, type OssClient, type StoreRequest } from "./client.ts";
import { type About, answerError } from "./errors.ts";
import { withRetries } from "./retry.ts";
import { unquoted } from "./status.ts";
import { XmlField, xmlEach, xmlElements, xmlRoot, xmlText } from "./xml.ts";

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly length: number;
  /** Milliseconds. */
  readonly modificationTime: number;
  readonly version: string;
}

export interface ListPage {
  /** In UTF-8 byte order. */
  readonly objects: readonly ListedObject[];
  /** With the delimiter at the end, in UTF-8 byte order. */
  readonly prefixes: readonly string[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
  /** Characters of the answer, which its keys keep in memory. */
  readonly size: number;
}

export interface ListRequest {
  readonly prefix: string;
  /** "/" for the direct children only. */
  readonly delimiter?: "/" | undefined;
  /** Only keys after this one. */
  readonly startAfter?: string | undefined;
  /** Keys of a page; default `fs.oss.paging.maximum`. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly about: About;
}

/** One page; one request. `token` is the `next` of the page before it. */
export function listPage(client: OssClient, request: ListRequest, token?: string): Promise<ListPage> {
  const { signal, about } = request;
  const version = client.settings.listVersion;
  const parameters = version === 2 ? version2(client, request, token) : version1(client, request, token);
  return withRetries(client.settings.retry, signal, async (attempt) => {
    const answer = await client.sendOnce({ method: "GET", ...parameters, signal, about }, attempt);
    return parsePage(checkedXml(answer, "ListBucketResult", about), version, about);
  });
}

type Parameters = Pick<StoreRequest, "subresources" | "query">;

function version2(client: OssClient, request: ListRequest, token: string | undefined): Parameters {
  const { startAfter } = request;
  return {
    // The only one of these that signature V1 covers.
    ...(token === undefined ? {} : { subresources: { "continuation-token": token } }),
    query: {
      "list-type": "2",
      ...common(client, request),
      ...(startAfter === undefined ? {} : { "start-after": startAfter }),
    },
  };
}

function version1(client: OssClient, request: ListRequest, token: string | undefined): Parameters {
  const marker = token ?? request.startAfter;
  return { query: { ...common(client, request), ...(marker === undefined ? {} : { marker }) } };
}

function common(client: OssClient, request: ListRequest): Record<string, string> {
  const { prefix, delimiter, limit = client.settings.pageSize } = request;
  return {
    // Keys may hold characters that XML cannot.
    "encoding-type": "url",
    "max-keys": String(limit),
    // An empty one is left out: ali-oss signs it for V4 as `prefix=`, OSS as `prefix`.
    ...(prefix === "" ? {} : { prefix }),
    ...(delimiter === undefined ? {} : { delimiter }),
  };
}

/** Whether anything has this prefix; one request. */
export async function hasAny(
  client: OssClient,
  prefix: string,
  more: Omit<ListRequest, "prefix">,
): Promise<boolean> {
  const page = await listPage(client, { ...more, prefix, limit: 1 });
  return page.objects.length > 0 || page.prefixes.length > 0;
}

/** Throws a retryable `EIO` for a document that is cut or damaged: an error must never look like an empty folder. */
export function parsePage(xml: string, version: 1 | 2, about: About): ListPage {
  try {
    const page = xmlRoot(xml, "ListBucketResult");
    const decode = xmlText(page, "EncodingType") === "url" ? decodeKey : (text: string) => text;
    const objects: ListedObject[] = [];
    const time = new Timestamps();
    xmlEach(page, "Contents", (from, to) => {
      objects.push({
        key: decode(KEY.text(page, from, to) ?? lacking("Key")),
        length: Number(SIZE.text(page, from, to) ?? lacking("Size")),
        modificationTime: time.of(LAST_MODIFIED.text(page, from, to) ?? ""),
        version: unquoted(ETAG.text(page, from, to) ?? ""),
      });
    });
    const prefixes: string[] = [];
    for (const entry of xmlElements(page, "CommonPrefixes")) prefixes.push(decode(needed(entry, "Prefix")));
    const truncated = needed(page, "IsTruncated") === "true";
    const next = version === 2 ? "NextContinuationToken" : "NextMarker";
    return {
      objects,
      prefixes,
      next: truncated ? decode(needed(page, next)) : undefined,
      size: xml.length,
    };
  } catch (cause) {
    throw answerError("the store's listing cannot be read", about, { retryable: true, cause });
  }
}

function decodeKey(text: string): string {
  return text.includes("%") ? decodeURIComponent(text) : text;
}

const KEY = new XmlField("Key");
const SIZE = new XmlField("Size");
const LAST_MODIFIED = new XmlField("LastModified");
const ETAG = new XmlField("ETag");

/** Dates as milliseconds. Neighbours are often of the same second, and parsing costs more than the rest of an entry. */
class Timestamps {
  #text = "";
  #time = 0;

  of(text: string): number {
    if (text === this.#text) return this.#time;
    this.#text = text;
    this.#time = Date.parse(text) || 0;
    return this.#time;
  }
}

function needed(xml: string, name: string): string {
  return xmlText(xml, name) ?? lacking(name);
}

function lacking(name: string): never {
  throw new Error(`it has no <${name}>`);
}
