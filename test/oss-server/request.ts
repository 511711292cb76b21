import { isIP } from "node:net";
import { OssError } from "./errors.ts";
import { fromLatin1, type Incoming } from "./wire.ts";

/** Parameters of the query string, decoded, in the order sent. Of a repeated name the first one counts. */
export class Query {
  readonly entries: readonly (readonly [name: string, value: string])[];
  readonly #values = new Map<string, string>();

  constructor(source: string) {
    this.entries = source
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const equals = pair.indexOf("=");
        const name = equals < 0 ? pair : pair.slice(0, equals);
        return [decode(name, true), equals < 0 ? "" : decode(pair.slice(equals + 1), true)] as const;
      });
    for (const [name, value] of this.entries) if (!this.#values.has(name)) this.#values.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/** Which bucket and object a request means; both empty: the service itself, an empty key: the bucket. */
export interface Target {
  readonly style: "host" | "path";
  readonly bucket: string;
  readonly key: string;
}

/** A request's head as OSS understands it. */
export interface OssRequest {
  readonly method: string;
  readonly query: Query;
  /** Those of `Incoming`. */
  readonly headers: ReadonlyMap<string, string>;
  /** In the order of likelihood. Two only where bucket in Host header and bucket in path cannot be told apart. */
  readonly targets: readonly [Target, ...Target[]];
}

/** @throws OssError for a path or a query that is no percent-encoded UTF-8 */
export function readRequest({ method, url: sent, headers }: Incoming): OssRequest {
  const url = sent.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = url.indexOf("?");
  const path = decode(mark < 0 ? url : url.slice(0, mark), false);
  return {
    method,
    query: new Query(mark < 0 ? "" : url.slice(mark + 1)),
    headers,
    targets: targetsOf(headers.get("host") ?? "", path.startsWith("/") ? path.slice(1) : path),
  };
}

function targetsOf(host: string, path: string): [Target, ...Target[]] {
  const slash = path.indexOf("/");
  const first = slash < 0 ? path : path.slice(0, slash);
  const inPath: Target = { style: "path", bucket: first, key: slash < 0 ? "" : path.slice(slash + 1) };
  const bucket = bucketOfHost(host);
  if (bucket === undefined) return [inPath];
  const inHost: Target = { style: "host", bucket, key: path };
  // ali-oss with `sldEnable` and an IP endpoint puts the bucket into both; the signature tells which is meant.
  return first === bucket ? [inHost, inPath] : [inHost];
}

/**
 * The bucket that a Host header names: `bucket.oss-cn-hangzhou.aliyuncs.com`, `bucket.localhost:9000`,
 * `bucket.127.0.0.1`. Any other host is the server's own name, and the bucket is in the path.
 */
function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d*$/, "").toLowerCase();
  if (isIP(name) !== 0 || name.startsWith("[")) return undefined;
  const [label = "", ...labels] = name.split(".");
  const rest = labels.join(".");
  const isBelowServer =
    rest === "localhost" || isIP(rest) === 4 || /^(?:s3\.)?[^.]+\.aliyuncs\.com$/.test(rest);
  // ali-oss with an IP endpoint writes "undefined" or "null" for requests that concern no bucket.
  return isBelowServer && !/^(?:s3|null|undefined)$/.test(label) ? label : undefined;
}

function decode(text: string, plusIsBlank: boolean): string {
  const source = plusIsBlank ? text.replaceAll("+", " ") : text;
  if (!source.includes("%")) return fromLatin1(source);
  try {
    return decodeURIComponent(source);
  } catch {
    throw new OssError(400, "InvalidURI", "The URI is not percent-encoded UTF-8.");
  }
}
