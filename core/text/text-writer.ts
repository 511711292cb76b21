import type { StagedFile } from "./staged-file.ts";

/** Two of these for each open file. */
const BUFFER_BYTES = 256 * 1024;
/** UTF-16 units that always fit into an empty buffer: UTF-8 takes at most three bytes for one. */
const GROUP_LENGTH = 64 * 1024;

/** What a value that cannot be a line makes of itself. */
export class NotALine {
  readonly index: number;
  readonly cause: unknown;

  constructor(index: number, cause: unknown) {
    this.index = index;
    this.cause = cause;
  }
}

/**
 * Values → lines of UTF-8 in a file. One buffer is filled while the other is being written; a failed write rejects the
 * next call.
 */
export class TextWriter {
  readonly #file: StagedFile;
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #spare = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;
  #writing: Promise<void> = Promise.resolve();
  #lines: number;
  #bytes: number;

  /** `lines`: those that are in the file already. */
  constructor(file: StagedFile, lines = 0) {
    this.#file = file;
    this.#lines = lines;
    this.#bytes = file.position;
  }

  /** Lines in the file, or on their way there. */
  get lines(): number {
    return this.#lines;
  }

  /** Bytes in the file, or on their way there. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws {@link NotALine} for null, undefined and what has no text. */
  async write(values: readonly unknown[]): Promise<void> {
    let group: string[] = [];
    let length = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const line = typeof value === "string" ? value : lineOf(value, i);
      if (length + line.length >= GROUP_LENGTH && group.length > 0) {
        await this.#append(group, length);
        group = [];
        length = 0;
      }
      group.push(line);
      length += line.length + 1;
    }
    if (group.length > 0) await this.#append(group, length);
    this.#lines += values.length;
  }

  /** Resolves once the file has taken every line. */
  async flush(): Promise<void> {
    if (this.#used > 0) await this.#swap();
    await this.#writing;
  }

  /** Resolves once no write is under way, however it ended. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => {});
  }

  async #append(lines: readonly string[], length: number): Promise<void> {
    const text = `${lines.join("\n")}\n`;
    if (length > GROUP_LENGTH) {
      await this.flush();
      const bytes = Buffer.from(text, "utf8");
      this.#bytes += bytes.length;
      await this.#file.write(bytes);
      return;
    }
    if (this.#used + 3 * length > BUFFER_BYTES) await this.#swap();
    const bytes = this.#buffer.write(text, this.#used, "utf8");
    this.#used += bytes;
    this.#bytes += bytes;
  }

  /** Begins to write the full buffer, once the other one is free. */
  async #swap(): Promise<void> {
    await this.#writing;
    const full = this.#buffer.subarray(0, this.#used);
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#used = 0;
    this.#writing = this.#file.write(full);
    // Awaited, and thus reported, by the next call.
    this.#writing.catch(() => {});
  }
}

function lineOf(value: unknown, index: number): string {
  if (value === null || value === undefined) {
    throw new NotALine(
      index,
      new TypeError(`${value} is not a line; did a function forget to return its value?`),
    );
  }
  try {
    return String(value);
  } catch (error) {
    throw new NotALine(index, error);
  }
}
