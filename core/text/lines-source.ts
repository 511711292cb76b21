import { JobError } from "../errors/errors.ts";
import { abortable } from "./abortable.ts";
import type {
  Batch,
  BatchReader,
  ReaderOptions,
  SourcePosition,
  SourceReader,
  TextSource,
} from "./source.ts";

const BATCH_LINES = 512;

export interface FromLinesOptions {
  /**
   * Says that iterating again gives the same lines. Without it a job with checkpoints refuses this source: it could not
   * be continued.
   */
  readonly replayable?: boolean | undefined;
}

/** Lines of the host. Iterated from its start by every job and every `for await`. */
export class LinesSource implements TextSource {
  readonly name = "fromLines";
  readonly isContinuous = false;
  readonly replayable: boolean;
  readonly #lines: Iterable<string> | AsyncIterable<string>;

  constructor(lines: Iterable<string> | AsyncIterable<string>, options: FromLinesOptions = {}) {
    if (!isIterable(lines)) {
      throw new JobError({
        code: "ERR_JOB_INPUT",
        message: "fromLines takes an iterable or an async iterable",
      });
    }
    this.#lines = lines;
    this.replayable = options.replayable ?? false;
  }

  get description(): string {
    return this.name;
  }

  open(options: ReaderOptions): SourceReader {
    return Symbol.asyncIterator in this.#lines
      ? new LinesReader(this.#lines[Symbol.asyncIterator](), options, 1)
      : new LinesReader(this.#lines[Symbol.iterator](), options, BATCH_LINES);
  }
}

function isIterable(lines: unknown): boolean {
  return (
    typeof lines === "object" && lines !== null && (Symbol.asyncIterator in lines || Symbol.iterator in lines)
  );
}

class LinesReader implements SourceReader, BatchReader {
  readonly lanes = [this];
  readonly #iterator: Iterator<string> | AsyncIterator<string>;
  readonly #signal: AbortSignal;
  readonly #batchLines: number;
  /** Lines that an earlier reader has handed on. */
  readonly #skip: number;
  #count = 0;
  #accepted = 0;
  #batchStart = 0;
  #done = false;

  constructor(
    iterator: Iterator<string> | AsyncIterator<string>,
    { signal, from }: ReaderOptions,
    batchLines: number,
  ) {
    this.#iterator = iterator;
    this.#signal = signal;
    this.#skip = (from as { readonly lines: number } | undefined)?.lines ?? 0;
    this.#batchLines = batchLines;
  }

  async next(limit: number): Promise<Batch | undefined> {
    this.#signal.throwIfAborted();
    while (!this.#done && this.#count < this.#skip) {
      this.#count += (await this.#pull(Math.min(BATCH_LINES, this.#skip - this.#count))).length;
    }
    this.#batchStart = this.#count;
    const lines = await this.#pull(Math.min(limit, this.#batchLines));
    this.#count += lines.length;
    if (lines.length === 0) return undefined;
    return {
      lines,
      split: 0,
      bytes: lines.reduce((sum, line) => sum + Buffer.byteLength(String(line)), 0),
    };
  }

  place(index: number): string {
    return `fromLines, line ${this.#batchStart + index + 1}`;
  }

  accept(): void {
    this.#accepted = this.#count;
  }

  position(): SourcePosition {
    return { lines: Math.max(this.#accepted, this.#skip) };
  }

  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    const end = this.#iterator.return?.();
    // An async generator that waits for its next line answers only then; nobody waits for that.
    if (end instanceof Promise) end.catch(() => {});
  }

  async #pull(most: number): Promise<string[]> {
    const lines: string[] = [];
    while (!this.#done && lines.length < most) {
      const step = this.#iterator.next();
      const { done, value } = "then" in step ? await abortable(step, this.#signal) : step;
      if (done === true) this.#done = true;
      else lines.push(value);
    }
    return lines;
  }
}
