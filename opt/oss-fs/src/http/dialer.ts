import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import tls from "node:tls";
import { openTunnel, type ProxySettings } from "../proxy.ts";
import { reset, timedOut } from "./failures.ts";

/** Takes `chunk[0, end)`, which is valid during the call only; false: no more for now. */
export type Receive = (chunk: Buffer, end: number) => boolean;
type Done = (error: unknown, socket?: Socket) => void;

export interface DialOptions {
  /** For everything until a request can be sent: proxy, TCP and TLS. */
  readonly connectTimeoutMs: number;
  readonly proxy: ProxySettings | undefined;
  readonly secureContext: () => tls.SecureContext;
}

/** Bytes that the kernel hands over at once, at most: CPU per GiB is 0.25 s with 64 KiB, 0.18 with 256, 0.25 with 1024. */
const SLAB_BYTES = 256 * 1024;

/** Opens connections to one origin: directly, over TLS, or through a proxy. */
export class Dialer {
  readonly #origin: URL;
  readonly #host: string;
  readonly #port: number;
  readonly #options: DialOptions;
  /** Spares the next TLS handshake most of its work. */
  #session: Buffer | undefined;

  constructor(origin: URL, options: DialOptions) {
    this.#origin = origin;
    this.#host = origin.hostname.replace(/^\[(.*)\]$/, "$1");
    this.#port = Number(origin.port) || (origin.protocol === "https:" ? 443 : 80);
    this.#options = options;
  }

  /** Calls `done` once; returns what gives the attempt up, with a reason. */
  dial(receive: Receive, done: Done): (reason: unknown) => void {
    const { connectTimeoutMs, proxy } = this.#options;
    const attempt = new Attempt(connectTimeoutMs, done);
    const address = { host: this.#host, port: this.#port };
    if (this.#origin.protocol !== "https:") {
      const { host, port } = proxy ?? address;
      attempt.open("connect", () => connect({ host, port, onread: onread(receive) }));
    } else if (proxy === undefined) {
      attempt.open("secureConnect", () => this.#secured({ ...address, onread: onread(receive) }));
    } else {
      const target = `${this.#origin.hostname}:${this.#port}`;
      const giveUp = openTunnel(proxy, target, connectTimeoutMs, (error, socket) => {
        if (socket === undefined) attempt.end(error);
        else
          attempt.open("secureConnect", () => listened(this.#secured({ host: this.#host, socket }), receive));
      });
      attempt.giveUpBy(giveUp);
    }
    return (reason) => attempt.end(reason);
  }

  /** Node takes `onread` here since 14.18; its types do not know. */
  #secured(options: tls.ConnectionOptions & { readonly onread?: OnReadOpts }): Socket {
    const session = this.#session;
    const socket = tls.connect({
      ...options,
      ...(session === undefined ? {} : { session }),
      secureContext: this.#options.secureContext(),
      servername: isIP(this.#host) === 0 ? this.#host : "",
      ALPNProtocols: ["http/1.1"],
    });
    socket.on("session", (fresh) => {
      this.#session = fresh;
    });
    socket.once("error", () => {
      this.#session = undefined;
    });
    return socket;
  }
}

/** One connection on its way. */
class Attempt {
  readonly #done: Done;
  readonly #timer: NodeJS.Timeout;
  #giveUp: () => void = () => {};
  #isOver = false;

  constructor(limitMs: number, done: Done) {
    this.#done = done;
    this.#timer = setTimeout(() => this.end(timedOut(`no connection within ${limitMs} ms`)), limitMs);
  }

  giveUpBy(giveUp: () => void): void {
    this.#giveUp = giveUp;
    if (this.#isOver) giveUp();
  }

  open(event: "connect" | "secureConnect", make: () => Socket): void {
    try {
      const socket = make();
      socket.on("error", (error) => this.end(error));
      socket.once("close", () => this.end(reset()));
      socket.once(event, () => this.end(undefined, socket));
      this.giveUpBy(() => socket.destroy());
      socket.setNoDelay(true);
    } catch (error) {
      // Certificates that cannot be read, for one.
      this.end(error);
    }
  }

  end(error: unknown, socket?: Socket): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (socket === undefined) this.#giveUp();
    this.#done(error, socket);
  }
}

/** Every read lands in the same buffer: nothing is allocated for the garbage collector. */
function onread(receive: Receive): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  return { buffer, callback: (count) => receive(buffer, count) };
}

/** TLS inside another socket has no `onread`. */
function listened(socket: Socket, receive: Receive): Socket {
  return socket.on("data", (chunk: Buffer) => {
    if (!receive(chunk, chunk.length)) socket.pause();
  });
}
