import { type Bench, GIB, MIB, type Row } from "../bench.ts";
import { plugfs } from "../rows.ts";

const every = (name: string, interval: number): Row => ({
  ...plugfs,
  name,
  task: { count: interval },
});

/** readTextFile → filter → writeAsText; the checkpoints' interval is the task's count, in milliseconds. */
export const JOBS: readonly Bench[] = [
  {
    name: "jobs",
    shape: "A",
    unit: "lines",
    task: { operation: "job", key: "long-text", target: "output", size: 2 * GIB },
    warm: { key: "warm-text", target: "warm-output" },
    needs: [
      { text: "warm-text", size: 32 * MIB },
      { text: "text", size: 512 * MIB },
      { repeated: "long-text", of: "text", size: 2 * GIB },
    ],
    rows: [every("no checkpoints", 0), every("every second", 1_000), every("every 10 s", 10_000)],
    goals: [
      { row: "every second", than: "no checkpoints", least: 0.8 },
      { row: "every 10 s", than: "no checkpoints", least: 0.95 },
    ],
    runs: 2,
  },
];
