import { type Bench, MIB } from "../bench.ts";
import {
  aliOss,
  ceiling,
  limit1,
  limit16,
  opendal,
  opendal8,
  opendal16,
  plugfs,
  plugfs8,
  plugfs16,
  slow,
} from "../rows.ts";

const whole: Pick<Bench, "unit" | "task" | "warm" | "needs"> = {
  unit: "bytes",
  task: { operation: "read", key: "big", size: 512 * MIB },
  warm: { key: "warm", size: 34 * MIB },
  needs: [
    { object: "big", size: 512 * MIB },
    { object: "warm", size: 34 * MIB },
  ],
};
/** Where nothing waits, a run is too short for V8 to compile what runs: more of them, after a whole one. */
const fast: Pick<Bench, "warm" | "runs"> = { warm: {}, runs: 7 };
const unchecked = "plugfs, no checksum";

/** One object in sequence, in order. plugfs verifies its CRC64; no peer does, hence the row without. */
export const READ: readonly Bench[] = [
  {
    ...whole,
    ...fast,
    name: "read",
    shape: "A",
    rows: [
      plugfs,
      { ...plugfs, name: unchecked, task: { operation: "read-unchecked" } },
      aliOss,
      opendal,
      limit1,
      limit16,
    ],
    goals: [
      { row: "plugfs", than: "ali-oss", least: 0.75, floor: true },
      { row: "plugfs", than: "opendal", least: 0.9 },
      { row: unchecked, than: "ali-oss", least: 1, floor: true },
      { row: unchecked, than: "ali-oss", least: 1.1 },
      { row: unchecked, than: "opendal", least: 1 },
      { row: unchecked, measure: "cpu", than: "opendal", most: 1 },
    ],
  },
  {
    ...whole,
    name: "read",
    shape: "C",
    rows: [plugfs, plugfs8, plugfs16, slow(aliOss), slow(opendal), opendal8, opendal16, limit16],
    goals: [
      { row: "plugfs", than: "ali-oss", least: 10 },
      { row: "plugfs", than: "opendal", least: 10 },
      { row: "plugfs", than: "plugfs 16 × 8 MiB", least: 0.85 },
      { row: "plugfs 8 × 8 MiB", than: ceiling(8), least: 0.97 },
      { row: "plugfs 16 × 8 MiB", than: ceiling(16), least: 0.95 },
    ],
  },
  {
    ...whole,
    ...fast,
    // opendal for Node trusts its built-in authorities only: it cannot be given the server's own.
    name: "read",
    shape: "T",
    rows: [plugfs, aliOss, limit1],
    goals: [{ row: "plugfs", than: "ali-oss", least: 0.9 }],
  },
];
