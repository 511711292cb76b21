import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy that wants a user name and a password. */
export interface TestProxy {
  readonly port: number;
  /** Requests and tunnels that it let through. */
  readonly requests: number;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startProxy(username: string, password: string): Promise<TestProxy> {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    const { "proxy-authorization": authorization, ...headers } = incoming.headers;
    if (authorization !== expected) {
      outgoing.writeHead(407).end();
      return;
    }
    requests++;
    const options = { method: incoming.method, headers, setHost: false };
    const onward = request(incoming.url ?? "", options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("connect", ({ headers, url }, socket) => {
    if (headers["proxy-authorization"] !== expected) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    requests++;
    const [host, port] = (url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    socket.on("close", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
