import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Outgoing } from "../wire.ts";
import type { DateHeader } from "./date-header.ts";

/** An answer on a lean connection. */
export class LeanOutgoing implements Outgoing {
  readonly #socket: Socket;
  readonly #date: DateHeader;
  #keepsAlive: boolean;
  /** Not sent yet. */
  #head = "";

  constructor(socket: Socket, date: DateHeader, keepsAlive: boolean) {
    this.#socket = socket;
    this.#date = date;
    this.#keepsAlive = keepsAlive;
  }

  /** Whether another answer may follow. */
  get keepsAlive(): boolean {
    return this.#keepsAlive;
  }

  goOn(): void {
    this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
  }

  head(status: number, headers: readonly string[]): void {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    let isSaid = false;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] as string;
      const value = headers[index + 1] as string;
      if (name === "Connection") {
        isSaid = true;
        this.#keepsAlive &&= value !== "close";
      }
      head += `${name}: ${value}\r\n`;
    }
    if (!isSaid) head += this.#keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
    this.#head = `${head}Date: ${this.#date.now()}\r\n\r\n`;
  }

  flushHead(): void {
    this.#socket.write(this.#takeHead(), "latin1");
  }

  write(bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve(false);
      else this.#send(bytes, (error) => resolve(error === null || error === undefined));
    });
  }

  end(bytes?: Uint8Array): Promise<unknown> | undefined {
    const socket = this.#socket;
    if (bytes === undefined) {
      const head = this.#takeHead();
      if (head !== "") socket.write(head, "latin1");
      return undefined;
    }
    this.#send(bytes);
    // Nearly always the system has taken everything by now.
    return socket.writableLength === 0 || socket.destroyed ? undefined : this.write(new Uint8Array(0));
  }

  cut(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else this.#socket.once("close", () => resolve());
    });
  }

  #send(bytes: Uint8Array, done?: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const head = this.#takeHead();
    if (head === "") {
      socket.write(bytes, done);
      return;
    }
    socket.cork();
    socket.write(head, "latin1");
    socket.write(bytes, done);
    socket.uncork();
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }
}
