import { JobError } from "../errors/errors.ts";
import type { Charset } from "./charset.ts";

/** Bytes of text that are decoded at once. Larger strings leave the processor's cache. */
const BATCH_BYTES = 64 * 1024;

export interface LineReaderOptions {
  /** Named in errors. */
  readonly file: string;
  readonly charset: Charset;
  /** `"\n"` also takes one `"\r"` before it. */
  readonly delimiter: string;
  /** Longest line, in bytes without its delimiter. */
  readonly maxLineLength: number;
  /** Position in the file of the first byte of the chunks. Default 0. */
  readonly start?: number;
  /** Drops everything up to the first delimiter: that line belongs to the split before. */
  readonly skipFirst?: boolean;
  /** Stops behind the first delimiter that begins here or later. Default: the end of the chunks. */
  readonly end?: number;
}

/**
 * Bytes → batches of lines, decoded by the batch. A line is the same at whatever place the chunks are cut; a last
 * line without delimiter counts, an empty one behind the last delimiter does not. A byte order mark at position 0
 * is dropped.
 *
 * The lines of a batch share the memory of one decoded text of about 64 KiB: who keeps one line keeps that text.
 */
export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #options: LineReaderOptions;
  readonly #delimiter: Buffer;
  /** A one-byte delimiter can be searched backwards and cannot lie across chunks. */
  readonly #simple: boolean;
  readonly #end: number;
  #chunk: Buffer = Buffer.alloc(0);
  /** Position in the file of the chunk's first byte. */
  #base: number;
  /** Next byte of the chunk to look at. */
  #at = 0;
  /** A line that began in earlier chunks, decoded. */
  #head: string | undefined;
  /** The unfinished line of earlier chunks. */
  #carry: Buffer = Buffer.alloc(0);
  #carried = 0;
  #skipping: boolean;
  #done = false;
  #position: number;
  #batchStart: number;
  /** Where in the chunk the lines of the last batch begin, behind its head. */
  #batchAt = 0;
  #batchHasHead = false;

  constructor(chunks: AsyncIterable<Uint8Array>, options: LineReaderOptions) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#options = options;
    this.#delimiter = options.charset.encode(options.delimiter);
    this.#simple = this.#delimiter.length === 1;
    this.#end = options.end ?? Number.POSITIVE_INFINITY;
    this.#base = options.start ?? 0;
    this.#skipping = options.skipFirst ?? false;
    this.#position = this.#base;
    this.#batchStart = this.#base;
  }

  /** Position in the file behind the last batch and its delimiter. */
  get position(): number {
    return this.#position;
  }

  /** Whether the last batch was the last of all. At the end of the chunks this shows one batch later. */
  get atEnd(): boolean {
    return this.#done;
  }

  /** Position in the file of a line of the last batch. Valid until `next` is called again. */
  offsetOf(index: number): number {
    if (index === 0) return this.#batchStart;
    let at = this.#batchAt;
    for (let line = this.#batchHasHead ? 1 : 0; line < index; line++) {
      at = this.#find(at) + this.#delimiter.length;
    }
    return this.#base + at;
  }

  /** The next lines, at least one; undefined at the end. */
  async next(): Promise<string[] | undefined> {
    for (;;) {
      const lines = this.#take();
      if (lines !== undefined) return lines;
      if (this.#done) return undefined;
      const step = await this.#chunks.next();
      if (this.#done) return undefined;
      if (step.done === true) return this.#finish();
      this.#add(step.value);
    }
  }

  /** Ends the chunks. */
  async close(): Promise<void> {
    this.#done = true;
    this.#head = undefined;
    this.#chunk = this.#carry = Buffer.alloc(0);
    await this.#chunks.return?.();
  }

  #add(value: Uint8Array): void {
    const chunk = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#base += this.#chunk.length;
    this.#chunk = chunk;
    this.#at = 0;
    if (this.#carried === 0) return;
    if (this.#simple) {
      const first = chunk.indexOf(this.#delimiter[0] as number);
      this.#keep(first < 0 ? chunk.length : first);
      if (first < 0) return;
      this.#head = this.#decode(this.#carry, 0, this.#carried);
      this.#at = first + 1;
      if (this.#base + first >= this.#end) this.#done = true;
    } else {
      // The delimiter itself may lie across the edge: look again from the line's beginning.
      this.#base -= this.#carried;
      this.#chunk = Buffer.concat([this.#carry.subarray(0, this.#carried), chunk]);
    }
    this.#carried = 0;
  }

  /** Lines of the chunk at hand; undefined when more bytes are needed. */
  #take(): string[] | undefined {
    const chunk = this.#chunk;
    if (this.#skipping && !this.#skip()) return undefined;
    const from = this.#at;
    const hasHead = this.#head !== undefined;
    let lines: string[] = [];
    if (!this.#done && from < chunk.length) {
      const cut = this.#cut(from);
      if (cut >= 0) {
        lines = this.#split(from, cut);
        this.#at = cut + this.#delimiter.length;
        if (this.#base + cut >= this.#end) this.#done = true;
      } else {
        this.#keep(chunk.length);
      }
    }
    if (this.#head !== undefined) lines.unshift(this.#head);
    if (lines.length === 0) return undefined;
    this.#head = undefined;
    this.#batchHasHead = hasHead;
    this.#batchAt = from;
    this.#batchStart = this.#position;
    this.#position = this.#base + (lines.length === 1 && hasHead ? from : this.#at);
    return this.#finished(lines);
  }

  /** Whether the line of the split before is behind us. */
  #skip(): boolean {
    const chunk = this.#chunk;
    const delimiter = this.#find(this.#at);
    if (delimiter >= 0) {
      this.#skipping = false;
      this.#at = delimiter + this.#delimiter.length;
      this.#position = this.#base + this.#at;
      if (this.#base + delimiter >= this.#end) this.#done = true;
      return !this.#done;
    }
    if (this.#simple) this.#at = chunk.length;
    else {
      // Only what may be the beginning of a delimiter is needed further.
      this.#at = Math.max(this.#at, chunk.length - this.#delimiter.length + 1);
      this.#keep(chunk.length);
    }
    return false;
  }

  /** Index of the delimiter that ends the next batch; -1 when the chunk holds no whole line. */
  #cut(from: number): number {
    const stop = Math.max(from, this.#end - this.#base);
    if (!this.#simple) return this.#cutForwards(from, stop);
    const byte = this.#delimiter[0] as number;
    const limit = from + BATCH_BYTES;
    let cut = this.#chunk.lastIndexOf(byte, Math.min(limit, this.#chunk.length) - 1);
    if (cut < from) cut = limit < this.#chunk.length ? this.#chunk.indexOf(byte, limit) : -1;
    return cut < stop ? cut : this.#chunk.indexOf(byte, stop);
  }

  #cutForwards(from: number, stop: number): number {
    let cut = -1;
    for (let at = from; cut < stop && at < from + BATCH_BYTES; at = cut + this.#delimiter.length) {
      const next = this.#find(at);
      if (next < 0) break;
      cut = next;
    }
    return cut;
  }

  /** Index of the first delimiter at `from` or later, on a code unit's edge; -1 for none. */
  #find(from: number): number {
    let at = this.#chunk.indexOf(this.#delimiter, from);
    while (at >= 0 && (this.#base + at) % this.#options.charset.unit !== 0) {
      at = this.#chunk.indexOf(this.#delimiter, at + 1);
    }
    return at;
  }

  /** The lines between `from` and the delimiter at `cut`. */
  #split(from: number, cut: number): string[] {
    if (cut - from > this.#options.maxLineLength) this.#checkLengths(from, cut);
    const { charset, delimiter } = this.#options;
    return charset.decode(this.#chunk, from, cut).split(delimiter);
  }

  #checkLengths(from: number, cut: number): void {
    for (let at = from; at <= cut; ) {
      const next = this.#find(at);
      const end = next < 0 ? cut : next;
      if (end - at > this.#options.maxLineLength) this.#tooLong(this.#base + at);
      at = end + this.#delimiter.length;
    }
  }

  /** Copies the chunk from here to `end` behind the carried bytes. */
  #keep(end: number): void {
    const length = this.#carried + end - this.#at;
    if (length > this.#options.maxLineLength + this.#delimiter.length) this.#tooLong(this.#lineStart());
    if (length > this.#carry.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * this.#carry.length, length, 1024));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    this.#chunk.copy(this.#carry, this.#carried, this.#at, end);
    this.#carried = length;
    this.#at = end;
  }

  /** The last line, when no delimiter ends it. */
  #finish(): string[] | undefined {
    this.#done = true;
    if (this.#carried === 0 || this.#skipping) return undefined;
    this.#batchStart = this.#position;
    this.#position += this.#carried;
    const line = this.#decode(this.#carry, 0, this.#carried);
    this.#carried = 0;
    if (this.#batchStart === 0 && line === "\uFEFF") return undefined;
    return this.#finished([line]);
  }

  #decode(bytes: Buffer, from: number, to: number): string {
    if (to - from > this.#options.maxLineLength) this.#tooLong(this.#lineStart());
    return this.#options.charset.decode(bytes, from, to);
  }

  /** Position of the line that the carried bytes begin. */
  #lineStart(): number {
    return this.#base + this.#at - this.#carried;
  }

  #finished(lines: string[]): string[] {
    if (this.#batchStart === 0 && lines[0]?.charCodeAt(0) === 0xfeff) lines[0] = lines[0].slice(1);
    if (this.#options.delimiter === "\n") stripCarriageReturns(lines);
    return lines;
  }

  #tooLong(offset: number): never {
    this.#done = true;
    throw new JobError({
      code: "ERR_JOB_INPUT",
      message: `${this.#options.file}, byte ${offset}: the line is longer than ${this.#options.maxLineLength} bytes`,
      hint: "Raise maxLineLength, or check the delimiter",
    });
  }
}

function stripCarriageReturns(lines: string[]): void {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.charCodeAt(line.length - 1) === 13) lines[i] = line.slice(0, -1);
  }
}
