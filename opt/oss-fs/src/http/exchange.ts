import { onAbort } from "../abort.ts";
import type { Answer, Receiver } from "../transport.ts";
import { readText } from "./answer-text.ts";
import type { Connection } from "./connection.ts";
import { malformed, rashSuccess, reset, unwanted } from "./failures.ts";
import { type BodyReader, bodyReader } from "./response-body.ts";
import { HeadReader, parseHead, type ResponseHeaders } from "./response-head.ts";

/** Answers of status 1xx before the one that counts. */
const MAX_INTERIM = 20;

/** One request on a connection, and its answer. */
export class Exchange implements Answer {
  status = 0;
  headers: ResponseHeaders = {};
  /** Resolves when the answer's headers are there; rejects with why there will be none. */
  readonly answered: Promise<Answer>;
  readonly #method: string;
  readonly #connection: Connection;
  #release: () => void = () => {};
  readonly #head = new HeadReader();
  #body: BodyReader | undefined;
  #keepAliveMs = 0;
  #interim = 0;
  #isHeard = false;
  #isOver = false;
  #failure: unknown;
  /** What came before `consume`. */
  readonly #kept: Buffer[] = [];
  #receiver: Receiver | undefined;
  #onAnswer: Settle<Answer> = NOBODY;
  #onEnd: Settle<void> = NOBODY;
  #onContinue: (() => void) | undefined;

  constructor(method: string, connection: Connection, signal: AbortSignal | undefined) {
    this.#method = method;
    this.#connection = connection;
    this.answered = new Promise((resolve, reject) => {
      this.#onAnswer = { resolve, reject };
    });
    this.#release = onAbort(signal, () => this.fail(signal?.reason));
  }

  /** Whether any byte of an answer came. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Whether the rest of the request's body is of use to anyone. */
  get wantsBody(): boolean {
    return !this.#isOver && this.#body === undefined;
  }

  /** Resolves when the server asks for the body (`100 Continue`), answers, or after `limitMs`. */
  continued(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.wantsBody) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, limitMs);
      this.#onContinue = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Takes what arrived, `chunk[0, end)`, valid during the call only; false when nobody wants more for now. */
  receive(chunk: Buffer, end: number): boolean {
    this.#isHeard = true;
    let at = 0;
    try {
      while (this.#body === undefined) {
        at = this.#head.read(chunk, at, end);
        if (at < 0) return true;
        this.#onHead();
      }
      at = this.#body.read(chunk, at, end, this.#deliver);
    } catch (error) {
      this.fail(error);
    }
    if (this.#isOver) return true;
    if (this.#body?.isComplete) this.#complete(at === end ? this.#keepAliveMs : 0);
    return this.#isOver || this.#receiver !== undefined;
  }

  /** Where the next bytes of the body may land. */
  space(): Buffer | undefined {
    const certain = this.#body?.certain ?? 0;
    return certain === 0 ? undefined : this.#receiver?.space?.()?.subarray(0, certain);
  }

  /** The connection ended in order. */
  ended(): void {
    if (this.#body?.endsWithConnection) this.#complete(0);
    else this.fail(reset());
  }

  /** Of several calls the first counts; none does when the answer is complete. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = error;
    this.#over();
    this.#connection.destroy();
    this.#onAnswer.reject(error);
    this.#onEnd.reject(error);
  }

  consume(receiver: Receiver): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onEnd = { resolve, reject };
      this.#receiver = receiver;
      try {
        for (const bytes of this.#kept.splice(0)) receiver.take(bytes);
      } catch (error) {
        this.fail(error);
        reject(error);
      }
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#isOver) resolve();
      else this.#connection.resume();
    });
  }

  text(limit?: number): Promise<string> {
    return readText(this, limit);
  }

  discard(): void {
    this.fail(unwanted());
  }

  #onHead(): void {
    const head = parseHead(this.#head.text);
    if (head.status < 200) {
      this.#onInterim(head.status);
      return;
    }
    if (head.status < 300 && !this.#connection.isSent) throw rashSuccess();
    this.status = head.status;
    this.headers = head.headers;
    this.#keepAliveMs = head.keepAliveMs;
    this.#body = bodyReader(this.#method, head);
    this.#onContinue?.();
    this.#onAnswer.resolve(this);
  }

  #onInterim(status: number): void {
    if (status === 101) throw malformed("a switch of protocols that nobody asked for");
    if (++this.#interim > MAX_INTERIM) throw malformed(`more than ${MAX_INTERIM} interim answers`);
    if (status === 100) this.#onContinue?.();
  }

  readonly #deliver = (bytes: Buffer): void => {
    if (this.#isOver) return;
    if (this.#receiver === undefined) this.#kept.push(Buffer.from(bytes));
    else this.#receiver.take(bytes);
  };

  #complete(keepAliveMs: number): void {
    this.#over();
    this.#connection.finish(keepAliveMs);
    this.#onEnd.resolve();
  }

  #over(): void {
    this.#isOver = true;
    this.#release();
    this.#onContinue?.();
  }
}

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

const NOBODY = { resolve: () => {}, reject: () => {} };
