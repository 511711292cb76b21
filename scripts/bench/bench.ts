import type { Setup, Task, ToolName } from "./task.ts";

/** What the server is like; {@link SHAPES}. */
export type ShapeName = "A" | "B" | "C" | "T";

export interface ServerShape {
  /** Milliseconds before the first byte. */
  readonly latency: number;
  /** Bytes per second of a connection; null: no limit. */
  readonly rate: number | null;
  readonly tls: boolean;
  readonly text: string;
}

export const SHAPES: Readonly<Record<ShapeName, ServerShape>> = {
  A: { latency: 0, rate: null, tls: false, text: "no limits" },
  B: { latency: 20, rate: null, tls: false, text: "20 ms to the first byte" },
  C: { latency: 20, rate: 50_000_000, tls: false, text: "20 ms, 50 MB/s per connection" },
  T: { latency: 0, rate: null, tls: true, text: "TLS" },
};

/** Something that has to be there before a bench. Counts and bytes are those of a full run. */
export type Need =
  /** An object with the known content. */
  | { readonly object: string; readonly size: number }
  /** An object that holds `of` over and over: long, and no longer in memory than that. */
  | { readonly repeated: string; readonly of: string; readonly size: number }
  /** An object of lines. */
  | { readonly text: string; readonly size: number }
  /** A file of this machine, of lines or of the known content. */
  | { readonly file: string; readonly holds: "lines" | "content"; readonly size: number }
  /** A folder of this machine with files `0` … `files` - 1. */
  | { readonly folder: string; readonly files: number; readonly size: number }
  /** Nothing below this prefix; at every run. */
  | { readonly nothing: string }
  /** Objects `tree/0` …, or `tree/f0/0` … in `folders`; made anew before every run where `again`. */
  | {
      readonly tree: string;
      readonly files: number;
      readonly size: number;
      readonly folders?: number;
      readonly again?: boolean;
    };

/** One tool in a bench. */
export interface Row {
  readonly name: string;
  readonly tool: ToolName;
  readonly fixed?: NonNullable<Setup["fixed"]>;
  readonly configuration?: NonNullable<Setup["configuration"]>;
  /** What this row does otherwise than the bench says, such as batches instead of lines. */
  readonly task?: Partial<Task>;
  /** Over the bench's. */
  readonly warm?: Partial<Task>;
  /** Runs of a slow one. */
  readonly runs?: number;
}

export type Measure = "rate" | "cpu" | "memory" | "microseconds more" | "sent ÷ asked";

/**
 * What a row has to reach, as a ratio to `than`: another row, the slowest of several, or a plain number in the unit of
 * the measure. `least` and `most` are bounds of that ratio.
 */
export interface Goal {
  readonly row: string;
  /** Default `rate`. */
  readonly measure?: Measure;
  readonly than: string | readonly string[] | number;
  readonly least?: number;
  readonly most?: number;
  /** A floor below the real goal. */
  readonly floor?: true;
}

export type Proof =
  /** What was written is the same as this object. */
  | { readonly same: string }
  /** Of the tree's files as many are gone as were counted. */
  | { readonly tree: string; readonly files: number }
  /** As many objects lie below the prefix as were counted. */
  | { readonly below: string };

export interface Bench {
  /** First word: what `npm run bench -- <word>` chooses. */
  readonly name: string;
  readonly shape: ShapeName;
  /** What is counted: bytes are shown as MB/s. */
  readonly unit: "bytes" | "reads" | "keys" | "lines" | "calls" | "files";
  readonly task: Partial<Task> & Pick<Task, "operation" | "key">;
  /** What every process does before its first run, unmeasured. Keys and sizes are its own. */
  readonly warm?: Partial<Task>;
  readonly needs: readonly Need[];
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** Default 5. */
  readonly runs?: number;
  /** What has to be true after every run. */
  readonly proof?: Proof;
  /** Shows the requests and the bytes that the server sent. */
  readonly traffic?: true;
}

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
