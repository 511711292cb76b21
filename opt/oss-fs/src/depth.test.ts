import assert from "node:assert/strict";
import { test } from "node:test";
import { Depth, fixedRange } from "./depth.ts";

const RANGE = { first: 24, least: 4, most: 24, step: 2 };

/** The depths after transfers that ended at these rates, with all that were allowed under way, on an idle thread. */
function depths(depth: Depth, firstRunning: number, rates: readonly number[]): number[] {
  depth.watch();
  return rates.map((rate, i) => {
    depth.ended(rate, i === 0 ? firstRunning : depth.value);
    depth.adapt();
    return depth.value;
  });
}

test("what was begun before the first transfer ended is enough where transfers slow each other down", () => {
  const depth = new Depth(RANGE, () => () => 0);
  assert.equal(depth.value, 24);
  assert.deepEqual(depths(depth, 5, [100, 20, 20, 20, 20, 20]), [7, 9, 9, 9, 8, 7]);
});

test("where each has a rate of its own there are more and more", () => {
  assert.deepEqual(
    depths(new Depth(RANGE, () => () => 0), 1, [50, 60, 45, 50, 40, 50]),
    [6, 8, 10, 12, 14, 16],
  );
});

test("a busy thread has fewer, and a configured number stays", () => {
  assert.deepEqual(depths(new Depth(RANGE, () => () => 1), 6, [50, 50, 50, 50]), [5, 4, 4, 4]);
  assert.deepEqual(depths(new Depth(fixedRange(3), () => () => 0), 1, [50, 5, 50]), [3, 3, 3]);
});

test("there are fewer of those that crowd each other", () => {
  assert.deepEqual(
    depths(new Depth(RANGE, () => () => 0.8), 8, [100, 10, 10, 10, 10, 10]),
    [8, 8, 8, 7, 6, 5],
  );
});
