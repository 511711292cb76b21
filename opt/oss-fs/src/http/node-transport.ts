import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import tls from "node:tls";
import { onAbort } from "../abort.ts";
import { isPieces, type RequestBody } from "../body.ts";
import { proxyHeaders, TunnelAgent } from "../proxy.ts";
import type {
  Answer,
  Exchange,
  Outcome,
  Receiver,
  SignedRequest,
  Transport,
  TransportOptions,
} from "../transport.ts";
import { readText } from "./answer-text.ts";
import { closed, reset, timedOut, unwanted } from "./failures.ts";
import { drained } from "./request-writer.ts";

/** Idle sockets are dropped well before OSS drops them (about a minute): a request must not meet a dead one. */
const KEEP_ALIVE_MS = 15_000;

/** By node:http and node:https: what every Node program uses, at several times the processor time. */
export class NodeTransport implements Transport {
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

  request(url: string, request: SignedRequest): Promise<Outcome> {
    if (this.#closed) return Promise.resolve({ failure: closed() });
    const call = new Call(() => this.#active.delete(call));
    this.#active.add(call);
    return call.start(this.#open(url, request), request.ctx, this.#options);
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#active) call.fail(closed());
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

class NodeAnswer implements Answer {
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

  consume(receiver: Receiver): Promise<void> {
    const message = this.#message;
    return new Promise((resolve, reject) => {
      message.on("data", (chunk: Buffer) => {
        try {
          receiver.take(chunk);
        } catch (error) {
          this.#call.fail(error);
          reject(error);
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

  text(limit?: number): Promise<string> {
    return readText(this, limit);
  }

  discard(): void {
    this.#call.fail(unwanted());
  }
}

/** One request under way: its timers, its signal, and why it failed. */
class Call {
  failure: unknown;
  readonly #onEnd: () => void;
  #request: http.ClientRequest | undefined;
  #release: () => void = () => {};
  #settle: (outcome: Outcome) => void = () => {};
  #connecting: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  start(request: http.ClientRequest, exchange: Exchange, options: TransportOptions): Promise<Outcome> {
    this.#request = request;
    const { signal } = exchange;
    return new Promise((resolve) => {
      this.#settle = resolve;
      let answered = false;
      request.once("response", (message) => {
        answered = true;
        resolve(new NodeAnswer(message, this));
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
    // One that waits for a connection would not be told before its turn.
    this.#settle({ failure: this.failure });
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
    if (!request.write(chunk)) await drained(request);
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
