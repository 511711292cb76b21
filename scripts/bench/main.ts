/** `npm run bench`; see help.ts. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Baseline, losses, newBaseline } from "./baseline.ts";
import type { Bench } from "./bench.ts";
import { chooseBenches, FURTHER, USUAL } from "./benches.ts";
import { drawCharts } from "./chart/draw.ts";
import type { Result } from "./figures.ts";
import { type Judged, judge } from "./goals.ts";
import { HELP } from "./help.ts";
import { measure } from "./measure.ts";
import { Place } from "./place.ts";
import { printResult } from "./table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const BASELINE = new URL("baseline.json", import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    runs: { type: "string" },
    json: { type: "string" },
    from: { type: "string" },
    baseline: { type: "boolean", default: false },
    chart: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const rounds = values.quick ? 1 : values.runs === undefined ? undefined : Number(values.runs);

// So that the folder of the run is removed: place.ts.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = values.help ? help() : await main().catch(wrongUsage);

function help(): number {
  process.stdout.write(HELP);
  return 0;
}

function wrongUsage(error: unknown): number {
  if (!(error instanceof RangeError)) throw error;
  console.error(`${error.message}; --help says more`);
  return 2;
}

async function main(): Promise<number> {
  const results = values.from === undefined ? await measureAll() : await readResults(values.from);
  const judged = results.flatMap((result) => judge(benchOf(result), result));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (values.quick) {
    console.log("\nWith --quick nothing is compared or drawn: the sizes are too small to measure by.");
    return 0;
  }
  if (values.chart) await drawCharts(root, results);
  const before = await readBaseline();
  if (values.baseline) {
    await writeFile(BASELINE, `${JSON.stringify(newBaseline(before, judged, new Date()), null, 2)}\n`);
    return 0;
  }
  return compare(before, judged);
}

async function measureAll(): Promise<Result[]> {
  const benches = chooseBenches(positionals);
  const started = performance.now();
  const results: Result[] = [];
  await using place = await Place.open(root, values.quick ? 1 / 8 : 1);
  for (const bench of benches) {
    const result = await measure(bench, place, rounds);
    printResult(result, judge(bench, result));
    results.push(result);
  }
  console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes, Node ${process.version}`);
  return results;
}

async function readResults(file: string): Promise<Result[]> {
  const results = JSON.parse(await readFile(file, "utf8")) as Result[];
  for (const result of results) printResult(result, judge(benchOf(result), result));
  return results;
}

function benchOf({ name, shape }: Result): Bench {
  const bench = [...USUAL, ...FURTHER].find((found) => found.name === name && found.shape === shape);
  if (bench === undefined) throw new Error(`There is no bench "${name}" in shape ${shape}`);
  return bench;
}

async function readBaseline(): Promise<Baseline | undefined> {
  try {
    return JSON.parse(await readFile(BASELINE, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function compare(before: Baseline | undefined, judged: readonly Judged[]): number {
  if (before === undefined) {
    console.log("There is no baseline yet: --baseline writes it.");
    return 0;
  }
  const lost = losses(before, judged);
  for (const { name, before: then, now } of lost) {
    console.log(`WORSE by more than a tenth: ${name} was ${then}, is ${now.toFixed(2)}`);
  }
  if (lost.length === 0)
    console.log(`No ratio is worse than the baseline's of ${before.date} by more than a tenth.`);
  return lost.length === 0 ? 0 : 1;
}
