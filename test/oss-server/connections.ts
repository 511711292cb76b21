import type { Socket } from "node:net";
import { Pace } from "./pace.ts";
import type { Shape } from "./shape.ts";

export interface Connection {
  /** From 1, in the order in which connections came. */
  readonly number: number;
  readonly incoming: Pace;
  readonly outgoing: Pace;
  /** How many of its requests are being handled. */
  requests: number;
  /** Ends it by RST. */
  reset(): void;
}

/** The open connections of one server. */
export class Connections {
  readonly #shape: Shape;
  readonly #closing: AbortSignal;
  readonly #open = new Map<string, Connection>();
  #count = 0;

  /** @param closing aborted when the server closes */
  constructor(shape: Shape, closing: AbortSignal) {
    this.#shape = shape;
    this.#closing = closing;
  }

  /** Takes a TCP connection in, or closes it at once if there are too many. */
  accept(socket: Socket): void {
    if (this.#open.size >= this.#shape.maxConnections) {
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    const rate = () => this.#shape.rate;
    this.#open.set(peer, {
      number: ++this.#count,
      requests: 0,
      incoming: new Pace(rate, this.#closing),
      outgoing: new Pace(rate, this.#closing),
      reset: () => socket.resetAndDestroy(),
    });
    socket.once("close", () => this.#open.delete(peer));
  }

  /** The connection that a socket, plain or TLS, belongs to; undefined: it is gone. */
  of(socket: Socket): Connection | undefined {
    return this.#open.get(peerOf(socket));
  }
}

const peerOf = (socket: Socket) => `${socket.remoteAddress}:${socket.remotePort}`;
