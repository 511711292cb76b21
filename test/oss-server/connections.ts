import type { Socket } from "node:net";
import { Pace } from "./pace.ts";
import type { Shape } from "./shape.ts";

export interface Connection {
  /** From 1, in the order in which connections came. */
  readonly number: number;
  readonly incoming: Pace;
  readonly outgoing: Pace;
}

/** The open connections of one server. */
export class Connections {
  readonly #shape: Shape;
  readonly #open = new Map<Socket, Connection>();
  #count = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  get size(): number {
    return this.#open.size;
  }

  of(socket: Socket): Connection {
    let connection = this.#open.get(socket);
    if (connection === undefined) {
      const rate = () => this.#shape.rate;
      connection = { number: ++this.#count, incoming: new Pace(rate), outgoing: new Pace(rate) };
      this.#open.set(socket, connection);
      socket.once("close", () => this.#open.delete(socket));
    }
    return connection;
  }
}
