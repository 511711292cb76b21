/** What a client process is asked to do once, as plain data. */
export interface Task {
  readonly tool: "plugfs" | "ali-oss" | "opendal" | "raw" | "readline";
  readonly operation:
    | "read"
    | "write"
    | "small-reads"
    | "random-reads"
    | "list"
    | "delete-tree"
    | "lines"
    | "line-batches";
  readonly endpoint: string;
  readonly bucket: string;
  /** Object, or prefix, or for lines a URI. */
  readonly key: string;
  /** Bytes of the object or of each read. */
  readonly size: number;
  /** Reads or objects. */
  readonly count: number;
  /** Operations at once, where the caller decides that. */
  readonly concurrency: number;
  /** Bytes of a part and parts at once, where they are fixed. */
  readonly fixed?: { readonly part: number; readonly parts: number };
}

/** What it took. */
export interface Sample {
  readonly milliseconds: number;
  /** Bytes moved, or lines, or keys: what the bench counts. */
  readonly amount: number;
  /** User and system, of the client process. */
  readonly cpuMilliseconds: number;
  /** Bytes, at the highest. */
  readonly peakMemory: number;
}

/** One tool's way of doing the operations; what it cannot do it leaves out. */
export interface Tool extends AsyncDisposable {
  read?(task: Task): Promise<number>;
  write?(task: Task): Promise<number>;
  smallReads?(task: Task): Promise<number>;
  randomReads?(task: Task): Promise<number>;
  list?(task: Task): Promise<number>;
  deleteTree?(task: Task): Promise<number>;
  lines?(task: Task): Promise<number>;
  lineBatches?(task: Task): Promise<number>;
}

export const CREDENTIALS = { accessKeyId: "bench", accessKeySecret: "bench-secret" };

/** Runs `work` for 0 … count - 1, `concurrency` at once. */
export async function inParallel(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** Positions that every tool reads at, the same in every run. */
export function randomPositions(count: number, size: number, length: number): number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * (length - size));
  });
}
