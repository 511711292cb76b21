import { JobError } from "../errors/errors.ts";
import type { FileSystems } from "../fs/provider.ts";
import { compressionOf } from "./compression.ts";
import type { LineReader } from "./lines.ts";
import type { Batch, BatchReader, ReaderOptions, SourceReader } from "./source.ts";
import { SplitQueue } from "./split-queue.ts";
import { openSplit } from "./split-reader.ts";
import type { InputSplit } from "./splits.ts";

/** Where one lane stands. */
export interface LanePosition {
  /** Number of the split that it is in, or the least that it may read next. */
  readonly next: number;
  /** That split, or the last one behind it: to see that the input is still the same. */
  readonly split?: InputSplit;
  /** Position in the file of the next line, while it is in a split. */
  readonly offset?: number;
}

export interface SplitsPosition extends Record<string, unknown> {
  readonly lanes: readonly LanePosition[];
}

/** A source that has to know what the lanes do. */
export interface SplitsListener {
  /** Lines of a split were accepted; with `isFinished` all of them. */
  accepted(split: InputSplit, isFinished: boolean): void;
  /** Whether a split of which nothing was read can be left out, because of this error. */
  canSkip(split: InputSplit, error: unknown): boolean;
}

/** Splits, in lanes; each lane reads its own in order. */
export class SplitsReader implements SourceReader {
  readonly lanes: readonly LaneReader[];
  /** Known when the input is one file, as soon as it is found. */
  totalBytes: number | undefined;
  readonly #queue: SplitQueue;

  constructor(
    fileSystems: FileSystems,
    splits: AsyncGenerator<InputSplit, void, undefined>,
    options: ReaderOptions,
    listener?: SplitsListener,
  ) {
    const { signal, lanes, from } = options;
    const restored = (from as SplitsPosition | undefined)?.lanes;
    this.#queue = new SplitQueue(splits, { lanes, signal });
    this.lanes = Array.from({ length: lanes }, (_, lane) => {
      const position = restored?.[lane] ?? { next: lane };
      const next = () => this.#queue.next(lane);
      return new LaneReader({ fileSystems, signal, step: lanes, from: position, next, listener });
    });
  }

  position(): SplitsPosition {
    return { lanes: this.lanes.map(({ position }) => position) };
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
    await this.#queue.close();
  }
}

interface LaneReaderOptions {
  readonly fileSystems: FileSystems;
  readonly signal: AbortSignal;
  /** From one split of the lane to its next. */
  readonly step: number;
  readonly from: LanePosition;
  next(): Promise<InputSplit | undefined>;
  readonly listener: SplitsListener | undefined;
}

interface CurrentSplit {
  readonly split: InputSplit;
  readonly reader: LineReader;
}

/** Split after split, in order. */
class LaneReader implements BatchReader {
  readonly #options: LaneReaderOptions;
  #position: LanePosition;
  /** The split of an earlier reader that has not come by yet. */
  #toVerify: InputSplit | undefined;
  #current: CurrentSplit | undefined;
  /** What was read together, and which of it was handed on last. */
  #lines: readonly string[] = [];
  #first = 0;
  #end = 0;

  constructor(options: LaneReaderOptions) {
    this.#options = options;
    this.#position = options.from;
    this.#toVerify = options.from.split;
  }

  get position(): LanePosition {
    return this.#position;
  }

  async next(limit: number): Promise<Batch | undefined> {
    for (;;) {
      this.#options.signal.throwIfAborted();
      const current = this.#current ?? (await this.#nextSplit());
      if (current === undefined) return undefined;
      if (this.#end < this.#lines.length) return this.#take(current, limit);
      const lines = await this.#read(current);
      this.#first = this.#end = 0;
      this.#lines = lines ?? [];
      if (lines === undefined) await this.#endSplit(current);
    }
  }

  place(index: number): string {
    return `${this.#current?.split.path}, byte ${this.#current?.reader.offsetOf(this.#first + index)}`;
  }

  accept(): void {
    const { split, reader } = this.#current as CurrentSplit;
    const offset = this.#offset(reader);
    const isWhole = compressionOf(split.path) === undefined && offset >= split.fileLength;
    if (isWhole || (reader.atEnd && this.#end === this.#lines.length)) this.#finished(split);
    else {
      this.#position = { next: split.index, split, offset };
      this.#options.listener?.accepted(split, false);
    }
  }

  async close(): Promise<void> {
    await this.#current?.reader.close();
  }

  /** The next lines of those that were read together. */
  #take({ split, reader }: CurrentSplit, limit: number): Batch {
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

  /** Undefined at the split's end, and when the split is to be left out. */
  async #read({ split, reader }: CurrentSplit): Promise<readonly string[] | undefined> {
    try {
      return await reader.next();
    } catch (error) {
      const { signal, listener } = this.#options;
      const isBegun = this.#position.next === split.index && this.#position.offset !== undefined;
      if (signal.aborted || isBegun || listener?.canSkip(split, error) !== true) throw error;
      return undefined;
    }
  }

  async #nextSplit(): Promise<CurrentSplit | undefined> {
    const { from, next, fileSystems, signal } = this.#options;
    for (;;) {
      const split = await next();
      const known = this.#toVerify;
      if (known !== undefined && (split === undefined || split.index >= known.index)) {
        checkSame(known, split);
        this.#toVerify = undefined;
      }
      if (split === undefined) return undefined;
      if (split.index < from.next) continue;
      const offset = split.index === from.next ? from.offset : undefined;
      this.#current = { split, reader: openSplit(fileSystems, split, signal, offset) };
      return this.#current;
    }
  }

  async #endSplit({ split, reader }: CurrentSplit): Promise<void> {
    this.#current = undefined;
    // All its lines were accepted: none is asked for before.
    if (this.#position.next <= split.index) this.#finished(split);
    await reader.close();
  }

  #finished(split: InputSplit): void {
    this.#position = { next: split.index + this.#options.step, split };
    this.#options.listener?.accepted(split, true);
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
