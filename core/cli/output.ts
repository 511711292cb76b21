import type { Writable } from "node:stream";
import { type Colors, colorsFor } from "./colors.ts";
import { brokenPipe } from "./exit.ts";
import type { LastLine } from "./last-line.ts";

/** A stream that may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
};

/** Characters gathered before they are written to a pipe or a file. */
const BUFFER = 16 * 1024;

export interface OutputOptions {
  /** Whether listings print one JSON object a line. */
  readonly json: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the terminal, where that is what the stream is too. */
  readonly lastLine?: LastLine;
}

/** What a command prints as its result. Waits for the reader, so that a long listing never piles up in memory. */
export class Output {
  readonly json: boolean;
  readonly colors: Colors;
  readonly isTerminal: boolean;
  readonly #stream: Writable;
  readonly #lastLine: LastLine | undefined;
  #buffer = "";

  constructor(stream: OutputStream, { json, environment, lastLine }: OutputOptions) {
    this.#stream = stream;
    this.json = json;
    this.isTerminal = stream.isTTY === true;
    this.#lastLine = this.isTerminal ? lastLine : undefined;
    this.colors = colorsFor(stream, environment);
  }

  line(text = ""): Promise<void> {
    return this.text(`${text}\n`);
  }

  /** Without a newline of its own. */
  async text(text: string): Promise<void> {
    this.#buffer += text;
    if (this.isTerminal || this.#buffer.length >= BUFFER) await this.flush();
  }

  async lines(texts: Iterable<string>): Promise<void> {
    for (const text of texts) await this.line(text);
  }

  object(value: object): Promise<void> {
    return this.line(JSON.stringify(value));
  }

  /** The bytes may be reused once it resolves. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#write(bytes);
  }

  async flush(): Promise<void> {
    if (this.#buffer === "") return;
    const text = this.#buffer;
    this.#buffer = "";
    await this.#write(text);
  }

  #write(chunk: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const written = (error: Error | null | undefined) => {
        if (error == null) resolve();
        else reject((error as NodeJS.ErrnoException).code === "EPIPE" ? brokenPipe() : error);
      };
      const write = () => this.#stream.write(chunk, written);
      if (this.#lastLine === undefined) write();
      else this.#lastLine.above(write);
    });
  }
}
