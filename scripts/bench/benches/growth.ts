import { type Bench, GIB, MIB, type Row } from "../bench.ts";
import { plugfs } from "../rows.ts";

const SIZES: readonly (readonly [string, number])[] = [
  ["8 MiB", 8 * MIB],
  ["64 MiB", 64 * MIB],
  ["512 MiB", 512 * MIB],
  ["4 GiB", 4 * GIB],
];
const COUNTS = [1_000, 10_000, 100_000];
const keys = (count: number): string => `${count.toLocaleString("en-US")} keys`;

/** Ours alone: time grows no faster than the object or the folder, and memory does not grow. */
export const GROWTH: readonly Bench[] = [
  {
    name: "growth read",
    shape: "A",
    unit: "bytes",
    task: { operation: "read", key: "" },
    warm: { key: "warm", size: 34 * MIB },
    needs: [
      { object: "warm", size: 34 * MIB },
      { object: "8 MiB", size: 8 * MIB },
      { object: "64 MiB", size: 64 * MIB },
      { object: "512 MiB", size: 512 * MIB },
      { object: "big", size: 512 * MIB },
      { repeated: "4 GiB", of: "big", size: 4 * GIB },
    ],
    rows: SIZES.map(([name, size]): Row => ({ ...plugfs, name, task: { key: name, size } })),
    goals: [{ row: "4 GiB", than: "512 MiB", least: 0.8 }],
    runs: 3,
  },
  {
    name: "growth list",
    shape: "A",
    unit: "keys",
    task: { operation: "list", key: "" },
    warm: { key: "few" },
    needs: [
      { tree: "few", files: 8_000, size: 0 },
      ...COUNTS.map((files) => ({ tree: keys(files), files, size: 0 })),
    ],
    rows: COUNTS.map((count): Row => ({ ...plugfs, name: keys(count), task: { key: keys(count), count } })),
    goals: [{ row: keys(100_000), than: keys(10_000), least: 0.8 }],
    runs: 3,
  },
];
