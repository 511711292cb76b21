import { type Bench, MIB } from "../bench.ts";
import { aliOss, plugfs, slow } from "../rows.ts";

const batches = { ...plugfs, name: "plugfs, batches", task: { operation: "line-batches" } } as const;

/** Lines of about 100 bytes: of a file of this machine, and of an object. */
export const LINES: readonly Bench[] = [
  {
    name: "lines",
    shape: "A",
    unit: "lines",
    task: { operation: "lines", key: "file:text", size: 512 * MIB },
    warm: { key: "file:warm-text" },
    needs: [
      { file: "text", holds: "lines", size: 512 * MIB },
      { file: "warm-text", holds: "lines", size: 32 * MIB },
    ],
    rows: [plugfs, batches, { name: "node:readline", tool: "readline" }],
    goals: [
      { row: "plugfs", than: "node:readline", least: 1.5 },
      { row: batches.name, than: "node:readline", least: 2.8 },
    ],
  },
  {
    name: "lines over HTTP",
    shape: "C",
    unit: "lines",
    task: { operation: "lines", key: "text", size: 256 * MIB },
    warm: { key: "warm-text" },
    needs: [
      { text: "text", size: 256 * MIB },
      { text: "warm-text", size: 16 * MIB },
    ],
    rows: [plugfs, batches, slow({ ...aliOss, name: "ali-oss and readline" })],
    goals: [{ row: "plugfs", than: "ali-oss and readline", least: 6 }],
  },
];
