import { type Bench, MIB, type Row } from "../bench.ts";
import { plugfs } from "../rows.ts";

const inWorker: Row = { ...plugfs, name: "in a worker", configuration: { "plugin.worker": "*" } };
const inThread: Row = { ...plugfs, name: "in the thread" };

/** What it costs to run a plugin in a worker of its own. */
export const WORKER: readonly Bench[] = [
  {
    name: "worker calls",
    shape: "A",
    unit: "calls",
    task: { operation: "calls", key: "mem://bench/file", count: 100_000 },
    warm: { count: 20_000 },
    needs: [],
    rows: [inThread, inWorker],
    goals: [{ row: "in a worker", measure: "microseconds more", than: "in the thread", most: 30 }],
    runs: 3,
  },
  {
    name: "worker read",
    shape: "C",
    unit: "bytes",
    task: { operation: "read", key: "big", size: 512 * MIB },
    warm: { key: "warm", size: 34 * MIB },
    needs: [
      { object: "big", size: 512 * MIB },
      { object: "warm", size: 34 * MIB },
    ],
    rows: [inThread, inWorker],
    goals: [{ row: "in a worker", than: "in the thread", least: 0.85 }],
  },
];
