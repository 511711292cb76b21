import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import tls from "node:tls";
import { onAbort } from "./abort.ts";
import { isPieces, type RequestBody } from "./body.ts";
import { type ProxySettings, proxyHeaders, TunnelAgent } from "./proxy.ts";

export interface TransportOptions {
  /** Connections at most; further requests wait in line. */
  readonly connections: number;
  /** Milliseconds for the TCP and TLS handshake. */
  readonly connectTimeoutMs: number;
  /** Milliseconds without a byte in either direction. */
  readonly idleTimeoutMs: number;
  /** Bucket in the path; the `Host` header is then the endpoint's own. */
  readonly pathStyle: boolean;
  /** Certificates to trust besides Node's own, in PEM. */
  readonly ca: string | undefined;
  readonly proxy: ProxySettings | undefined;
}

/** What travels past ali-oss, in its `ctx`, to {@link Transport.request}. */
export interface Exchange {
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What ali-oss hands to its `urllib`, as far as it matters here. */
export interface SignedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly ctx: Exchange;
}

/**
 * A connection's failure travels as a value: ali-oss would replace a rejection by an error of its own, without code
 * and cause.
 */
export type Outcome = Answer | { readonly failure: unknown };

/** Idle sockets are dropped well before OSS drops them (about a minute): a request must not meet a dead one. */
const KEEP_ALIVE_MS = 15_000;

/**
 * The HTTP client under ali-oss (its `options.urllib`): connections of its own, an idle instead of a total timeout,
 * streamed bodies, and AbortSignals that reach the socket.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #plain: http.Agent;
  readonly #secure: https.Agent;
  readonly #active = new Set<Call>();
  #origin: { readonly text: string; readonly url: URL } | undefined;
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    const { connections, proxy, connectTimeoutMs } = options;
    const common = { keepAlive: true, maxSockets: connections, scheduling: "lifo" } as const;
    const trust = options.ca === undefined ? {} : { ca: [...tls.rootCertificates, options.ca] };
    const secure = { ...common, ...trust };
    this.#plain = shortLived(new http.Agent(common));
    this.#secure = shortLived(
      proxy === undefined ? new https.Agent(secure) : new TunnelAgent(proxy, connectTimeoutMs, secure),
    );
  }

  /** Resolves when the answer's headers are there; its body must be consumed or discarded at once. */
  request(url: string, request: SignedRequest): Promise<Outcome> {
    if (this.#closed) return Promise.resolve({ failure: new Error("the file system is closed") });
    const call = new Call(() => this.#active.delete(call));
    this.#active.add(call);
    return call.start(this.#open(url, request), request.ctx, this.#options);
  }

  /** Ends what is under way and closes every connection. */
  close(): void {
    this.#closed = true;
    for (const call of this.#active) call.fail(new Error("the file system is closed"));
    this.#plain.destroy();
    this.#secure.destroy();
  }

  #open(url: string, request: SignedRequest): http.ClientRequest {
    // No `new URL` for the whole: it would resolve "." and ".." in keys.
    const slash = url.indexOf("/", url.indexOf("//") + 2);
    const origin = this.#originOf(url.slice(0, slash));
    const secure = origin.protocol === "https:";
    const host = origin.hostname;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (this.#options.pathStyle && name === "host") continue;
      if (value !== undefined && value !== null) headers[name] = String(value);
    }
    const options: https.RequestOptions = {
      agent: secure ? this.#secure : this.#plain,
      host,
      port: origin.port,
      method: request.method,
      path: url.slice(slash),
      headers,
    };
    if (secure) {
      options.servername = isIP(host) ? "" : host;
      return https.request(options);
    }
    const { proxy } = this.#options;
    if (proxy === undefined) return http.request(options);
    headers.host ??= origin.host;
    Object.assign(headers, proxyHeaders(proxy));
    return http.request({ ...options, host: proxy.host, port: proxy.port, path: url });
  }

  /** Parsed once: all requests of a file system go to one place. */
  #originOf(text: string): URL {
    if (this.#origin?.text !== text) this.#origin = { text, url: new URL(text) };
    return this.#origin.url;
  }
}

/** One answer: status and headers are there, the body is on its way. */
export class Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly #message: http.IncomingMessage;
  readonly #call: Call;

  constructor(message: http.IncomingMessage, call: Call) {
    this.status = message.statusCode as number;
    this.headers = message.headers;
    this.#message = message;
    this.#call = call;
    // Between the headers and `consume` a failure must not be "unhandled".
    message.on("error", () => {});
  }

  /** Hands every piece of the body to `take`, as it arrives. Rejects when the body breaks off, or `take` throws. */
  consume(take: (chunk: Buffer) => void): Promise<void> {
    const message = this.#message;
    return new Promise((resolve, reject) => {
      message.on("data", (chunk: Buffer) => {
        try {
          take(chunk);
        } catch (error) {
          this.#call.fail(error);
        }
      });
      message.once("end", () => {
        this.#call.end();
        resolve();
      });
      message.once("error", (error) => reject(this.#call.failure ?? error));
      const onClose = (): void => {
        if (!message.readableEnded) reject(this.#call.failure ?? reset());
      };
      message.once("close", onClose);
      if (message.destroyed) onClose();
    });
  }

  /** The body as text, for answers that are known to be short. */
  async text(limit = 32 * 1024 * 1024): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    await this.consume((chunk) => {
      length += chunk.length;
      if (length > limit) throw new Error(`the answer is longer than ${limit} bytes`);
      chunks.push(chunk);
    });
    return Buffer.concat(chunks).toString("utf8");
  }

  /** Drops the answer, and the connection with it when the body has not arrived yet. */
  discard(): void {
    this.#call.fail(new Error("the answer was not wanted"));
  }
}

/** One request under way: its timers, its signal, and why it failed. */
class Call {
  failure: unknown;
  readonly #onEnd: () => void;
  #request: http.ClientRequest | undefined;
  #release: () => void = () => {};
  #connecting: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  start(request: http.ClientRequest, exchange: Exchange, options: TransportOptions): Promise<Outcome> {
    this.#request = request;
    const { signal } = exchange;
    return new Promise((resolve) => {
      let answered = false;
      request.once("response", (message) => {
        answered = true;
        resolve(new Answer(message, this));
      });
      request.on("error", (error) => {
        this.end();
        resolve({ failure: this.failure ?? error });
      });
      request.once("close", () => {
        this.end();
        if (!answered) resolve({ failure: this.failure ?? reset() });
      });
      request.once("socket", (socket) => {
        if (!socket.connecting) return;
        const limit = options.connectTimeoutMs;
        this.#connecting = setTimeout(() => this.fail(timedOut(`no connection within ${limit} ms`)), limit);
        socket.once("secureConnect", this.#onConnect);
        socket.once("connect", () => {
          if (!("encrypted" in socket)) this.#onConnect();
        });
      });
      request.setTimeout(options.idleTimeoutMs, () => {
        this.fail(timedOut(`no byte for ${options.idleTimeoutMs} ms`));
      });
      this.#release = onAbort(signal, () => this.fail(signal?.reason));
      if (request.destroyed) return;
      this.#send(request, exchange.body ?? []);
    });
  }

  #send(request: http.ClientRequest, body: RequestBody): void {
    if (isPieces(body)) {
      for (const piece of body) request.write(piece);
      request.end();
      return;
    }
    sendChunks(request, body.chunks()).catch((error: unknown) => this.fail(error));
  }

  fail(error: unknown): void {
    this.failure ??= error;
    this.end();
    this.#request?.destroy();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onConnect();
    this.#release();
    // An answer before the whole body was sent: what is left of the body must not be read by anyone.
    if (this.#request?.writableFinished === false) this.#request.destroy();
    this.#onEnd();
  }

  readonly #onConnect = (): void => clearTimeout(this.#connecting);
}

/** Sends no faster than the connection takes it. */
async function sendChunks(request: http.ClientRequest, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (request.destroyed) return;
    if (request.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      request.once("drain", resolve);
      request.once("close", resolve);
    });
    request.removeAllListeners("drain");
  }
  request.end();
}

/** Free sockets of this agent close themselves after {@link KEEP_ALIVE_MS}. */
function shortLived<A extends http.Agent>(agent: A): A {
  // `keepSocketAlive` is a documented hook of http.Agent, missing in its type definitions.
  const hooks = agent as unknown as { keepSocketAlive(socket: import("node:net").Socket): boolean };
  const keep = hooks.keepSocketAlive;
  hooks.keepSocketAlive = function (socket) {
    const kept = keep.call(this, socket);
    if (kept && !(socket.timeout && socket.timeout < KEEP_ALIVE_MS)) socket.setTimeout(KEEP_ALIVE_MS);
    return kept;
  };
  return agent;
}

function reset(): Error {
  return Object.assign(new Error("the connection was closed before the answer was complete"), {
    code: "ECONNRESET",
  });
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
