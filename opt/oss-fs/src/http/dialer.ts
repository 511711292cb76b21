import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import tls from "node:tls";
import { openTunnel, type ProxySettings } from "../proxy.ts";
import { reset, timedOut } from "./failures.ts";

/** Whoever is told what arrives on a connection. */
export interface Reader {
  /** Takes `chunk[0, end)`, which is valid during the call only; false: no more for now. */
  receive(chunk: Buffer, end: number): boolean;
  /** Where the next bytes are to land; undefined: anywhere. */
  space(): Buffer | undefined;
}
type Done = (error: unknown, socket?: Socket) => void;

export interface DialOptions {
  /** For everything until a request can be sent: proxy, TCP and TLS. */
  readonly connectTimeoutMs: number;
  readonly proxy: ProxySettings | undefined;
  readonly secureContext: () => tls.SecureContext;
}

/** For heads, and for bodies that land nowhere else. */
const SLAB_BYTES = 64 * 1024;

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
  dial(reader: Reader, done: Done): (reason: unknown) => void {
    const { connectTimeoutMs, proxy } = this.#options;
    const attempt = new Attempt(connectTimeoutMs, done);
    const address = { host: this.#host, port: this.#port };
    if (this.#origin.protocol !== "https:") {
      const { host, port } = proxy ?? address;
      attempt.open("connect", () => connect({ host, port, onread: onread(reader) }));
    } else if (proxy === undefined) {
      attempt.open("secureConnect", () => this.#secured({ ...address, onread: onread(reader) }));
    } else {
      const target = `${this.#origin.hostname}:${this.#port}`;
      const giveUp = openTunnel(proxy, target, connectTimeoutMs, (error, socket) => {
        if (socket === undefined) attempt.end(error);
        else
          attempt.open("secureConnect", () => listened(this.#secured({ host: this.#host, socket }), reader));
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

/**
 * The bytes of a body land where they are to stay, all others in one buffer: nothing is allocated for the garbage
 * collector. Node asks for the memory of the next read right after each.
 */
function onread(reader: Reader): OnReadOpts {
  const slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  return {
    buffer: () => reader.space() ?? slab,
    callback: (count, memory) => reader.receive(memory as Buffer, count),
  };
}

/** TLS inside another socket has no `onread`. */
function listened(socket: Socket, reader: Reader): Socket {
  return socket.on("data", (chunk: Buffer) => {
    if (!reader.receive(chunk, chunk.length)) socket.pause();
  });
}
