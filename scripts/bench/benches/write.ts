import { type Bench, MIB } from "../bench.ts";
import { aliOss, ceiling, limit1, limit16, opendal16, plugfs, slow } from "../rows.ts";

const whole: Pick<Bench, "unit" | "task" | "warm" | "needs" | "proof"> = {
  unit: "bytes",
  task: { operation: "write", key: "written", size: 512 * MIB },
  warm: { key: "warm-written", size: 34 * MIB },
  needs: [{ object: "big", size: 512 * MIB }],
  proof: { same: "big" },
};

/** Where nothing waits, a run is too short for V8 to compile what runs: more of them, after a whole one. */
const fast: Pick<Bench, "warm" | "runs"> = { warm: { key: "warm-written" }, runs: 7 };

/** One object in sequence; the server makes no MD5. plugfs computes the CRC64 and compares it with the server's. */
export const WRITE: readonly Bench[] = [
  {
    ...whole,
    ...fast,
    name: "write",
    shape: "A",
    rows: [plugfs, aliOss, opendal16, limit1],
    goals: [{ row: "plugfs", than: "ali-oss", least: 0.9 }],
  },
  {
    ...whole,
    name: "write",
    shape: "C",
    rows: [plugfs, slow(aliOss, 1), opendal16, limit16],
    goals: [
      { row: "plugfs", than: ceiling(16), least: 0.95 },
      // Taking in bytes costs the server most: it may be slower than the ceiling.
      { row: "plugfs", than: "limit, 16 sockets", least: 0.95 },
    ],
  },
  {
    ...whole,
    ...fast,
    name: "write",
    shape: "T",
    rows: [plugfs, aliOss, limit1],
    goals: [{ row: "plugfs", than: "ali-oss", least: 0.9 }],
  },
];
