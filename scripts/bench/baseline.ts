import type { Judged } from "./goals.ts";

/** Ratios of one full run, by name. Only ratios: absolute figures differ from machine to machine. */
export interface Baseline {
  readonly node: string;
  readonly date: string;
  readonly ratios: Readonly<Record<string, number>>;
}

/** What a ratio may lose before it has to be mended or explained. */
const TOLERANCE = 0.1;

export interface Loss {
  readonly name: string;
  readonly before: number;
  readonly now: number;
}

/** `before`, with the ratios of this run in place of its own. */
export function newBaseline(before: Baseline | undefined, judged: readonly Judged[], date: Date): Baseline {
  const ratios = { ...before?.ratios };
  for (const { name, ratio } of judged) ratios[name] = Number(ratio.toPrecision(3));
  return { node: process.version, date: date.toISOString().slice(0, 10), ratios };
}

/** The ratios of this run that are worse than the baseline's by more than a tenth. */
export function losses(baseline: Baseline, judged: readonly Judged[]): Loss[] {
  return judged.flatMap(({ name, ratio, goal }) => {
    const before = baseline.ratios[name];
    if (before === undefined) return [];
    const lost =
      goal.most === undefined ? ratio < before * (1 - TOLERANCE) : ratio > before * (1 + TOLERANCE);
    return lost ? [{ name, before, now: ratio }] : [];
  });
}
