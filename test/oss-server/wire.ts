/**
 * What the server needs of HTTP. Two ways give it: node:http, which tests use, and bare sockets (lean/) for benchmarks.
 */

/** A request as it came over a connection. */
export interface Incoming {
  readonly method: string;
  /** Path and query as sent, one character for each byte. */
  readonly url: string;
  /** Names in lower case; of a header sent twice the values are joined by ",". Values are decoded as UTF-8. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the client has gone. */
  readonly isGone: boolean;
  /**
   * The body, once. A chunk is valid until the next one is asked for; whoever stops early leaves the connection as it is.
   * Throws when the client goes before its end.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** Reads and drops what is left of the body. */
  drop(): void;
}

/** The answer to one request. */
export interface Outgoing {
  /** Tells a client that waits for it to send its body: 100 Continue. */
  goOn(): void;
  /**
   * To be sent with the first bytes of the body.
   *
   * @param headers name, value, name, value …, one character for each byte; Connection is added where it is missing
   */
  head(status: number, headers: readonly string[]): void;
  /** Sends the head without waiting for a body. */
  flushHead(): void;
  /** Resolves to whether the client is still there, once the bytes are no longer needed. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** A promise, if there is one, resolves when the bytes are no longer needed. */
  end(bytes?: Uint8Array): Promise<unknown> | undefined;
  /** Ends the connection in an orderly way (FIN), wherever the body is. */
  cut(): void;
  destroy(): void;
  /** Resolves when the connection has gone. */
  closed(): Promise<void>;
}

/** Header and request lines are bytes; clients send UTF-8. What is no UTF-8 stays as it is, one character for each byte. */
export function fromLatin1(text: string): string {
  let isAscii = true;
  for (let index = 0; index < text.length && isAscii; index++) isAscii = text.charCodeAt(index) < 128;
  if (isAscii) return text;
  const bytes = Buffer.from(text, "latin1");
  const decoded = bytes.toString("utf8");
  return Buffer.from(decoded, "utf8").equals(bytes) ? decoded : text;
}

/** The other way round. */
export function toLatin1(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 126) return Buffer.from(text, "utf8").toString("latin1");
  }
  return text;
}
