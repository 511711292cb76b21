import type { IncomingMessage, ServerResponse } from "node:http";
import { fromLatin1, type Incoming, type Outgoing } from "./wire.ts";

/** A request that node:http has read. */
export class NodeIncoming implements Incoming {
  readonly #message: IncomingMessage;
  readonly headers: ReadonlyMap<string, string>;

  constructor(message: IncomingMessage) {
    this.#message = message;
    const headers = new Map<string, string>();
    const raw = message.rawHeaders;
    for (let index = 0; index < raw.length; index += 2) {
      const name = (raw[index] as string).toLowerCase();
      const value = fromLatin1(raw[index + 1] as string);
      const before = headers.get(name);
      headers.set(name, before === undefined ? value : `${before},${value}`);
    }
    this.headers = headers;
  }

  get method(): string {
    return this.#message.method ?? "GET";
  }

  get url(): string {
    return this.#message.url ?? "/";
  }

  get isGone(): boolean {
    return this.#message.socket.destroyed;
  }

  chunks(): AsyncIterable<Uint8Array> {
    // Not destroyed when the reader gives up: an answer has to go out on the same connection.
    return this.#message.iterator({ destroyOnReturn: false });
  }

  drop(): void {
    if (!this.#message.complete) this.#message.resume();
  }
}

/** An answer that node:http sends. */
export class NodeOutgoing implements Outgoing {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  goOn(): void {
    this.#response.writeContinue();
  }

  head(status: number, headers: readonly string[]): void {
    const response = this.#response;
    // Said outright, because Node would add a Keep-Alive header by which clients avoid idle connections; OSS has none.
    const isSaid = !response.shouldKeepAlive || headers.includes("Connection");
    response.writeHead(status, isSaid ? [...headers] : [...headers, "Connection", "keep-alive"]);
  }

  flushHead(): void {
    this.#response.flushHeaders();
  }

  write(bytes: Uint8Array): Promise<boolean> {
    const response = this.#response;
    return new Promise((resolve) => {
      if (this.#isGone) {
        resolve(false);
        return;
      }
      const gone = () => resolve(false);
      response.once("close", gone);
      response.write(bytes, (error) => {
        response.off("close", gone);
        resolve(error === null || error === undefined);
      });
    });
  }

  end(bytes?: Uint8Array): Promise<unknown> | undefined {
    const response = this.#response;
    if (bytes === undefined) response.end();
    else response.end(bytes);
    return response.writableLength === 0 ? undefined : this.closed();
  }

  cut(): void {
    this.#response.socket?.destroySoon();
  }

  destroy(): void {
    this.#response.destroy();
  }

  closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isGone) resolve();
      else this.#response.once("close", resolve);
    });
  }

  get #isGone(): boolean {
    return this.#response.destroyed || this.#response.socket?.destroyed === true;
  }
}
