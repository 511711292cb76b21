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

  async next(): Promise<Batch | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#reader === undefined && !(await this.#nextSplit())) return undefined;
      const reader = this.#reader as LineReader;
      const lines = await reader.next();
      if (lines !== undefined) {
        return { lines, split: this.#split?.index ?? 0, bytes: reader.position - reader.offsetOf(0) };
      }
      await reader.close();
      this.#reader = undefined;
      this.#finished += 1;
    }
  }

  place(index: number): string {
    return `${this.#split?.path}, byte ${this.#reader?.offsetOf(index)}`;
  }

  position(): SourcePosition {
    const split = this.#reader === undefined ? undefined : this.#split;
    if (split === undefined) return { finishedSplits: this.#finished };
    return { finishedSplits: this.#finished, split, offset: this.#reader?.position };
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#splits.return();
  }

  async #nextSplit(): Promise<boolean> {
    const step = await this.#splits.next();
    if (step.done === true) return false;
    this.#split = step.value;
    this.#reader = openSplit(this.#fileSystems, step.value, this.#signal);
    return true;
  }
}
