import { createServer, type Socket } from "node:net";
import tls from "node:tls";
import { Connections } from "../connections.ts";
import { handle, type Parts } from "../handler.ts";
import { endpointOf, type Listening, openPort } from "../listen.ts";
import { testCertificate } from "../tls/certificate.ts";
import { converse } from "./converse.ts";
import { DateHeader } from "./date-header.ts";
import { Intake } from "./intake.ts";
import { type Receive, withNewBuffers, withOwnBuffer } from "./own-buffer.ts";

/**
 * The server without node:http, for benchmarks: what bare sockets cost and no more. The same handler answers, so
 * signatures, faults, log and shape are as ever.
 */
export async function listenLean(parts: Parts): Promise<Listening> {
  const { settings, shape } = parts;
  const connections = new Connections(shape, parts.closing);
  const date = new DateHeader();
  const open = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const accept = (socket: Socket): void => {
    connections.accept(socket);
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };

  const begin = (accepted: Socket, read: (accepted: Socket, receive: Receive) => Socket): void => {
    const intake = new Intake(() => socket.resume());
    const socket = read(accepted, (bytes, areLent) => intake.offer(bytes, areLent));
    if (!settings.tls) accept(socket);
    const connection = connections.of(socket);
    if (connection === undefined) return;
    socket.on("error", () => {});
    socket.on("end", () => intake.finish());
    socket.on("close", () => intake.finish());
    socket.setTimeout(shape.idleTimeout);
    socket.on("timeout", () => {
      if (connection.requests === 0) socket.destroy();
    });
    const done = converse(socket, intake, date, async (incoming, outgoing, awaitsContinue) => {
      connection.requests++;
      await handle(parts, connection, incoming, outgoing, awaitsContinue);
      connection.requests--;
      if (socket.timeout !== shape.idleTimeout) socket.setTimeout(shape.idleTimeout);
    });
    running.add(done);
    void done.then(() => running.delete(done));
  };

  const options = { noDelay: true, allowHalfOpen: true };
  const certificate = settings.tls ? testCertificate() : undefined;
  const server =
    certificate === undefined
      ? createServer({ ...options, pauseOnConnect: true }, (socket) => begin(socket, withOwnBuffer))
      : tls.createServer({ ...options, ...certificate, ALPNProtocols: ["http/1.1"] }, (socket) =>
          begin(socket, withNewBuffers),
        );
  if (settings.tls) {
    server.on("connection", accept);
    server.on("tlsClientError", (_: Error, socket: Socket) => socket.destroy());
  }
  const port = await openPort(server, settings);
  return {
    endpoint: endpointOf(settings, port),
    port,
    ca: certificate?.ca,
    async stop() {
      const stopped = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await stopped;
      await Promise.all(running);
    },
  };
}
