import type { Incoming } from "../wire.ts";
import { type Body, bodyOf } from "./body.ts";
import type { Intake } from "./intake.ts";
import type { RequestHead } from "./request-head.ts";

/** A request of a lean connection. */
export class LeanIncoming implements Incoming {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly #body: Body;
  #failure: unknown;

  constructor(head: RequestHead, intake: Intake) {
    this.method = head.method;
    this.url = head.url;
    this.headers = head.headers;
    this.#body = bodyOf(head, intake);
    // That a client goes is noticed only while its socket is read.
    if (head.length === 0) intake.release();
  }

  /** Also when it sends what is no body: it is not heard on, and its connection ends. */
  get isGone(): boolean {
    return this.#failure !== undefined;
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      for (;;) {
        const bytes = await this.#body.next();
        if (bytes === undefined) return;
        yield bytes;
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Nothing to do: the connection does so before its next request. */
  drop(): void {}
}
