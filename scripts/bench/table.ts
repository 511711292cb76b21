import type { Bench } from "./benches.ts";
import type { Sample } from "./task.ts";

/** One row of a bench: medians over its samples. */
export interface Figures {
  readonly name: string;
  readonly runs: number;
  /** Units per second: median, lowest, highest. */
  readonly rate: readonly [number, number, number];
  /** CPU of the client, in milliseconds per million units. */
  readonly cpuPerMillion: number;
  /** Bytes, the highest of all samples. */
  readonly peakMemory: number;
}

export function figures(name: string, samples: readonly Sample[]): Figures {
  const rates = samples
    .map(({ amount, milliseconds }) => (amount / milliseconds) * 1000)
    .sort((a, b) => a - b);
  const cpu = samples.map(({ amount, cpuMilliseconds }) => (cpuMilliseconds / amount) * 1e6);
  return {
    name,
    runs: samples.length,
    rate: [median(rates), rates[0] ?? 0, rates.at(-1) ?? 0],
    cpuPerMillion: median(cpu),
    peakMemory: Math.max(...samples.map(({ peakMemory }) => peakMemory)),
  };
}

export function printTable(bench: Bench, rows: readonly Figures[]): void {
  const heading = bench.unit === "bytes" ? "MB/s" : `${bench.unit}/s`;
  const cpu = bench.unit === "bytes" ? "CPU s/GiB" : `CPU ms/1,000`;
  console.log(`\n${bench.name}, shape ${bench.shape}`);
  print(["", heading, "lowest", "highest", cpu, "peak MB", "runs"]);
  for (const { name, rate, cpuPerMillion, peakMemory, runs } of rows) {
    print([
      name,
      ...rate.map((value) => shown(bench, value)),
      (bench.unit === "bytes" ? (cpuPerMillion / 1e9) * 2 ** 30 : cpuPerMillion / 1000).toFixed(2),
      (peakMemory / 1e6).toFixed(0),
      String(runs),
    ]);
  }
  for (const { row, than, factor } of bench.goals) {
    const rate = (name: string): number => rows.find((found) => found.name === name)?.rate[0] ?? Number.NaN;
    const ratio = rate(row) / (typeof than === "number" ? than : rate(than));
    const against = typeof than === "number" ? `${shown(bench, than)} ${heading}` : than;
    console.log(
      `  ${ratio >= factor ? "met   " : "NOT MET"} ${row} ÷ ${against}: ${ratio.toFixed(2)}, goal ${factor}`,
    );
  }
}

function shown(bench: Bench, rate: number): string {
  return (bench.unit === "bytes" ? rate / 1e6 : rate).toLocaleString("en-US", { maximumFractionDigits: 0 });
}

function print(cells: readonly string[]): void {
  console.log(`  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(13))).join("")}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
