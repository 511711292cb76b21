import type { Bench, Goal } from "./bench.ts";
import type { Figures, Result } from "./figures.ts";

/** What a plugfs process may hold: its budget (`fs.oss.transfer.memory`, 256 MiB by default) and 100 MB. */
export const MEMORY_LIMIT = 256 * 1024 * 1024 + 100e6;

export interface Judged {
  /** The same in every run: baselines know it by this. */
  readonly name: string;
  readonly ratio: number;
  readonly met: boolean;
  readonly goal: Goal;
}

/** The bench's goals, and the bound of memory for every row of plugfs. */
export function judge(bench: Pick<Bench, "goals">, result: Result): Judged[] {
  const memory = result.rows
    .filter(({ tool }) => tool === "plugfs" || tool === "command")
    .map(({ name }): Goal => ({ row: name, measure: "memory", than: MEMORY_LIMIT, most: 1 }));
  return [...bench.goals, ...memory].map((goal) => {
    const ratio = ratioOf(goal, result);
    const met =
      ratio >= (goal.least ?? Number.NEGATIVE_INFINITY) && ratio <= (goal.most ?? Number.POSITIVE_INFINITY);
    return { name: nameOf(goal, result), ratio, met, goal };
  });
}

function ratioOf({ row, than, measure = "rate" }: Goal, { rows }: Result): number {
  const find = (name: string): Figures => {
    const found = rows.find((figures) => figures.name === name);
    if (found === undefined) throw new Error(`there is no row "${name}"`);
    return found;
  };
  const value = (name: string): number => {
    const { rate, cpuPerMillion, peakMemory, extra } = find(name);
    if (measure === "cpu") return cpuPerMillion;
    if (measure === "memory") return peakMemory;
    if (measure === "sent ÷ asked") return extra[measure] ?? Number.NaN;
    return rate[0];
  };
  if (measure === "microseconds more") return 1e6 / value(row) - 1e6 / value(String(than));
  const base = typeof than === "number" ? than : Math.min(...[than].flat().map(value));
  return value(row) / base;
}

function nameOf({ row, than, measure = "rate" }: Goal, { name, shape }: Result): string {
  const of = measure === "rate" ? row : `${measure} of ${row}`;
  const by =
    measure === "memory" ? "its limit" : typeof than === "number" ? "its bound" : [than].flat().join(" or ");
  return `${name} ${shape}: ${of} ÷ ${by}`;
}
