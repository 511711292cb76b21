/** What a client process is made for: one tool, set up once. */
export interface Setup {
  readonly tool: ToolName;
  readonly endpoint: string;
  readonly bucket: string;
  /** Folder for files of this process. */
  readonly work: string;
  readonly pluginsDir: string;
  /** Bytes of a part and parts at once, where they are fixed. Default: what the tool chooses itself. */
  readonly fixed?: { readonly part: number; readonly parts: number };
  /** More keys, for plugfs. */
  readonly configuration?: Readonly<Record<string, string | number>>;
}

export type ToolName = "plugfs" | "ali-oss" | "opendal" | "raw" | "readline" | "port" | "command";

/** What a client process is asked to do once, as plain data. */
export interface Task {
  readonly operation: Operation;
  /** Object, prefix, or the URI of a local file. */
  readonly key: string;
  /** Where it goes, for a copy or a rename. */
  readonly target?: string;
  /** Bytes of the object or of each read. */
  readonly size: number;
  /** Reads, objects or calls. */
  readonly count: number;
  /** Operations at once, where the caller decides that. */
  readonly concurrency: number;
}

export type Operation =
  | "read"
  | "read-unchecked"
  | "write"
  | "small-reads"
  | "random-reads"
  | "vectored-reads"
  | "list"
  | "list-folders"
  | "delete-tree"
  | "rename-tree"
  | "lines"
  | "line-batches"
  | "copy"
  | "job"
  | "calls"
  | "upload-files"
  | "upload-file"
  | "download-file";

/** What one run of a task did. */
export interface Work {
  /** Bytes moved, or lines, or keys: what the bench counts. */
  readonly amount: number;
  /** A sum over the content: the same for every tool that did the same. */
  readonly check?: number;
  /** Further figures, shown in columns of their own. */
  readonly extra?: Readonly<Record<string, number>>;
  /** Of a process that this one started for the task, in place of its own. */
  readonly usage?: Usage;
}

export interface Usage {
  /** User and system. */
  readonly cpuMilliseconds: number;
  /** Bytes, at the highest so far in the process. */
  readonly peakMemory: number;
}

/** What it took. */
export interface Sample extends Omit<Work, "usage">, Usage {
  readonly milliseconds: number;
}

/** One tool's way of doing the operations; what it cannot do it leaves out. */
export interface Tool extends AsyncDisposable {
  readonly operations: { readonly [name in Operation]?: (task: Task) => Promise<Work> };
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
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
}
