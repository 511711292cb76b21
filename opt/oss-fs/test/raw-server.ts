import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import tls from "node:tls";
import { testCertificate } from "../../../test/oss-server/tls/certificate.ts";

/** A server without HTTP: the test writes what it answers, byte by byte. */
export interface RawServer extends AsyncDisposable {
  readonly origin: string;
  /** Every connection so far. */
  readonly sockets: readonly Socket[];
  /** In order; as one character for each byte. */
  readonly requests: readonly string[];
  /** Connections that are not closed. */
  readonly open: number;
  /** Resolves when the condition holds; looked at with every connection, request and close. */
  until(condition: () => boolean): Promise<void>;
}

export interface RawServerOptions {
  readonly secure?: boolean;
  /** A request counts when its body is there too, not with its head. */
  readonly whole?: boolean;
}

export async function startRawServer(
  onRequest: (socket: Socket, request: string, nth: number) => unknown,
  { secure = false, whole = false }: RawServerOptions = {},
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const requests: string[] = [];
  const options = { ...testCertificate(), ALPNProtocols: ["http/1.1"], noDelay: true };
  const server = secure ? tls.createServer(options) : createServer(options);
  server.on(secure ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.push(socket);
    let begun = "";
    socket.on("error", () => {});
    socket.on("close", () => server.emit("change"));
    socket.on("data", (bytes: Buffer) => {
      begun += bytes.toString("latin1");
      const head = begun.indexOf("\r\n\r\n") + 4;
      const body = whole ? Number(/content-length: (\d+)/i.exec(begun)?.[1] ?? 0) : 0;
      if (head < 4 || begun.length < head + body) return;
      requests.push(begun);
      begun = "";
      onRequest(socket, requests.at(-1) ?? "", requests.length);
      server.emit("change");
    });
    server.emit("change");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    origin: `http${secure ? "s" : ""}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    requests,
    get open() {
      return sockets.filter(({ closed }) => !closed).length;
    },
    async until(condition) {
      while (!condition()) await once(server, "change");
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** An answer with a length. */
export function ok(body: string, more = ""): string {
  return `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
}
