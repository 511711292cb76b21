import { malformed } from "./failures.ts";

/** Names in lower case; what came several times is joined by ", ". */
export type ResponseHeaders = Readonly<Record<string, string | undefined>>;

export interface ResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** HTTP/1.0. */
  readonly isOldVersion: boolean;
  /** Milliseconds that the connection may wait for its next request; 0: it ends with this answer. */
  readonly keepAliveMs: number;
}

export const MAX_HEAD_BYTES = 64 * 1024;
export const MAX_HEADERS = 200;
/** Idle connections are dropped well before OSS drops them (about a minute): a request must not meet a dead one. */
const KEEP_ALIVE_MS = 15_000;
/** How much sooner than the server says. */
const MARGIN_MS = 1_000;

/** Finds the end of a head, however its bytes are cut. */
export class HeadReader {
  #begun: Buffer | undefined;
  #text = "";

  /** The lines of the head that was found, each with its CRLF. */
  get text(): string {
    return this.#text;
  }

  /** Looks for the end in `chunk[at, end)`; the offset behind it, or -1 when more is needed. */
  read(chunk: Buffer, at: number, end: number): number {
    if (this.#begun === undefined) {
      const mark = chunk.indexOf(END, at, "latin1");
      if (mark >= 0 && mark + END.length <= end) return this.#found(chunk, at, mark);
    }
    return this.#readCut(chunk, at, end);
  }

  #readCut(chunk: Buffer, at: number, end: number): number {
    const before = this.#begun ?? Buffer.alloc(0);
    const all = Buffer.concat([before, chunk.subarray(at, end)]);
    const mark = all.indexOf(END, Math.max(0, before.length - END.length), "latin1");
    if (mark >= 0) {
      this.#begun = undefined;
      return at + this.#found(all, 0, mark) - before.length;
    }
    // At once, as what is no HTTP might never send more.
    const unseen = before.at(-1) === LF ? before.length : Math.max(0, before.length - 1);
    checkLines(all.toString("latin1", unseen));
    if (!isBegun(all.toString("latin1", 0, 9))) throw notHttp();
    checkLength(all.length);
    this.#begun = all;
    return -1;
  }

  #found(bytes: Buffer, from: number, mark: number): number {
    checkLength(mark - from);
    this.#text = bytes.toString("latin1", from, mark + 2);
    return mark + END.length;
  }
}

const LF = 10;
const END = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters, and a CR or LF that is not one of a pair. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n|$)|(?<!\r)\n/;

/** Reads status line and headers, strictly: RFC 9112 2.2 to 5.2, without folded lines. Throws {@link malformed}. */
export function parseHead(text: string): ResponseHead {
  checkLines(text);
  const lineEnd = text.indexOf("\r\n");
  const [, minor, status] = STATUS_LINE.exec(text.slice(0, lineEnd)) ?? [];
  if (status === undefined) throw notHttp();
  const headers: Record<string, string | undefined> = { __proto__: null } as never;
  let count = 0;
  for (let at = lineEnd + 2; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    const name = colon < 0 || colon > end ? "" : text.slice(at, colon);
    if (!TOKEN.test(name)) throw malformed("a header's name is not valid");
    if (++count > MAX_HEADERS) throw malformed(`more than ${MAX_HEADERS} headers`);
    add(headers, name.toLowerCase(), withoutBlanks(text, colon + 1, end));
    at = end + 2;
  }
  const isOldVersion = minor === "0";
  return {
    status: Number(status),
    headers,
    isOldVersion,
    keepAliveMs: isOldVersion ? 0 : keepAliveMs(headers),
  };
}

function add(headers: Record<string, string | undefined>, name: string, value: string): void {
  const before = headers[name];
  if (before !== undefined && name === "content-length") throw malformed("two Content-Length headers");
  headers[name] = before === undefined ? value : `${before}, ${value}`;
}

function keepAliveMs(headers: ResponseHeaders): number {
  const { connection, "keep-alive": hint } = headers;
  if (connection !== undefined && /(^|[,\s])close($|[,\s])/i.test(connection)) return 0;
  const seconds = hint === undefined ? undefined : /(?:^|[,\s])timeout=(\d+)/i.exec(hint)?.[1];
  if (seconds === undefined) return KEEP_ALIVE_MS;
  return Math.min(KEEP_ALIVE_MS, Math.max(0, Number(seconds) * 1000 - MARGIN_MS));
}

/** Blanks and tabs at both ends do not belong to a value. */
function withoutBlanks(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function checkLines(text: string): void {
  if (FORBIDDEN.test(text)) throw malformed("a control character or a single CR or LF in the answer's head");
}

function checkLength(bytes: number): void {
  if (bytes > MAX_HEAD_BYTES) throw malformed(`the answer's head is longer than ${MAX_HEAD_BYTES} bytes`);
}

function isBegun(text: string): boolean {
  return "HTTP/1.1 ".startsWith(text) || "HTTP/1.0 ".startsWith(text);
}

function notHttp(): Error {
  return malformed("the answer does not begin as HTTP/1.1 does");
}
