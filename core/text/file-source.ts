import { JobError } from "../errors/errors.ts";
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

  get description(): string {
    return `readTextFile ${this.path} ${JSON.stringify(this.#options)}`;
  }

  open(options: ReaderOptions): BatchReader {
    const splits = inputSplits(this.#fileSystems, this.path, this.#options, options);
    return new SplitsReader(this.#fileSystems, splits, options);
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

  get description(): string {
    return `readSplit ${JSON.stringify(this.#split)}`;
  }

  open(options: ReaderOptions): BatchReader {
    return new SplitsReader(this.#fileSystems, only(this.#split), options);
  }
}

async function* only(split: InputSplit): AsyncGenerator<InputSplit, void, undefined> {
  yield split;
}

/** Where a {@link SplitsReader} stands. */
interface SplitsPosition extends Record<string, unknown> {
  /** Splits that are behind it. */
  readonly finished: number;
  /** The split that it is in, else the last that is behind it: to see that the input is still the same. */
  readonly split?: InputSplit;
  /** Position in the file of the next line, while it is in a split. */
  readonly offset?: number;
}

/** Split after split, in order. */
class SplitsReader implements BatchReader {
  readonly #fileSystems: FileSystems;
  readonly #splits: AsyncGenerator<InputSplit, void, undefined>;
  readonly #signal: AbortSignal;
  readonly #from: SplitsPosition;
  #current: { readonly split: InputSplit; readonly reader: LineReader } | undefined;
  #begun = false;
  #finished = 0;
  #lastFinished: InputSplit | undefined;
  /** What was read together, and which of it was handed on last. */
  #lines: readonly string[] = [];
  #first = 0;
  #end = 0;

  constructor(
    fileSystems: FileSystems,
    splits: AsyncGenerator<InputSplit, void, undefined>,
    { signal, from }: ReaderOptions,
  ) {
    this.#fileSystems = fileSystems;
    this.#splits = splits;
    this.#signal = signal;
    this.#from = (from as SplitsPosition | undefined) ?? { finished: 0 };
  }

  async next(limit: number): Promise<Batch | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      const current = this.#current ?? (await this.#nextSplit());
      if (current === undefined) return undefined;
      if (this.#end < this.#lines.length) return this.#take(current, limit);
      const lines = await current.reader.next();
      this.#first = this.#end = 0;
      this.#lines = lines ?? [];
      if (lines === undefined) await this.#endSplit(current.reader);
    }
  }

  place(index: number): string {
    return `${this.#current?.split.path}, byte ${this.#current?.reader.offsetOf(this.#first + index)}`;
  }

  position(): SourcePosition {
    if (!this.#begun) return this.#from;
    const finished = this.#finished;
    if (this.#current === undefined)
      return { finished, ...(this.#lastFinished && { split: this.#lastFinished }) };
    const { split, reader } = this.#current;
    if (reader.atEnd && this.#end === this.#lines.length) return { finished: finished + 1, split };
    return { finished, split, offset: this.#offset(reader) };
  }

  async close(): Promise<void> {
    await this.#current?.reader.close();
    await this.#splits.return();
  }

  /** The next lines of those that were read together. */
  #take({ split, reader }: { split: InputSplit; reader: LineReader }, limit: number): Batch {
    const all = this.#lines;
    const start = this.#end === 0 ? reader.offsetOf(0) : this.#offset(reader);
    this.#first = this.#end;
    this.#end = Math.min(all.length, this.#first + limit);
    const lines = this.#end - this.#first === all.length ? all : all.slice(this.#first, this.#end);
    return { lines, split: split.index, bytes: this.#offset(reader) - start };
  }

  /** Position in the file behind the last line that was handed on. */
  #offset(reader: LineReader): number {
    return this.#end === this.#lines.length ? reader.position : reader.offsetOf(this.#end);
  }

  async #nextSplit() {
    const { finished, split: known, offset } = this.#from;
    while (this.#finished < finished) {
      const { value: split } = await this.#splits.next();
      this.#finished += 1;
      this.#lastFinished = split ?? undefined;
      if (this.#finished === finished && offset === undefined) checkSame(known, this.#lastFinished);
    }
    const step = await this.#splits.next();
    const split = step.done === true ? undefined : step.value;
    const from = this.#finished === finished ? offset : undefined;
    if (from !== undefined) checkSame(known, split);
    this.#begun = true;
    if (split === undefined) return undefined;
    this.#current = { split, reader: openSplit(this.#fileSystems, split, this.#signal, from) };
    return this.#current;
  }

  async #endSplit(reader: LineReader): Promise<void> {
    this.#lastFinished = this.#current?.split;
    this.#current = undefined;
    this.#finished += 1;
    await reader.close();
  }
}

function checkSame(then: InputSplit | undefined, now: InputSplit | undefined): void {
  if (JSON.stringify(then) === JSON.stringify(now)) return;
  const what = (split: InputSplit | undefined) =>
    split === undefined
      ? "not there"
      : `${split.path}, bytes ${split.start} to ${split.start + split.length} of ${split.fileLength} (version ${split.version})`;
  throw new JobError({
    code: "ERR_JOB_CHECKPOINT",
    message: `the input is not the one of the checkpoint: split ${then?.index} was ${what(then)}, and is ${what(now)}`,
    hint: "Run the job from its beginning, without restore",
  });
}
