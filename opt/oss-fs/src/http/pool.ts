import type { Socket } from "node:net";
import { onAbort } from "../abort.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Reader } from "./dialer.ts";
import { closed, malformed } from "./failures.ts";

/** What a pool takes its connections from. */
export interface ConnectionSource {
  /** Calls `done` once; returns what gives the attempt up, with a reason. */
  dial(reader: Reader, done: (error: unknown, socket?: Socket) => void): (reason: unknown) => void;
}

/** Connections to one origin. The one that was used last is used next; requests without one wait in line. */
export class Pool implements ConnectionOwner {
  readonly #source: ConnectionSource;
  readonly #maximum: number;
  readonly #idleTimeoutMs: number;
  readonly #open = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<Waiter>();
  readonly #dialling = new Set<Waiter>();
  #isClosed = false;

  constructor(source: ConnectionSource, maximum: number, idleTimeoutMs: number) {
    this.#source = source;
    this.#maximum = maximum;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** An idle connection, a new one, or the first that gets free. */
  acquire(signal: AbortSignal | undefined): Connection | Promise<Connection> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#isClosed) return Promise.reject(closed());
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(resolve, reject, signal);
      waiter.giveUp = (reason) => {
        this.#waiting.delete(waiter);
        waiter.fail(reason);
      };
      this.#waiting.add(waiter);
      this.#dialForWaiting();
    });
  }

  /** Closes what is idle: when one connection turned out to be dead, the others may be. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  idle(connection: Connection): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#idle.push(connection);
    } else {
      this.#waiting.delete(first);
      first.take(connection);
    }
  }

  gone(connection: Connection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#dialForWaiting();
  }

  /** Ends everything. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of [...this.#waiting, ...this.#dialling]) waiter.giveUp(closed());
    for (const connection of this.#open) connection.close();
  }

  #dialForWaiting(): void {
    for (const waiter of this.#waiting) {
      if (this.#open.size + this.#dialling.size >= this.#maximum || this.#isClosed) return;
      this.#waiting.delete(waiter);
      this.#dialling.add(waiter);
      this.#dial(waiter);
    }
  }

  #dial(waiter: Waiter): void {
    let connection: Connection | undefined;
    const reader: Reader = {
      receive(chunk, end) {
        if (connection !== undefined) return connection.receive(chunk, end);
        waiter.giveUp(malformed("an answer before any request"));
        return false;
      },
      space: () => connection?.space(),
    };
    waiter.giveUp = this.#source.dial(reader, (error, socket) => {
      this.#dialling.delete(waiter);
      if (socket === undefined) {
        waiter.fail(error);
        this.#dialForWaiting();
      } else {
        connection = new Connection(this, socket, this.#idleTimeoutMs);
        this.#open.add(connection);
        waiter.take(connection);
      }
    });
  }
}

/** A request without a connection. */
class Waiter {
  /** Ends what is done for it. */
  giveUp: (reason: unknown) => void = () => {};
  readonly #resolve: (connection: Connection) => void;
  readonly #reject: (error: unknown) => void;
  readonly #release: () => void;

  constructor(
    resolve: (connection: Connection) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#release = onAbort(signal, () => this.giveUp(signal?.reason));
  }

  take(connection: Connection): void {
    this.#release();
    this.#resolve(connection);
  }

  fail(error: unknown): void {
    this.#release();
    this.#reject(error);
  }
}
