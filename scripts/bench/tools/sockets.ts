import { createHmac } from "node:crypto";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { CREDENTIALS } from "../task.ts";

/** A request's head, signed (V1). `more`: further header lines, each with its CRLF. */
export function signedHead(method: string, resource: string, more = ""): string {
  const date = new Date().toUTCString();
  const signature = createHmac("sha1", CREDENTIALS.accessKeySecret)
    .update(`${method}\n\n\n${date}\n${resource}`)
    .digest("base64");
  return (
    `${method} ${resource} HTTP/1.1\r\nHost: 127.0.0.1\r\nDate: ${date}\r\n` +
    `Authorization: OSS ${CREDENTIALS.accessKeyId}:${signature}\r\n${more}\r\n`
  );
}

/** A bare connection: one request after another, the answer's bytes land in one buffer and are forgotten. */
export class BareConnection {
  readonly #socket: Socket;
  #left = 0;
  #length = 0;
  #done: ((bytes: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(port: number, tls = false) {
    this.#socket = tls ? this.#openTls(port) : this.#open(port);
    this.#socket.on("error", (error) => this.#failed?.(error));
  }

  /** Resolves to the bytes of the answer's body. */
  ask(request: string | Buffer): Promise<number> {
    this.#socket.write(request);
    return this.#answer();
  }

  /** The same with a body. */
  async send(head: string, body: Iterable<Uint8Array>): Promise<void> {
    const answered = this.#answer();
    this.#socket.write(head);
    for (const chunk of body) {
      if (!this.#socket.write(chunk)) await new Promise((resolve) => this.#socket.once("drain", resolve));
    }
    await answered;
  }

  close(): void {
    this.#socket.destroy();
  }

  #open(port: number): Socket {
    const buffer = Buffer.allocUnsafeSlow(256 * 1024);
    const callback = (count: number): boolean => {
      this.#take(buffer, count);
      return true;
    };
    return connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
  }

  /** Trusts what this process does: the server's authority comes by NODE_EXTRA_CA_CERTS. */
  #openTls(port: number): Socket {
    const socket = connectTls({ port, host: "127.0.0.1" });
    socket.setNoDelay();
    return socket.on("data", (chunk: Buffer) => this.#take(chunk, chunk.length));
  }

  #answer(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
    });
  }

  #take(buffer: Buffer, count: number): void {
    let from = 0;
    if (this.#left === 0) {
      const text = buffer.toString("latin1", 0, Math.min(count, 4096));
      const end = text.indexOf("\r\n\r\n");
      if (!/^HTTP\/1\.1 20/.test(text) || end < 0) {
        this.#failed?.(new Error(`Unexpected answer: ${text.slice(0, 600)}`));
        return;
      }
      this.#length = this.#left = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      from = end + 4;
    }
    this.#left -= count - from;
    if (this.#left === 0) this.#done?.(this.#length);
  }
}
