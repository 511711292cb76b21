import assert from "node:assert/strict";
import { test } from "node:test";
import { readAhead } from "./prefetch.ts";

const MIB = 1024 * 1024;

/** Depths after each of so many parts, and the sizes of these parts in MiB. */
function run(load: () => number, parts: number, waited = true): { depths: number[]; sizes: number[] } {
  const ahead = readAhead(undefined, undefined, () => load);
  const depths: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < parts; i++) {
    sizes.push(ahead.size(0) / MIB);
    ahead.start();
    ahead.consume(waited);
    depths.push(ahead.depth);
  }
  return { depths, sizes };
}

test("a reader that waits for the store asks for more at a time, in larger parts", () => {
  const { depths, sizes } = run(() => 0.5, 14);
  assert.deepEqual(depths, [6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 24, 24, 24, 24]);
  assert.deepEqual(sizes, [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 8, 8]);
});

test("a busy thread asks for less at a time, and for more again when it has time", () => {
  let calls = 0;
  const loads = [1, 0.95, 1, 1, 0.8, 0.2, 0.6, 0.8];
  const { depths } = run(() => loads[calls++] ?? 0, loads.length);
  assert.deepEqual(depths, [3, 2, 2, 2, 2, 4, 6, 6]);
});

test("parts that are there before the reader comes say nothing", () => {
  assert.deepEqual(run(() => 1, 4, false).depths, [4, 4, 4, 4]);
});

test("what is configured stays", () => {
  const ahead = readAhead(MIB, 3, () => () => 0);
  for (let i = 0; i < 20; i++) {
    assert.equal(ahead.size(5 * MIB), MIB);
    ahead.start();
    ahead.consume(true);
    assert.equal(ahead.depth, 3);
  }
  assert.equal(ahead.consumed, 20);
});
