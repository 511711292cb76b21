/** `npm run bench`; see help.ts. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Arguments, readArguments } from "./arguments.ts";
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

// So that the folder of the run is removed: place.ts.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof RangeError)) throw error;
  console.error(`${error.message}; --help says more`);
  return 2;
});

async function main(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const results = options.from === undefined ? await measureAll(options) : await readResults(options.from);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.quick) {
    console.log("With --quick nothing is compared: the sizes are too small to measure by.");
    return 0;
  }
  if (options.chart) await drawCharts(root, results);
  const judged = results.flatMap((result) => judge(benchOf(result), result));
  const before = await readBaseline();
  if (!options.baseline) return compare(before, judged);
  await writeFile(BASELINE, `${JSON.stringify(newBaseline(before, judged, new Date()), null, 2)}\n`);
  return 0;
}

async function measureAll({ words, quick, runs }: Arguments): Promise<Result[]> {
  const benches = chooseBenches(words);
  const started = performance.now();
  const results: Result[] = [];
  await using place = await Place.open(root, quick ? 1 / 8 : 1);
  for (const bench of benches) {
    const result = await measure(bench, place, runs);
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
  if (bench === undefined) throw new RangeError(`There is no bench "${name}" in shape ${shape}`);
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

/** The exit code. */
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
