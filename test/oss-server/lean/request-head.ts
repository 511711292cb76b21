import { fromLatin1 } from "../wire.ts";
import type { Intake } from "./intake.ts";
import { readText, TextError } from "./read-text.ts";

export interface RequestHead extends Framing {
  readonly method: string;
  readonly url: string;
  /** As `Incoming` has them. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What follows a head. */
export interface Framing {
  /** Bytes of the body. */
  readonly length: number | "chunked";
  /** Whether another request may follow on the same connection. */
  readonly keepsAlive: boolean;
  /** Whether the client sends its body only when it is told to. */
  readonly awaitsContinue: boolean;
}

/** A request that is answered with a bare status, and ends its connection. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "BadRequest";
    this.status = status;
  }
}

/** As node:http has it. */
const MAX_BYTES = 16 * 1024;

/** Takes the next head. Undefined: the client ends the connection. Throws {@link BadRequest}. */
export async function readHead(intake: Intake): Promise<RequestHead | undefined> {
  try {
    const text = await readText(intake, "\r\n\r\n", MAX_BYTES);
    return text === undefined ? undefined : parseHead(text);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new BadRequest(error.why === "cut" ? 400 : 431, error.message);
  }
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters, and a CR or LF that is not one of a pair. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;

/** `text`: without its last line's end. */
function parseHead(text: string): RequestHead {
  if (FORBIDDEN.test(text)) throw new BadRequest(400, "a control character, or a single CR or LF");
  const [requestLine = "", ...lines] = text.split("\r\n");
  const [, method, url, minor] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined || url === undefined) throw new BadRequest(400, "no request line of HTTP/1");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!NAME.test(name)) throw new BadRequest(400, "a header's name is not valid");
    const value = fromLatin1(line.slice(colon + 1).trim());
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return { method, url, headers, ...framing(headers, minor === "0") };
}

/** Whatever could be read in two ways is refused. */
function framing(headers: ReadonlyMap<string, string>, isOldVersion: boolean): Framing {
  const expect = headers.get("expect")?.toLowerCase();
  if (expect !== undefined && expect !== "100-continue") throw new BadRequest(417, "an unknown expectation");
  const connection = headers.get("connection") ?? "";
  return {
    length: lengthOf(headers),
    keepsAlive: !isOldVersion && !/(?:^|[,\s])close(?:$|[,\s])/i.test(connection),
    awaitsContinue: expect !== undefined,
  };
}

function lengthOf(headers: ReadonlyMap<string, string>): Framing["length"] {
  const length = headers.get("content-length");
  const encoding = headers.get("transfer-encoding");
  if (encoding !== undefined) {
    if (length !== undefined) throw new BadRequest(400, "both Content-Length and Transfer-Encoding");
    if (encoding.toLowerCase() !== "chunked") throw new BadRequest(501, "an unknown Transfer-Encoding");
    return "chunked";
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new BadRequest(400, "the Content-Length is no number");
  return Number(length);
}
