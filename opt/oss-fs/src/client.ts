import { createHash } from "node:crypto";
import type { FileSystemError } from "plugfs";
import OSS from "./ali-oss.ts";
import { bodyLength, type RequestBody } from "./body.ts";
import type { CredentialSource, Credentials } from "./credentials/credentials.ts";
import { type About, answerError, connectionError, storeError } from "./errors.ts";
import { ReadSigner, type SignedRead } from "./read-signer.ts";
import { type Attempt, withRetries } from "./retry.ts";
import type { OssSettings } from "./settings.ts";
import { type Answer, type Exchange, type Outcome, openTransport, type Transport } from "./transport.ts";
import { xmlText } from "./xml.ts";

/** One request to the bucket. */
export interface StoreRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Absent for a request on the bucket itself. */
  readonly key?: string;
  /** Query parameters that belong to the signature, such as `uploadId`; "" for one without a value. */
  readonly subresources?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal?: AbortSignal | undefined;
  readonly about: About;
}

/** A whole answer with its (short) body. */
export interface TextAnswer {
  readonly status: number;
  readonly headers: Answer["headers"];
  readonly text: string;
}

/** What is used of ali-oss; its types lack all of it. */
interface AliOss {
  userAgent: string;
  readonly options: {
    accessKeyId: string;
    accessKeySecret: string;
    stsToken?: string | undefined;
    amendTimeSkewed?: number;
  };
  request(params: object): Promise<Outcome>;
}

/**
 * The one way to the store: ali-oss signs and names the host, for reads {@link ReadSigner}; {@link Transport} carries, errors are told as
 * `FileSystemError`s. One for each bucket, with connections of its own.
 */
export class OssClient {
  readonly bucket: string;
  readonly settings: OssSettings;
  readonly #oss: AliOss;
  readonly #transport: Transport;
  readonly #credentials: CredentialSource;
  readonly #readSigner: ReadSigner;
  #skewMs = 0;

  constructor(bucket: string, settings: OssSettings, credentials: CredentialSource) {
    this.bucket = bucket;
    this.settings = settings;
    this.#credentials = credentials;
    this.#transport = openTransport(settings);
    this.#oss = makeAliOss(settings, this.#transport);
    const prefix = settings.userAgentPrefix;
    if (prefix !== undefined) this.#oss.userAgent = `${prefix} ${this.#oss.userAgent}`;
    this.#readSigner = new ReadSigner(bucket, settings, this.#oss.userAgent);
  }

  /** A request and its whole answer, with retries. Only for what is safe to repeat. */
  send(request: StoreRequest): Promise<TextAnswer> {
    return withRetries(this.settings.retry, request.signal, (attempt) => this.sendOnce(request, attempt));
  }

  /** The same without retries. */
  async sendOnce(request: StoreRequest, attempt?: Attempt): Promise<TextAnswer> {
    const answer = await this.openOnce(request, attempt);
    const { status, headers } = answer;
    const text = await this.#read(answer, request);
    // A success in the status line only.
    if (IS_ERROR.test(text)) throw storeError({ status, headers, body: text }, request.about);
    return { status, headers, text };
  }

  /** One attempt; resolves at the headers of a 2xx answer, whose body must be consumed at once. */
  async openOnce(request: StoreRequest, attempt?: Attempt): Promise<Answer> {
    const credentials = await this.#credentials.get(request.signal);
    const outcome = await this.#send(request, credentials);
    if ("failure" in outcome) throw this.failed(outcome.failure, request);
    if (outcome.status >= 200 && outcome.status < 300) return outcome;
    const { status, headers } = outcome;
    const body = await this.#read(outcome, request);
    const wait = Number(headers["x-oss-qos-delay-time"]);
    if (wait > 0) attempt?.waitAtLeast(wait);
    const time = xmlText(body, "ServerTime") ?? headers.date ?? "";
    const error = storeError({ status, headers, body }, request.about);
    throw this.#renewCredentials(this.#amendClock(error, Date.parse(time)), credentials);
  }

  /** What a broken-off request rejects with: the signal's reason, or a `FileSystemError`. */
  failed(failure: unknown, request: Pick<StoreRequest, "signal" | "about">): unknown {
    if (request.signal?.aborted) return request.signal.reason;
    return connectionError(failure, request.about);
  }

  /** Ends every request and closes every connection. */
  close(): void {
    this.#credentials.close();
    this.#transport.close();
  }

  #send(request: StoreRequest, credentials: Credentials): Promise<Outcome> {
    const read = this.#signedRead(request, credentials);
    if (read !== undefined) {
      const { method, signal } = request;
      return this.#transport.request(read.url, { method, headers: read.headers, ctx: { signal } });
    }
    this.#signWith(credentials);
    // Signed before the first await inside: no other request's credentials can come between.
    return this.#oss.request(this.#signable(request));
  }

  #signedRead(request: StoreRequest, credentials: Credentials): SignedRead | undefined {
    const { method, key, headers = {}, subresources, query } = request;
    const isRead =
      (method === "GET" || method === "HEAD") && subresources === undefined && query === undefined;
    if (!isRead || key === undefined || HALF_PAIR.test(key)) return undefined;
    return this.#readSigner.sign({ method, key, headers }, credentials, Date.now() + this.#skewMs);
  }

  #signWith({ accessKeyId, accessKeySecret, securityToken }: Credentials): void {
    Object.assign(this.#oss.options, { accessKeyId, accessKeySecret, stsToken: securityToken });
  }

  /** Credentials that the store does not take any more are fetched anew, and the request tried again. */
  #renewCredentials(error: FileSystemError, used: Credentials): FileSystemError {
    const isStale = STALE_CREDENTIALS.includes(error.storeCode ?? "");
    return isStale && this.#credentials.refused(used) ? error.with({ retryable: true }) : error;
  }

  async #read(answer: Answer, request: StoreRequest): Promise<string> {
    try {
      return await answer.text();
    } catch (failure) {
      throw this.failed(failure, request);
    }
  }

  #signable(request: StoreRequest): object {
    const exchange: Exchange = { body: request.body, signal: request.signal };
    const length = request.body === undefined ? undefined : bodyLength(request.body);
    // Fresh objects every time: ali-oss changes what it is given.
    return {
      method: request.method,
      bucket: this.bucket,
      object: request.key,
      subres: request.subresources && { ...request.subresources },
      query: request.query && { ...request.query },
      headers: {
        ...(length === undefined ? {} : { "Content-Length": String(length) }),
        ...request.headers,
      },
      ctx: exchange,
    };
  }

  /** A wrong clock is amended by the store's own, once for every change of it, and the request tried again. */
  #amendClock(error: FileSystemError, storeTime: number): FileSystemError {
    if (error.storeCode !== "RequestTimeTooSkewed") return error;
    const skew = storeTime - Date.now();
    if (!(Math.abs(skew - this.#skewMs) > 60_000)) return error;
    this.#skewMs = skew;
    this.#oss.options.amendTimeSkewed = skew;
    return error.with({ retryable: true });
  }
}

/** Half of a surrogate pair, which has no UTF-8. */
const HALF_PAIR = /\p{Surrogate}/u;

/** A document whose root is an error; in a `DeleteResult` errors are ordinary elements. */
const IS_ERROR = /^\s*(<\?xml[^>]*>\s*)?<Error>/;

const STALE_CREDENTIALS: readonly string[] = [
  "SecurityTokenExpired",
  "InvalidSecurityToken",
  "InvalidAccessKeyId",
];

/** A document to send; the store refuses it when it arrives damaged. */
export function xmlBody(
  xml: string,
  headers: Readonly<Record<string, string>> = {},
): Required<Pick<StoreRequest, "headers" | "body">> {
  const body = Buffer.from(xml);
  const md5 = createHash("md5").update(body).digest("base64");
  return { headers: { "Content-Type": "application/xml", "Content-MD5": md5, ...headers }, body: [body] };
}

/** The header's value when it was sent once. */
export function header(answer: { readonly headers: Answer["headers"] }, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The object's ETag: an answer without one does not come from the object, whatever its status. Retryable `EIO`. */
export function checkedEtag(answer: { readonly headers: Answer["headers"] }, about: About): string {
  const etag = header(answer, "etag");
  if (etag !== undefined && etag !== "") return etag;
  const requestId = header(answer, "x-oss-request-id");
  throw answerError("the store's answer has no ETag", about, { retryable: true, requestId });
}

/** The XML document `root` of an answer. */
export function checkedXml(answer: TextAnswer, root: string, about: About): string {
  if (answer.text.includes(`<${root}`)) return answer.text;
  const requestId = header(answer, "x-oss-request-id");
  throw answerError(`the store's answer is not a <${root}> document`, about, { retryable: true, requestId });
}

function makeAliOss(settings: OssSettings, transport: Transport): AliOss {
  const { region } = settings;
  const Client = OSS as unknown as new (options: object) => AliOss;
  return new Client({
    // It wants some at once; the real ones are set before every request.
    accessKeyId: "none",
    accessKeySecret: "none",
    endpoint: settings.endpoint,
    ...(region === undefined ? {} : { region: `oss-${region}` }),
    authorizationV4: settings.signatureV4,
    sldEnable: settings.pathStyle,
    cname: settings.cname,
    isRequestPay: settings.requesterPays,
    urllib: transport,
  });
}
