import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { compressionOf } from "./compression.ts";
import { openContinuous } from "./continuous.ts";
import type { ReaderOptions, SourceReader, TextSource } from "./source.ts";
import { type InputSplit, inputSplits, type ReadTextOptions, readsNested } from "./splits.ts";
import { SplitsReader } from "./splits-reader.ts";

/** A file, or the files of a folder. */
export class FileSource implements TextSource {
  readonly path: Path;
  readonly isContinuous: boolean;
  readonly #fileSystems: FileSystems;
  readonly #options: ReadTextOptions;

  constructor(fileSystems: FileSystems, path: Path, options: ReadTextOptions) {
    this.#fileSystems = fileSystems;
    this.path = path;
    this.#options = options;
    this.isContinuous = options.continuous !== undefined;
  }

  /** Reads the files of nested folders too. */
  get isNested(): boolean {
    return readsNested(this.#options);
  }

  get name(): string {
    return this.path.toString();
  }

  get description(): string {
    const { continuous: _, ...options } = this.#options;
    return `readTextFile ${this.isContinuous ? "continuously " : ""}${this.path} ${JSON.stringify(options)}`;
  }

  open(options: ReaderOptions): SourceReader {
    if (this.isContinuous) return openContinuous(this.#fileSystems, this.path, this.#options, options);
    const splits = this.#splits(options, (bytes) => {
      reader.totalBytes = bytes;
    });
    const reader = new SplitsReader(this.#fileSystems, splits, options);
    return reader;
  }

  /** Tells the length of what is one plain file: of a folder nobody knows how many follow. */
  async *#splits(
    options: ReaderOptions,
    tell: (bytes: number) => void,
  ): AsyncGenerator<InputSplit, void, undefined> {
    for await (const split of inputSplits(this.#fileSystems, this.path, this.#options, options)) {
      if (split.path === this.name && compressionOf(split.path) === undefined) tell(split.fileLength);
      yield split;
    }
  }
}

/** One split that somebody else has made. */
export class SplitSource implements TextSource {
  readonly path: Path;
  readonly isContinuous = false;
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

  open(options: ReaderOptions): SourceReader {
    return new SplitsReader(this.#fileSystems, only(this.#split), options);
  }
}

async function* only(split: InputSplit): AsyncGenerator<InputSplit, void, undefined> {
  yield split;
}
