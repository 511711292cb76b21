import assert from "node:assert/strict";
import { test } from "node:test";
import { readArguments } from "./arguments.ts";
import { losses, newBaseline } from "./baseline.ts";
import type { Goal } from "./bench.ts";
import { chooseBenches, FURTHER, USUAL } from "./benches.ts";
import { CONTENT_PERIOD, ContentCheck, contentOf, textOf } from "./content.ts";
import { type Figures, figuresOf, median, type Result } from "./figures.ts";
import { judge, MEMORY_LIMIT } from "./goals.ts";

const MIB = 1024 * 1024;

function figures(name: string, changes: Partial<Figures> = {}): Figures {
  return {
    ...{ name, tool: "ali-oss", runs: 1, rate: [100, 90, 110], cpuPerMillion: 10, peakMemory: 1e8 },
    extra: {},
    ...changes,
  };
}

const result = (...rows: Figures[]): Result => ({ name: "read", shape: "C", unit: "bytes", rows });

test("medians, spread, CPU per unit and the highest memory come from the samples", () => {
  const samples = [3, 1, 2].map((seconds) => ({
    ...{ milliseconds: seconds * 1000, amount: 6e6, cpuMilliseconds: seconds * 12, peakMemory: seconds },
    extra: { requests: seconds },
  }));
  const { rate, cpuPerMillion, peakMemory, extra, runs } = figuresOf({ name: "x", tool: "raw" }, samples);
  assert.deepEqual(rate, [3e6, 2e6, 6e6]);
  assert.equal(cpuPerMillion, 4);
  assert.equal(peakMemory, 3);
  assert.deepEqual(extra, { requests: 2 });
  assert.equal(runs, 3);
  assert.equal(median([1, 2, 3, 10]), 2.5);
});

test("goals: rates against a row, the slowest of rows and a number; CPU and memory from above", () => {
  const rows = result(
    figures("ours", { rate: [50, 0, 0], cpuPerMillion: 20 }),
    figures("fast", { rate: [200, 0, 0], cpuPerMillion: 10 }),
    figures("slow", { rate: [100, 0, 0] }),
    figures("plugfs", { tool: "plugfs", peakMemory: 2 * MEMORY_LIMIT }),
  );
  const check = (goal: Omit<Goal, "row">) => {
    const [judged] = judge({ goals: [{ row: "ours", ...goal }] }, rows);
    return [judged?.ratio, judged?.met];
  };
  assert.deepEqual(check({ than: "fast", least: 0.3 }), [0.25, false]);
  assert.deepEqual(check({ than: ["fast", "slow"], least: 0.5 }), [0.5, true]);
  assert.deepEqual(check({ than: 25, least: 2 }), [2, true]);
  assert.deepEqual(check({ measure: "cpu", than: "fast", most: 1 }), [2, false]);
  assert.deepEqual(check({ measure: "microseconds more", than: "slow", most: 30_000 }), [10_000, true]);
  const [memory] = judge({ goals: [] }, rows);
  assert.deepEqual([memory?.goal.row, memory?.ratio, memory?.met], ["plugfs", 2, false]);
  assert.throws(() => check({ than: "nobody", least: 1 }), /there is no row "nobody"/);
});

test("a ratio that lost more than a tenth is told, in whichever direction is worse", () => {
  const goals: Goal[] = [
    { row: "ours", than: 100, least: 1 },
    { row: "ours", measure: "cpu", than: 10, most: 1 },
  ];
  const at = (rate: number, cpuPerMillion: number) =>
    judge({ goals }, result(figures("ours", { rate: [rate, 0, 0], cpuPerMillion })));
  const baseline = newBaseline(undefined, at(100, 10), new Date(0));
  assert.deepEqual(baseline.ratios, {
    "read C: ours ÷ its bound": 1,
    "read C: cpu of ours ÷ its bound": 1,
  });
  const names = (rate: number, cpu: number) => losses(baseline, at(rate, cpu)).map(({ name }) => name);
  assert.deepEqual(names(91, 10.9), []);
  assert.deepEqual(names(89, 5), ["read C: ours ÷ its bound"]);
  assert.deepEqual(names(200, 11.1), ["read C: cpu of ours ÷ its bound"]);
  const other = newBaseline({ ...baseline, ratios: { "list A: x ÷ y": 3 } }, at(100, 10), new Date(0));
  assert.equal(Object.keys(other.ratios).length, 3, "what this run did not measure is kept");
});

test("content is known again from any position, and other bytes are not", () => {
  const bytes = Buffer.concat([...contentOf(CONTENT_PERIOD + 3 * MIB + 5)]);
  assert.equal(bytes.length, CONTENT_PERIOD + 3 * MIB + 5);
  const check = new ContentCheck();
  for (let at = 0; at < bytes.length; at += 1_000_003) check.accept(bytes.subarray(at, at + 1_000_003));
  assert.equal(check.position, bytes.length);
  new ContentCheck(4097).accept(bytes.subarray(4097, 3 * MIB));
  assert.throws(
    () => new ContentCheck().accept(bytes.subarray(8 * MIB, 16 * MIB)),
    /wrong bytes at position 0/,
  );
  assert.throws(() => new ContentCheck(4096).accept(bytes.subarray(0, MIB)), /wrong bytes/);
});

test("text ends with a line", () => {
  const [chunk] = textOf(1);
  assert.equal(chunk?.at(-1), 0x0a);
  assert.equal(chunk?.toString().split("\n").length, 10_001);
});

test("benches are chosen by word and shape, each with rows of its own names that its goals know", () => {
  assert.equal(chooseBenches([]), USUAL);
  assert.deepEqual(
    chooseBenches(["read:C", "growth"]).map(({ name, shape }) => `${name} ${shape}`),
    ["read C", "growth read A", "growth list A"],
  );
  assert.throws(() => chooseBenches(["reed"]), /There is no bench "reed"; there are read, write/);
  const all = [...USUAL, ...FURTHER];
  assert.equal(new Set(all.map(({ name, shape }) => name + shape)).size, all.length);
  for (const { rows, goals } of all) {
    const names = rows.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { row, than } of goals) {
      const used = [row, ...[than].flat()].filter((name) => typeof name === "string");
      for (const name of used) assert.ok(names.includes(name), name);
    }
  }
});

test("arguments that make no sense are refused", () => {
  const { words, runs, quick } = readArguments(["read", "list", "--runs", "3"]);
  assert.deepEqual([words, runs, quick], [["read", "list"], 3, false]);
  assert.equal(readArguments(["--quick"]).runs, 1);
  for (const args of [["--runs", "0"], ["--runs", "many"], ["--fast"], ["--quick", "--chart"]]) {
    assert.throws(() => readArguments(args), RangeError);
  }
});
