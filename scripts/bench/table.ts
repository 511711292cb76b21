import { SHAPES } from "./bench.ts";
import type { Figures, Result } from "./figures.ts";
import type { Judged } from "./goals.ts";

const UNIT_WIDTH = 13;

/** A bench on the terminal: its rows, then its goals. */
export function printResult(result: Result, judged: readonly Judged[]): void {
  const { name, shape, unit, rows } = result;
  const extras = [...new Set(rows.flatMap(({ extra }) => Object.keys(extra)))];
  const width = Math.max(...rows.map((row) => row.name.length)) + 1;
  const print = (label: string, cells: readonly string[]): void =>
    console.log(`  ${label.padEnd(width)}${cells.map((cell) => cell.padStart(UNIT_WIDTH)).join("")}`);

  console.log(`\n${name}, shape ${shape} (${SHAPES[shape].text})`);
  print("", [rateUnit(unit), "lowest", "highest", cpuUnit(unit), "peak MB", ...extras, "runs"].map(fit));
  for (const row of rows) {
    print(row.name, [
      ...row.rate.map((rate) => shownRate(unit, rate)),
      shownCpu(unit, row),
      (row.peakMemory / 1e6).toFixed(0),
      ...extras.map((key) => shortNumber(row.extra[key])),
      String(row.runs),
    ]);
  }
  const memory = judged.filter(({ goal }) => goal.measure === "memory");
  for (const { name: of, ratio, met, goal } of judged) {
    if (goal.measure === "memory" && met) continue;
    const bound = goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`;
    const kind = goal.floor ? "floor" : "goal";
    console.log(
      `  ${met ? "met    " : "NOT MET"} ${of.split(": ")[1]} = ${ratio.toFixed(2)}, ${kind} ${bound}`,
    );
  }
  if (memory.length > 0 && memory.every(({ met }) => met)) {
    const highest = Math.max(...memory.map(({ ratio }) => ratio));
    console.log(`  met     memory of every plugfs row ÷ its limit ≤ ${highest.toFixed(2)}, goal ≤ 1`);
  }
}

export function rateUnit(unit: Result["unit"]): string {
  return unit === "bytes" ? "MB/s" : `${unit}/s`;
}

export function shownRate(unit: Result["unit"], rate: number): string {
  return (unit === "bytes" ? rate / 1e6 : rate).toLocaleString("en-US", { maximumFractionDigits: 0 });
}

function cpuUnit(unit: Result["unit"]): string {
  return unit === "bytes" ? "CPU s/GiB" : "CPU ms/1k";
}

function shownCpu(unit: Result["unit"], { cpuPerMillion }: Figures): string {
  return (unit === "bytes" ? (cpuPerMillion / 1e9) * 2 ** 30 : cpuPerMillion / 1000).toFixed(2);
}

function shortNumber(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "";
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

/** Headings keep one blank between columns. */
function fit(heading: string): string {
  return heading.slice(0, UNIT_WIDTH - 1);
}
