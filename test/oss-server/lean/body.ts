import type { Intake } from "./intake.ts";
import { readText } from "./read-text.ts";
import { BadRequest, type Framing } from "./request-head.ts";

/** The bytes of a request's body, without what stands around them. */
export interface Body {
  /** The next bytes, valid until the next call; undefined: that was all. Rejects when the client goes before its end. */
  next(): Promise<Buffer | undefined>;
}

export function bodyOf({ length }: Framing, intake: Intake): Body {
  return length === "chunked" ? new ChunkedBody(intake) : new SizedBody(intake, length);
}

/** A number of bytes known before. */
class SizedBody implements Body {
  readonly #intake: Intake;
  #left: number;

  constructor(intake: Intake, length: number) {
    this.#intake = intake;
    this.#left = length;
  }

  async next(): Promise<Buffer | undefined> {
    // Also with nothing left: that a client goes is noticed only while its socket is read.
    this.#intake.release();
    if (this.#left === 0) return undefined;
    if (!(await this.#intake.more())) throw new Error("The client went before the end of its body.");
    const bytes = this.#intake.take(this.#left);
    this.#left -= bytes?.length ?? 0;
    return bytes;
  }
}

const SIZE_LINE = /^([0-9a-f]{1,13})(?:;.*)?$/i;
const MAX_LINE_BYTES = 4 * 1024;

/** RFC 9112 7.1. Extensions and trailers are dropped. */
class ChunkedBody implements Body {
  readonly #intake: Intake;
  #chunk: SizedBody;
  #state: "before" | "within" | "over" = "before";

  constructor(intake: Intake) {
    this.#intake = intake;
    this.#chunk = new SizedBody(intake, 0);
  }

  async next(): Promise<Buffer | undefined> {
    while (this.#state !== "over") {
      const bytes = await this.#chunk.next();
      if (bytes !== undefined) return bytes;
      if (this.#state === "within" && (await this.#line()) !== "") throw malformed();
      await this.#begin();
    }
    return undefined;
  }

  async #begin(): Promise<void> {
    const [, digits] = SIZE_LINE.exec(await this.#line()) ?? [];
    if (digits === undefined) throw malformed();
    const size = Number.parseInt(digits, 16);
    this.#chunk = new SizedBody(this.#intake, size);
    this.#state = "within";
    if (size > 0) return;
    while ((await this.#line()) !== "");
    this.#state = "over";
  }

  async #line(): Promise<string> {
    const line = await readText(this.#intake, "\r\n", MAX_LINE_BYTES);
    if (line === undefined) throw new Error("The client went before the end of its body.");
    return line;
  }
}

function malformed(): BadRequest {
  return new BadRequest(400, "the body is not chunked as it says");
}
