import { malformed } from "./failures.ts";
import type { ResponseHead, ResponseHeaders } from "./response-head.ts";

/** Tells a body's bytes from what stands around and behind it. */
export interface BodyReader {
  readonly isComplete: boolean;
  /** The connection's end is the body's. */
  readonly endsWithConnection: boolean;
  /** As many of the bytes that come next are the body's. */
  readonly certain: number;
  /**
   * Hands the body's bytes in `chunk[at, end)` to `take`, without copying; returns the offset of the first byte behind
   * the body, else `end`. Throws `malformed`.
   */
  read(chunk: Buffer, at: number, end: number, take: (bytes: Buffer) => void): number;
}

/** RFC 9112 6.3. Whatever could be read in two ways is refused: someone between here and the store may read the other. */
export function bodyReader(method: string, { status, headers, isOldVersion }: BodyHead): BodyReader {
  const length = contentLength(headers);
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined) {
    if (length !== undefined) throw malformed("both Content-Length and Transfer-Encoding");
    if (isOldVersion) throw malformed("Transfer-Encoding in HTTP/1.0");
    if (encoding.toLowerCase() !== "chunked") throw malformed("a Transfer-Encoding other than chunked");
  }
  if (method === "HEAD" || status === 204 || status === 304) return new LengthBody(0);
  if (encoding !== undefined) return new ChunkedBody();
  return length === undefined ? new RestBody() : new LengthBody(length);
}

type BodyHead = Pick<ResponseHead, "status" | "headers" | "isOldVersion">;

function contentLength(headers: ResponseHeaders): number | undefined {
  const text = headers["content-length"];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw malformed("the Content-Length is not a number");
  return Number(text);
}

class LengthBody implements BodyReader {
  readonly endsWithConnection = false;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isComplete(): boolean {
    return this.#left === 0;
  }

  get certain(): number {
    return this.#left;
  }

  read(chunk: Buffer, at: number, end: number, take: (bytes: Buffer) => void): number {
    const to = Math.min(end, at + this.#left);
    this.#left -= to - at;
    if (to > at) take(chunk.subarray(at, to));
    return to;
  }
}

class RestBody implements BodyReader {
  readonly isComplete = false;
  readonly endsWithConnection = true;
  readonly certain = 0;

  read(chunk: Buffer, at: number, end: number, take: (bytes: Buffer) => void): number {
    if (end > at) take(chunk.subarray(at, end));
    return end;
  }
}

/** Of one line, and of all trailers. */
const MAX_LINE_BYTES = 4 * 1024;
const MAX_TRAILER_BYTES = 64 * 1024;
const SIZE_LINE = /^([0-9a-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i;

/** RFC 9112 7.1. Extensions and trailers are dropped. */
class ChunkedBody implements BodyReader {
  readonly endsWithConnection = false;
  readonly certain = 0;
  #next: "size" | "data" | "data-end" | "trailer" | "complete" = "size";
  #left = 0;
  #line = "";
  #trailerBytes = 0;

  get isComplete(): boolean {
    return this.#next === "complete";
  }

  read(chunk: Buffer, from: number, end: number, take: (bytes: Buffer) => void): number {
    let at = from;
    while (at < end && this.#next !== "complete") {
      if (this.#next === "data") {
        const to = Math.min(end, at + this.#left);
        this.#left -= to - at;
        if (this.#left === 0) this.#next = "data-end";
        take(chunk.subarray(at, to));
        at = to;
      } else {
        at = this.#readLine(chunk, at, end);
      }
    }
    return at;
  }

  #readLine(chunk: Buffer, at: number, end: number): number {
    const mark = chunk.indexOf(LF, at);
    const to = mark < 0 || mark >= end ? end : mark + 1;
    this.#line += chunk.toString("latin1", at, to);
    if (this.#line.length > MAX_LINE_BYTES) throw malformed("a line between chunks is too long");
    if (!this.#line.endsWith("\n")) return to;
    if (!this.#line.endsWith("\r\n")) throw malformed("a line between chunks ends with a single LF");
    const line = this.#line.slice(0, -2);
    this.#line = "";
    this.#onLine(line);
    return to;
  }

  #onLine(line: string): void {
    if (this.#next === "size") {
      const size = SIZE_LINE.exec(line)?.[1];
      if (size === undefined) throw malformed("a chunk's size is not valid");
      this.#left = Number.parseInt(size, 16);
      this.#next = this.#left === 0 ? "trailer" : "data";
    } else if (this.#next === "data-end") {
      if (line !== "") throw malformed("a chunk is longer than its size");
      this.#next = "size";
    } else if (line === "") {
      this.#next = "complete";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_TRAILER_BYTES) throw malformed("the trailers are too long");
    }
  }
}

const LF = 10;
