import { type Bench, GIB, KIB, type Row } from "../bench.ts";

const command: Row = { name: "plugfs command", tool: "command" };
const loop: Row = { name: "loop over ali-oss", tool: "ali-oss" };
const FILES = 10_000;

/** The command, its start included, beside a plain loop over ali-oss: 16 files at a time, parts as it makes them. */
export const TRANSFER: readonly Bench[] = [
  {
    name: "transfer files",
    shape: "A",
    unit: "files",
    task: {
      operation: "upload-files",
      key: "file:small-files",
      target: "uploaded",
      count: FILES,
      concurrency: 16,
    },
    needs: [{ folder: "small-files", files: FILES, size: 4 * KIB }, { nothing: "uploaded/" }],
    rows: [command, loop],
    goals: [],
    runs: 3,
    proof: { below: "uploaded/" },
  },
  {
    name: "transfer up",
    shape: "A",
    unit: "bytes",
    task: { operation: "upload-file", key: "file:large", target: "large", size: 4 * GIB },
    needs: [
      { object: "big", size: 512 * 1024 * KIB },
      { repeated: "4 GiB", of: "big", size: 4 * GIB },
      { file: "large", holds: "content", size: 4 * GIB },
    ],
    rows: [command, loop],
    goals: [],
    runs: 2,
    proof: { same: "4 GiB" },
  },
  {
    name: "transfer down",
    shape: "A",
    unit: "bytes",
    task: { operation: "download-file", key: "4 GiB", target: "file:downloaded", size: 4 * GIB },
    needs: [
      { object: "big", size: 512 * 1024 * KIB },
      { repeated: "4 GiB", of: "big", size: 4 * GIB },
    ],
    rows: [command, loop],
    goals: [],
    runs: 2,
    proof: { same: "4 GiB" },
  },
];
