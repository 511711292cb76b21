import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { LogEntry } from "./log.ts";
import type { Pace } from "./pace.ts";
import { type Content, chunksOf, viewOf } from "./storage/content.ts";

/** A small body goes out together with its head, in one write. */
const SMALL = 64 * 1024;

export interface Sending {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: LogEntry;
  readonly pace: Pace;
  /** Milliseconds before the first byte. */
  readonly latency: number;
}

/** Sends an answer. Resolves when its last byte is with the operating system, or the client has gone. */
export async function send(given: Answer, sending: Sending): Promise<void> {
  const { message, response, entry, pace, latency } = sending;
  if (latency > 0) await sleep(latency);
  const { body } = given;
  const size = typeof body === "string" ? Buffer.byteLength(body) : sizeOf(body);
  const isBodiless = message.method === "HEAD" || given.status === 204 || given.status === 304;
  entry.status = given.status;
  response.statusCode = given.status;
  for (const [name, text] of Object.entries(given.headers)) response.setHeader(name, toLatin1(text));
  if (!response.hasHeader("Content-Length") && given.status !== 204 && given.status !== 304) {
    response.setHeader("Content-Length", size);
  }
  if (isBodiless || size === 0) {
    response.end();
    return;
  }
  const small = typeof body === "string" ? Buffer.from(body) : size <= SMALL ? viewOf(body) : undefined;
  if (small !== undefined) {
    await pace.pass(small.length);
    entry.bytesOut += small.length;
    response.end(small);
    return;
  }
  for await (const chunk of chunksOf(body as Content)) {
    const step = pace.pieceSize;
    for (let from = 0; from < chunk.length; from += step) {
      const piece = chunk.subarray(from, from + step);
      await pace.pass(piece.length);
      entry.bytesOut += piece.length;
      if (!(await write(response, piece))) return;
    }
  }
  response.end();
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

export function sizeOf(content: Content): number {
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
