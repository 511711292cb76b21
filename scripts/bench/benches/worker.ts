import { type Bench, MIB, type Row } from "../bench.ts";
import { plugfs } from "../rows.ts";

const inWorker: Row = { ...plugfs, name: "in a worker", configuration: { "plugin.worker": "*" } };
const inThread: Row = { ...plugfs, name: "in the thread" };
/** Nothing but the port: what two threads need to wake each other. */
const barePort: Row = { name: "limit, a bare port", tool: "port" };
const atOnce = (row: Row): Row => ({ ...row, name: `${row.name}, 64 at once`, task: { concurrency: 64 } });

/** What it costs to run a plugin in a worker of its own. */
export const WORKER: readonly Bench[] = [
  {
    name: "worker calls",
    shape: "A",
    unit: "calls",
    task: { operation: "calls", key: "mem://bench/file", count: 100_000 },
    warm: { count: 20_000 },
    needs: [],
    rows: [inThread, inWorker, barePort, atOnce(inWorker), atOnce(barePort)],
    goals: [
      { row: "in a worker", measure: "microseconds more", than: "in the thread", most: 30 },
      { row: "in a worker", measure: "microseconds more", than: "limit, a bare port", most: 30 },
      { row: "in a worker, 64 at once", measure: "microseconds more", than: "in the thread", most: 30 },
    ],
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
