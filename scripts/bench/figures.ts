import type { Bench, Row } from "./bench.ts";
import type { Sample } from "./task.ts";

/** One row of a bench: medians over its samples. */
export interface Figures {
  readonly name: string;
  readonly tool: Row["tool"];
  readonly runs: number;
  /** Units per second: median, lowest, highest. */
  readonly rate: readonly [number, number, number];
  /** CPU of the client, in milliseconds per million units. */
  readonly cpuPerMillion: number;
  /** Bytes, the highest of the process. */
  readonly peakMemory: number;
  readonly extra: Readonly<Record<string, number>>;
}

/** A measured bench, as plain data. */
export interface Result {
  readonly name: string;
  readonly shape: Bench["shape"];
  readonly unit: Bench["unit"];
  readonly rows: readonly Figures[];
}

export function figuresOf({ name, tool }: Row, samples: readonly Sample[]): Figures {
  const rates = samples
    .map(({ amount, milliseconds }) => (amount / milliseconds) * 1000)
    .sort((a, b) => a - b);
  const names = new Set(samples.flatMap(({ extra = {} }) => Object.keys(extra)));
  return {
    name,
    tool,
    runs: samples.length,
    rate: [median(rates), rates[0] ?? Number.NaN, rates.at(-1) ?? Number.NaN],
    cpuPerMillion: median(samples.map(({ amount, cpuMilliseconds }) => (cpuMilliseconds / amount) * 1e6)),
    peakMemory: Math.max(...samples.map(({ peakMemory }) => peakMemory)),
    extra: Object.fromEntries(
      [...names].map((key) => [key, median(samples.map(({ extra }) => extra?.[key] ?? Number.NaN))]),
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
