/** Lines that are handed on together. */
export interface Batch {
  readonly lines: readonly string[];
  /** Number of the split that they come from, over the whole source. */
  readonly split: number;
  /** Bytes that these lines took in the input. */
  readonly bytes: number;
}

/** Batches in order: `next`, then everything else about that batch, then `next` again. */
export interface BatchReader {
  /** At most `limit` lines; undefined at the end. */
  next(limit: number): Promise<Batch | undefined>;
  /** Where a line of the last batch stands, for errors: `oss://b/x, byte 123`. */
  place(index: number): string;
  /** Every sink has what came of the last batch: the position is behind it from now on. */
  accept(): void;
}

/** One reading of a source, in lanes that know nothing of each other: each split belongs to one of them. */
export interface SourceReader {
  readonly lanes: readonly BatchReader[];
  /** Bytes of the whole input, where they are known from the beginning. */
  readonly totalBytes?: number | undefined;
  /** Behind the batches that were accepted; plain data that `TextSource.open` takes as `from`. Also after `close`. */
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
  /** Split i goes to lane i mod `lanes`. A source without splits has one lane, whatever it is asked for. */
  readonly lanes: number;
}

/** Where lines come from. Opened anew for every job and every iteration. */
export interface TextSource {
  /** Names the source in errors: its path, or `fromLines`. */
  readonly name: string;
  /** What a restored job has to agree with: name and options. */
  readonly description: string;
  /** It has no end of its own. */
  readonly isContinuous: boolean;
  open(options: ReaderOptions): SourceReader;
}
