import type { ServerShape } from "./run.ts";
import type { Task } from "./task.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

export const SHAPES: Readonly<Record<"A" | "B" | "C", ServerShape>> = {
  A: {},
  B: { latency: 20 },
  C: { latency: 20, rate: 50_000_000 },
};

type Work = Partial<Omit<Task, "tool" | "endpoint" | "bucket">> & Pick<Task, "operation" | "key">;

export interface Row {
  readonly name: string;
  readonly tool: Task["tool"];
  readonly fixed?: Task["fixed"];
  /** Other than the bench's, such as batches instead of lines. */
  readonly operation?: Task["operation"];
  /** Runs of a slow peer. */
  readonly runs?: number;
}

/** `row` is at least `factor` times as fast as `than`: a row, or a rate (`unit` per second) that the shape allows. */
export interface Goal {
  readonly row: string;
  readonly than: string | number;
  readonly factor: number;
}

export interface Bench {
  /** First word: what `npm run bench -- <word>` chooses. */
  readonly name: string;
  readonly shape: keyof typeof SHAPES;
  /** What is counted: bytes are shown as MB/s. */
  readonly unit: "bytes" | "operations" | "keys" | "lines";
  readonly work: Work;
  /** Objects below `key` that have to be there: made anew before every run where `again`. */
  readonly objects?: { readonly count: number; readonly size: number; readonly again?: boolean };
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

const at = (parts: number): NonNullable<Task["fixed"]> => ({ part: 8 * MIB, parts });
/** What c connections with one part each at a time can move (peers' own ceiling): bytes per second. */
const ceiling = (parts: number): number => (parts * 8 * MIB) / ((8 * MIB) / 50e6 + 0.02);
const plugfs: Row = { name: "plugfs", tool: "plugfs" };
const plugfs8: Row = { name: "plugfs 8 × 8 MiB", tool: "plugfs", fixed: at(8) };
const plugfs16: Row = { name: "plugfs 16 × 8 MiB", tool: "plugfs", fixed: at(16) };
const aliOss: Row = { name: "ali-oss", tool: "ali-oss" };
const opendal: Row = { name: "opendal", tool: "opendal" };
const opendal16: Row = { name: "opendal 16 × 8 MiB", tool: "opendal", fixed: at(16) };
const slow = (row: Row): Row => ({ ...row, runs: 3 });
const big: Work = { operation: "read", key: "big", size: 512 * MIB };
const small: Work = { operation: "small-reads", key: "small", size: 4 * KIB, count: 1000 };

export const BENCHES: readonly Bench[] = [
  {
    name: "read",
    shape: "A",
    unit: "bytes",
    work: big,
    rows: [plugfs, plugfs8, aliOss, opendal, { name: "limit", tool: "raw" }],
    goals: [
      { row: "plugfs", than: "ali-oss", factor: 0.75 },
      { row: "plugfs", than: "opendal", factor: 0.9 },
    ],
  },
  {
    name: "read",
    shape: "C",
    unit: "bytes",
    work: big,
    rows: [
      plugfs,
      plugfs8,
      plugfs16,
      slow(aliOss),
      slow(opendal),
      opendal16,
      { name: "limit", tool: "raw", fixed: at(16) },
    ],
    goals: [
      { row: "plugfs", than: "ali-oss", factor: 10 },
      { row: "plugfs", than: "opendal", factor: 10 },
      { row: "plugfs", than: "plugfs 16 × 8 MiB", factor: 0.85 },
      { row: "plugfs 8 × 8 MiB", than: ceiling(8), factor: 0.97 },
      { row: "plugfs 16 × 8 MiB", than: ceiling(16), factor: 0.95 },
    ],
  },
  {
    name: "write",
    shape: "A",
    unit: "bytes",
    work: { ...big, operation: "write", key: "written" },
    rows: [plugfs, aliOss, opendal16],
    goals: [{ row: "plugfs", than: "ali-oss", factor: 0.9 }],
  },
  {
    name: "write",
    shape: "C",
    unit: "bytes",
    work: { ...big, operation: "write", key: "written" },
    rows: [plugfs, slow(aliOss), opendal16],
    goals: [{ row: "plugfs", than: ceiling(16), factor: 0.95 }],
  },
  {
    name: "small",
    shape: "A",
    unit: "operations",
    work: { ...small, concurrency: 16 },
    objects: { count: 1000, size: 4 * KIB },
    rows: [plugfs, aliOss, opendal],
    goals: [{ row: "plugfs", than: "ali-oss", factor: 2 }],
  },
  {
    name: "small",
    shape: "B",
    unit: "operations",
    work: { ...small, concurrency: 64 },
    objects: { count: 1000, size: 4 * KIB },
    rows: [plugfs, aliOss, opendal],
    goals: [{ row: "plugfs", than: 2900, factor: 1 }],
  },
  {
    name: "random",
    shape: "B",
    unit: "operations",
    work: { operation: "random-reads", key: "big", size: 64 * KIB, count: 1000, concurrency: 16 },
    rows: [plugfs, aliOss, opendal],
    goals: [],
  },
  {
    name: "list",
    shape: "A",
    unit: "keys",
    work: { operation: "list", key: "many" },
    objects: { count: 100_000, size: 0 },
    rows: [plugfs, slow(aliOss), opendal],
    goals: [],
  },
  {
    name: "tree",
    shape: "B",
    unit: "keys",
    work: { operation: "delete-tree", key: "tree", count: 2_000 },
    objects: { count: 2_000, size: 0, again: true },
    rows: [plugfs, slow(aliOss)],
    goals: [{ row: "plugfs", than: "ali-oss", factor: 5 }],
  },
  {
    name: "lines",
    shape: "A",
    unit: "lines",
    work: { operation: "lines", key: "file:" },
    rows: [
      plugfs,
      { name: "plugfs, batches", tool: "plugfs", operation: "line-batches" },
      { name: "node:readline", tool: "readline" },
    ],
    goals: [
      { row: "plugfs", than: "node:readline", factor: 1.5 },
      { row: "plugfs, batches", than: "node:readline", factor: 2.8 },
    ],
  },
  {
    name: "lines over HTTP",
    shape: "C",
    unit: "lines",
    work: { operation: "lines", key: "text" },
    rows: [plugfs, slow({ ...aliOss, name: "ali-oss and readline" })],
    goals: [{ row: "plugfs", than: "ali-oss and readline", factor: 6 }],
  },
];
