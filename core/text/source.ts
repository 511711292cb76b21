/** Lines that are handed on together. */
export interface Batch {
  readonly lines: readonly string[];
  /** Number of the split that they come from, over the whole source. */
  readonly split: number;
  /** Bytes that these lines took in the input. */
  readonly bytes: number;
}

/** One reading of a source. `next`, then everything else about that batch, then `next` again. */
export interface BatchReader {
  /** At most `limit` lines; undefined at the end. */
  next(limit: number): Promise<Batch | undefined>;
  /** Where a line of the last batch stands, for errors: `oss://b/x, byte 123`. */
  place(index: number): string;
  /** Behind the last batch; plain data that `TextSource.open` takes as `from`. */
  position(): SourcePosition;
  close(): Promise<void>;
}

export type SourcePosition = { readonly [key: string]: unknown };

export interface ReaderOptions {
  readonly signal: AbortSignal;
  /** Where an earlier reader of the same source stood. Default: its beginning. */
  readonly from?: SourcePosition | undefined;
  /** How many writers want splits of their own. */
  readonly parallelism: number;
}

/** Where lines come from. Opened anew for every job and every iteration. */
export interface TextSource {
  /** Names the source in errors: its path, or `fromLines`. */
  readonly name: string;
  /** What a restored job has to agree with: name and options. */
  readonly description: string;
  open(options: ReaderOptions): BatchReader;
}
