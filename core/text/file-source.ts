import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { LineReader } from "./lines.ts";
import type { Batch, BatchReader, ReaderOptions, SourcePosition, TextSource } from "./source.ts";
import { openSplit } from "./split-reader.ts";
import { type InputSplit, inputSplits, type ReadTextOptions } from "./splits.ts";

/** A file, or the files of a folder. */
export class FileSource implements TextSource {
  readonly path: Path;
  readonly #fileSystems: FileSystems;
  readonly #options: ReadTextOptions;

  constructor(fileSystems: FileSystems, path: Path, options: ReadTextOptions) {
    this.#fileSystems = fileSystems;
    this.path = path;
    this.#options = options;
  }

  get name(): string {
    return this.path.toString();
  }

  open(options: ReaderOptions): BatchReader {
    const splits = inputSplits(this.#fileSystems, this.path, this.#options, options);
    return new SplitsReader(this.#fileSystems, splits, options.signal);
  }
}

/** One split that somebody else has made. */
export class SplitSource implements TextSource {
  readonly path: Path;
  readonly #fileSystems: FileSystems;
  readonly #split: InputSplit;

  constructor(fileSystems: FileSystems, split: InputSplit) {
    this.#fileSystems = fileSystems;
    this.#split = split;
    this.path = fileSystems.resolve(split.path);
  }

  get name(): string {
    return this.path.toString();
  }

  open(options: ReaderOptions): BatchReader {
    return new SplitsReader(this.#fileSystems, only(this.#split), options.signal);
  }
}

async function* only(split: InputSplit): AsyncGenerator<InputSplit, void, undefined> {
  yield split;
}

/** Split after split, in order. */
class SplitsReader implements BatchReader {
  readonly #fileSystems: FileSystems;
  readonly #splits: AsyncGenerator<InputSplit, void, undefined>;
  readonly #signal: AbortSignal;
  #split: InputSplit | undefined;
  #reader: LineReader | undefined;
  /** What was read together, and which of it was handed on last. */
  #lines: readonly string[] = [];
  #from = 0;
  #to = 0;
  #finished = 0;

  constructor(
    fileSystems: FileSystems,
    splits: AsyncGenerator<InputSplit, void, undefined>,
    signal: AbortSignal,
  ) {
    this.#fileSystems = fileSystems;
    this.#splits = splits;
    this.#signal = signal;
  }

  async next(limit: number): Promise<Batch | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#reader === undefined && !(await this.#nextSplit())) return undefined;
      const reader = this.#reader as LineReader;
      if (this.#to === this.#lines.length) {
        const lines = await reader.next();
        this.#lines = lines ?? [];
        this.#to = 0;
        if (lines === undefined) {
          await reader.close();
          this.#reader = undefined;
          this.#finished += 1;
          continue;
        }
      }
      return this.#take(reader, limit);
    }
  }

  place(index: number): string {
    return `${this.#split?.path}, byte ${this.#reader?.offsetOf(this.#from + index)}`;
  }

  position(): SourcePosition {
    const { path, start, length, index } = this.#split ?? {};
    if (this.#reader === undefined) return { finishedSplits: this.#finished };
    return { finishedSplits: this.#finished, split: { path, start, length, index }, offset: this.#offset() };
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#splits.return();
  }

  /** The next lines of those that were read together. */
  #take(reader: LineReader, limit: number): Batch {
    const all = this.#lines;
    const start = this.#to === 0 ? reader.offsetOf(0) : this.#offset();
    this.#from = this.#to;
    this.#to = Math.min(all.length, this.#from + limit);
    const lines = this.#to - this.#from === all.length ? all : all.slice(this.#from, this.#to);
    return { lines, split: this.#split?.index ?? 0, bytes: this.#offset() - start };
  }

  /** Position in the file behind the last line that was handed on. */
  #offset(): number {
    const reader = this.#reader as LineReader;
    return this.#to === this.#lines.length ? reader.position : reader.offsetOf(this.#to);
  }

  async #nextSplit(): Promise<boolean> {
    const step = await this.#splits.next();
    if (step.done === true) return false;
    this.#split = step.value;
    this.#reader = openSplit(this.#fileSystems, step.value, this.#signal);
    return true;
  }
}
