import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { bodyLength, isPieces, type RequestBody } from "../body.ts";
import type { Reader } from "./dialer.ts";
import { Exchange } from "./exchange.ts";
import { closed, reset, timedOut } from "./failures.ts";
import { COPIED_BYTES, type OutgoingRequest, writeChunks, writePieces } from "./request-writer.ts";

/** Whoever looks after a connection between its requests. */
export interface ConnectionOwner {
  idle(connection: Connection): void;
  gone(connection: Connection): void;
}

/** How long a server that was asked by `Expect: 100-continue` may keep silent before the body is sent all the same. */
const CONTINUE_MS = 1_000;

/** An open connection: serves one request after another, never two at once. */
export class Connection implements Reader {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #idleTimeoutMs: number;
  /** Then a whole body at once would be encrypted at once, into as much memory again (measured: 140 MB for 16 parts). */
  readonly #isSecure: boolean;
  #exchange: Exchange | undefined;
  #isSent = true;
  #isUsed = false;
  #isGone = false;

  constructor(owner: ConnectionOwner, socket: Socket, idleTimeoutMs: number) {
    this.#owner = owner;
    this.#socket = socket;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#isSecure = socket instanceof TLSSocket;
    socket.on("error", (error) => this.#lose(error));
    socket.on("close", () => this.#lose(reset()));
    socket.on("end", () => this.#onEnd());
    socket.on("timeout", () => this.#lose(timedOut(`no byte for ${idleTimeoutMs} ms`)));
  }

  /** Whether it served a request before: then the server may just have dropped it. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Whether the system has the whole request. */
  get isSent(): boolean {
    // TLS tells late of what it wrote; but there the end of a body is written only when the rest is.
    return this.#isSent && (this.#isSecure || this.#socket.writableLength === 0);
  }

  start(request: OutgoingRequest, signal: AbortSignal | undefined): Exchange {
    const exchange = new Exchange(request.method, this, signal);
    this.#exchange = exchange;
    if (this.#isGone) {
      exchange.fail(reset());
      return exchange;
    }
    this.#socket.ref();
    this.#socket.setTimeout(this.#idleTimeoutMs);
    this.#send(exchange, request);
    return exchange;
  }

  receive(chunk: Buffer, end: number): boolean {
    if (this.#exchange !== undefined) return this.#exchange.receive(chunk, end);
    // Nobody asked for it.
    this.destroy();
    return false;
  }

  space(): Buffer | undefined {
    return this.#exchange?.space();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The exchange is complete; the connection may wait this long for the next, if nothing of this one is left. */
  finish(keepAliveMs: number): void {
    this.#exchange = undefined;
    this.#isUsed = true;
    // What is left of the body must not be read by anyone.
    if (keepAliveMs === 0 || !this.isSent) {
      this.destroy();
      return;
    }
    this.#socket.setTimeout(keepAliveMs);
    this.#socket.unref();
    this.#owner.idle(this);
  }

  destroy(): void {
    this.#lose(reset());
  }

  close(): void {
    this.#lose(closed());
  }

  #send(exchange: Exchange, { head, body, isExpected }: OutgoingRequest): void {
    const isAtOnce = isPieces(body) && !isExpected && (!this.#isSecure || bodyLength(body) <= COPIED_BYTES);
    this.#isSent = isAtOnce;
    if (isAtOnce) {
      writePieces(this.#socket, head, body);
    } else {
      this.#socket.write(head, "latin1");
      this.#sendChunks(exchange, body, isExpected).catch((error: unknown) => exchange.fail(error));
    }
  }

  async #sendChunks(exchange: Exchange, body: RequestBody, isExpected: boolean): Promise<void> {
    if (isExpected) await exchange.continued(CONTINUE_MS);
    const isWanted = (): boolean => exchange.wantsBody;
    await writeChunks(this.#socket, body, isWanted, () => {
      this.#isSent = true;
    });
  }

  #onEnd(): void {
    this.#exchange?.ended();
    this.destroy();
  }

  #lose(error: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#owner.gone(this);
    exchange?.fail(error);
  }
}
