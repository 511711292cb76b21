import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { Connection } from "./connections.ts";
import type { Fault } from "./faults.ts";
import type { LogEntry } from "./log.ts";
import { BodyBreak, spoilAnswer } from "./spoil.ts";
import { type Content, chunksOf, viewOf } from "./storage/content.ts";

/** A small body goes out together with its head, in one write. */
const SMALL = 64 * 1024;

export interface Sending {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
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
  const { message, response, entry, connection, faults } = sending;
  if (sending.latency > 0) await sleep(sending.latency, undefined, { signal: sending.closing });
  const { body, status } = given;
  const size = typeof body === "string" ? Buffer.byteLength(body) : sizeOf(body);
  const isBodiless = message.method === "HEAD" || status === 204 || status === 304;
  entry.status = status;
  const head: string[] = [];
  for (const [name, text] of Object.entries(given.headers)) head.push(name, toLatin1(text));
  // Said outright, because Node would add a Keep-Alive header by which clients avoid idle connections; OSS has none.
  if (response.shouldKeepAlive && given.headers.Connection === undefined)
    head.push("Connection", "keep-alive");
  if (given.headers["Content-Length"] === undefined && status !== 204 && status !== 304) {
    head.push("Content-Length", String(size));
  }
  response.writeHead(status, head);
  if (isBodiless || size === 0) {
    response.end();
    return;
  }
  const small = typeof body === "string" ? Buffer.from(body) : size <= SMALL ? viewOf(body) : undefined;
  if (small !== undefined && faults.length === 0) {
    await connection.outgoing.pass(small.length);
    entry.bytesOut += small.length;
    response.end(small);
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
  { response, entry, connection: { outgoing } }: Sending,
): Promise<void> {
  for await (const chunk of chunks) {
    const step = outgoing.pieceSize;
    for (let from = 0; from < chunk.length; from += step) {
      const piece = chunk.subarray(from, from + step);
      await outgoing.pass(piece.length);
      entry.bytesOut += piece.length;
      if (!(await write(response, piece))) return;
    }
  }
  response.end();
}

async function breakOff({ how }: BodyBreak, { response, entry, connection }: Sending): Promise<void> {
  if (entry.bytesOut === 0) response.flushHeaders();
  if (how === "reset") {
    // A client that finds the reset together with the bytes before it takes it for an orderly end.
    await sleep(10);
    connection.reset();
  } else if (how === "end") response.socket?.destroySoon();
  else await closed(response);
}

/** Resolves when the connection under a response has gone. */
export function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.socket?.destroyed === true) resolve();
    else response.once("close", resolve);
  });
}

/** Resolves to whether the client is still there, once the bytes are no longer needed. */
function write(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.destroyed || response.socket?.destroyed === true) {
      resolve(false);
      return;
    }
    const gone = () => resolve(false);
    response.once("close", gone);
    response.write(bytes, (error) => {
      response.off("close", gone);
      resolve(error === null || error === undefined);
    });
  });
}

function sizeOf(content: Content): number {
  let size = 0;
  for (const segment of content) size += segment.length;
  return size;
}

/** Header values are UTF-8 here and Latin-1 for Node. */
function toLatin1(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 126) return Buffer.from(text, "utf8").toString("latin1");
  }
  return text;
}
