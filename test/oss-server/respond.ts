import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { Connection } from "./connections.ts";
import type { Fault } from "./faults.ts";
import type { LogEntry } from "./log.ts";
import { BodyBreak, spoilAnswer } from "./spoil.ts";
import { type Content, chunksOf, viewOf } from "./storage/content.ts";
import { type Outgoing, toLatin1 } from "./wire.ts";

/** A small body goes out together with its head, in one write. */
const SMALL = 64 * 1024;

export interface Sending {
  readonly method: string;
  /** Headers that every answer bears, unless its own say otherwise. */
  readonly common: Readonly<Record<string, string>>;
  readonly outgoing: Outgoing;
  readonly entry: LogEntry;
  readonly connection: Connection;
  readonly faults: readonly Fault[];
  /** Milliseconds before the first byte. */
  readonly latency: number;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/** Sends an answer. Resolves when its last byte is with the operating system, or the client has gone. */
export async function send(given: Answer, sending: Sending): Promise<void> {
  const { method, common, outgoing, entry, connection, faults } = sending;
  if (sending.latency > 0) await sleep(sending.latency, undefined, { signal: sending.closing });
  const { body, status, headers } = given;
  const size = typeof body === "string" ? Buffer.byteLength(body) : sizeOf(body);
  const isBodiless = method === "HEAD" || status === 204 || status === 304;
  entry.status = status;
  const head: string[] = [];
  for (const name in common) if (headers[name] === undefined) head.push(name, common[name] as string);
  for (const name in headers) head.push(name, toLatin1(headers[name] as string));
  if (headers["Content-Length"] === undefined && status !== 204 && status !== 304) {
    head.push("Content-Length", String(size));
  }
  outgoing.head(status, head);
  if (isBodiless || size === 0) {
    outgoing.end();
    return;
  }
  const small = typeof body === "string" ? Buffer.from(body) : size <= SMALL ? viewOf(body) : undefined;
  if (small !== undefined && faults.length === 0) {
    await connection.outgoing.pass(small.length);
    entry.bytesOut += small.length;
    await outgoing.end(small);
    return;
  }
  const chunks = small === undefined ? chunksOf(body as Content) : [small];
  try {
    await sendChunks(faults.length === 0 ? chunks : spoilAnswer(chunks, size, faults), sending);
  } catch (error) {
    if (!(error instanceof BodyBreak)) throw error;
    await breakOff(error, sending);
  }
}

async function sendChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { outgoing, entry, connection }: Sending,
): Promise<void> {
  for await (const chunk of chunks) {
    const step = connection.outgoing.pieceSize;
    for (let from = 0; from < chunk.length; from += step) {
      const piece = chunk.subarray(from, from + step);
      await connection.outgoing.pass(piece.length);
      entry.bytesOut += piece.length;
      if (!(await outgoing.write(piece))) return;
    }
  }
  outgoing.end();
}

async function breakOff({ how }: BodyBreak, { outgoing, entry, connection }: Sending): Promise<void> {
  if (entry.bytesOut === 0) outgoing.flushHead();
  if (how === "reset") {
    // A client that finds the reset together with the bytes before it takes it for an orderly end.
    await sleep(10);
    connection.reset();
  } else if (how === "end") outgoing.cut();
  else await outgoing.closed();
}

function sizeOf(content: Content): number {
  let size = 0;
  for (const segment of content) size += segment.length;
  return size;
}
