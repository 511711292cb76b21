import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, isIPv6, type Server, type Socket } from "node:net";
import { Connections } from "./connections.ts";
import { handle, type Parts } from "./handler.ts";
import { NodeIncoming, NodeOutgoing } from "./node-http.ts";
import type { Settings } from "./options.ts";
import { testCertificate } from "./tls/certificate.ts";

export interface Listening {
  readonly endpoint: string;
  readonly port: number;
  readonly ca: string | undefined;
  /** Ends all connections; resolves once no request is being handled any more. */
  stop(): Promise<void>;
}

/** Opens the port and hands requests on. `parts.closing` has to be aborted before `stop`. */
export async function listen(parts: Parts): Promise<Listening> {
  const { settings, shape } = parts;
  const connections = new Connections(shape, parts.closing);
  const running = new Set<Promise<void>>();
  const listener = (awaitsContinue: boolean) => (message: IncomingMessage, response: ServerResponse) => {
    const { socket } = message;
    const connection = connections.of(socket);
    if (connection === undefined) return;
    socket.setTimeout(0);
    connection.requests++;
    const [incoming, outgoing] = [new NodeIncoming(message), new NodeOutgoing(response)];
    const done = handle(parts, connection, incoming, outgoing, awaitsContinue).then(() => {
      running.delete(done);
      if (--connection.requests === 0) socket.setTimeout(shape.idleTimeout);
    });
    running.add(done);
  };

  const certificate = settings.tls ? testCertificate() : undefined;
  // Idle connections are timed here: Node 20 adds a second to its own timeout.
  const options = { requestTimeout: 0, keepAliveTimeout: 0, noDelay: true };
  const http =
    certificate === undefined ? createServer(options) : createTlsServer({ ...certificate, ...options });
  http.on("request", listener(false));
  http.on("checkContinue", listener(true));
  http.on("connection", (socket: Socket) => connections.accept(socket));
  const port = await openPort(http, settings);
  return {
    endpoint: endpointOf(settings, port),
    port,
    ca: certificate?.ca,
    async stop() {
      const stopped = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await stopped;
      await Promise.all(running);
    },
  };
}

/** Resolves to the port. */
export async function openPort(server: Server, { port, host }: Settings): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

export function endpointOf({ tls, host }: Settings, port: number): string {
  return `${tls ? "https" : "http"}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
