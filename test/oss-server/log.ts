import type { FaultKind } from "./faults.ts";

/** One request as the server saw it. */
export interface LogEntry {
  /** The OSS operation, such as `GetObject`; `Unknown` for what is none. */
  operation: string;
  method: string;
  bucket: string;
  key: string;
  /** The Range header as sent, or undefined. */
  range: string | undefined;
  /** The status answered; 0 while there is none, and for good when the connection broke before it. */
  status: number;
  /** The OSS error code answered, or undefined. */
  code: string | undefined;
  /** Bytes of the request's body that were read. */
  bytesIn: number;
  /** Bytes of the answer's body that were handed to the connection. */
  bytesOut: number;
  /** Counts the connections of this server from 1. */
  connection: number;
  requestId: string;
  /** The kinds of the faults that hit it. */
  faults: readonly FaultKind[];
}

/** What all requests came to. */
export interface Traffic {
  readonly requests: number;
  /** Bytes of bodies, as in the entries. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What every request was, in the order of arrival. An entry is there before its answer is. */
export class RequestLog {
  readonly #limit: number;
  #entries: LogEntry[] = [];
  #traffic = { requests: 0, bytesIn: 0, bytesOut: 0 };

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
  }

  /** To be called when the entry's request is over. */
  count({ bytesIn, bytesOut }: LogEntry): void {
    this.#traffic.requests++;
    this.#traffic.bytesIn += bytesIn;
    this.#traffic.bytesOut += bytesOut;
  }

  /** Of the requests that are over, since the log was cleared, whether their entries are kept or not. */
  traffic(): Traffic {
    return { ...this.#traffic };
  }

  /** A copy: what happens later does not change it. */
  entries(): readonly Readonly<LogEntry>[] {
    return this.#entries.slice(-this.#limit).map((entry) => ({ ...entry }));
  }

  clear(): void {
    this.#entries = [];
    this.#traffic = { requests: 0, bytesIn: 0, bytesOut: 0 };
  }
}
