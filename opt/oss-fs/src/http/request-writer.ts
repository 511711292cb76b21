import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { bodyLength, isPieces, type RequestBody } from "../body.ts";

/** A request as it goes out. */
export interface OutgoingRequest {
  readonly method: string;
  /** Request line and headers. */
  readonly head: string;
  readonly body: RequestBody;
  /** The body waits for `100 Continue`. */
  readonly isExpected: boolean;
}

/** Bodies up to this go out in one piece with their head. */
export const COPIED_BYTES = 16 * 1024;
/** What is handed to the connection at once, at most: TLS encrypts it at once. */
const WRITTEN_BYTES = 256 * 1024;

/**
 * Request line and headers; what tells the body's length is made here. Throws on what would make another request of
 * it; the message holds no value.
 */
export function requestHead(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body: RequestBody,
): string {
  if (!TOKEN.test(method) || !TARGET.test(target)) throw invalid("the request line");
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!TOKEN.test(name)) throw invalid("a header's name");
    if (FORBIDDEN.test(value)) throw invalid(`the header ${name}`);
    if (!FRAMING.test(name)) head += `${name}: ${value}\r\n`;
  }
  const length = bodyLength(body);
  if (length > 0 || method === "PUT" || method === "POST") head += `Content-Length: ${length}\r\n`;
  return `${head}\r\n`;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TARGET = /^[\x21-\x7e]+$/;
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;
const FRAMING = /^(content-length|transfer-encoding|connection)$/i;

function invalid(what: string): Error {
  const message = `${what} holds characters that HTTP does not allow`;
  return Object.assign(new Error(message), { code: "ERR_INVALID_CHAR" });
}

/** Writes head and pieces together; big pieces are not copied. */
export function writePieces(socket: Socket, head: string, pieces: readonly Uint8Array[]): void {
  const length = bodyLength(pieces);
  if (length === 0) {
    socket.write(head, "latin1");
  } else if (length <= COPIED_BYTES) {
    const bytes = Buffer.allocUnsafe(head.length + length);
    let at = bytes.write(head, "latin1");
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    socket.write(bytes);
  } else {
    socket.cork();
    socket.write(Buffer.from(head, "latin1"));
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }
}

/**
 * Writes the body, no faster than the connection takes it, as long as `isWanted` says so. Calls `onSent` with the last
 * byte; rejects when the body has another length than it was said to have.
 */
export async function writeChunks(
  socket: Socket,
  body: RequestBody,
  isWanted: () => boolean,
  onSent: () => void,
): Promise<void> {
  let left = bodyLength(body);
  if (left === 0) onSent();
  for await (const chunk of isPieces(body) ? body : body.chunks()) {
    if (chunk.byteLength > left) throw new Error("the body is longer than it was said to be");
    for (let at = 0; at < chunk.byteLength; at += WRITTEN_BYTES) {
      if (!isWanted()) return;
      const piece = chunk.subarray(at, at + WRITTEN_BYTES);
      const isTaken = socket.write(piece);
      left -= piece.byteLength;
      if (left === 0) onSent();
      else if (!isTaken) await drained(socket);
    }
  }
  if (left > 0) throw new Error("the body is shorter than it was said to be");
}

/** Resolves when more may be written, or nothing can be any more. */
export function drained(socket: Writable): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      socket.off("drain", end);
      socket.off("close", end);
      resolve();
    };
    socket.on("drain", end);
    socket.on("close", end);
    if (socket.destroyed) end();
  });
}
