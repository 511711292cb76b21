import type { IncomingHttpHeaders } from "node:http";
import type { RequestBody } from "./body.ts";
import { LeanTransport } from "./http/lean-transport.ts";
import { NodeTransport } from "./http/node-transport.ts";
import type { ProxySettings } from "./proxy.ts";

export interface TransportOptions {
  /** Which implementation: bare sockets, or node:http. */
  readonly httpClient: "lean" | "node";
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

/** Who gets the bytes of an answer. */
export interface Receiver {
  /** Takes a piece; it is valid during the call only. */
  take(piece: Buffer): void;
  /** Memory where the next piece may land by itself: then `take` is given a front of it, and need not copy. */
  space?(): Buffer | undefined;
}

/** One answer: status and headers are there, the body is on its way. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Hands over every piece of the body as it arrives. Rejects when the body breaks off, or `take` throws. */
  consume(receiver: Receiver): Promise<void>;
  /** The body as text, for answers that are known to be short: rejects past `limit` bytes (32 MiB). */
  text(limit?: number): Promise<string>;
  /** Drops the answer, and the connection with it when the body has not arrived yet. */
  discard(): void;
}

/**
 * The HTTP client under ali-oss (its `options.urllib`): connections of its own, an idle instead of a total timeout,
 * streamed bodies, and AbortSignals that reach the socket.
 */
export interface Transport {
  /** Resolves when the answer's headers are there; its body must be consumed or discarded at once. */
  request(url: string, request: SignedRequest): Promise<Outcome>;
  /** Ends what is under way and closes every connection. */
  close(): void;
}

export function openTransport(options: TransportOptions): Transport {
  return options.httpClient === "node" ? new NodeTransport(options) : new LeanTransport(options);
}
