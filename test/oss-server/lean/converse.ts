import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { DateHeader } from "./date-header.ts";
import type { Intake } from "./intake.ts";
import { LeanIncoming } from "./lean-incoming.ts";
import { LeanOutgoing } from "./lean-outgoing.ts";
import { BadRequest, readHead } from "./request-head.ts";

export type Serve = (
  incoming: LeanIncoming,
  outgoing: LeanOutgoing,
  awaitsContinue: boolean,
) => Promise<void>;

/** Answers the requests of one connection, one after another, and ends it. Never rejects. */
export async function converse(
  socket: Socket,
  intake: Intake,
  date: DateHeader,
  serve: Serve,
): Promise<void> {
  try {
    for (;;) {
      const head = await readHead(intake);
      if (head === undefined) break;
      const incoming = new LeanIncoming(head, intake);
      const outgoing = new LeanOutgoing(socket, date, head.keepsAlive);
      await serve(incoming, outgoing, head.awaitsContinue);
      if (!outgoing.keepsAlive || socket.destroyed) break;
      // What is left of a body that was refused; then answers that nobody reads: before both no further request.
      if (head.length !== 0) for await (const _ of incoming.chunks());
      if (socket.writableNeedDrain) await drained(socket);
    }
    socket.destroySoon();
  } catch (error) {
    if (!(error instanceof BadRequest)) socket.destroy();
    else {
      const { status } = error;
      socket.write(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      socket.destroySoon();
    }
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      socket.off("drain", end);
      socket.off("close", end);
      resolve();
    };
    socket.on("drain", end);
    socket.on("close", end);
  });
}
