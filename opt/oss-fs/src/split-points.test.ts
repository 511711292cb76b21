import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListPage } from "./listing.ts";
import { Level, levelBehind, Scout } from "./split-points.ts";

const objects = (...keys: string[]): ListPage["objects"] =>
  keys.map((key) => ({ key, length: 0, modificationTime: 0, version: "" }));
const page = (keys: string[], prefixes: string[], next?: string): ListPage => ({
  objects: objects(...keys),
  prefixes,
  next,
  size: 0,
});
const files = (folder: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${folder}${String(i).padStart(3, "0")}`);

test("the level is the deepest folder in which children are worth a listing of their own", () => {
  const levelOf = (keys: string[], floor = -1) => levelBehind(objects(...keys), floor)?.folder;
  assert.equal(levelOf(files("a/b/f0/", 100)), "a/b/");
  assert.equal(levelOf([...files("a/b/f0/", 45), ...files("a/b/f1/", 55)]), "a/b/");
  // Half a page of one folder says nothing about its own folders.
  assert.equal(levelOf([...files("a/b/", 60), ...files("a/f1/x/", 40)]), "a/");
  assert.equal(levelOf(files("", 100)), undefined);
  assert.equal(levelOf(files("f", 100).map((folder) => `${folder}/x`)), undefined);
  assert.equal(levelOf(files("a/b/f0/", 100), "a/b".length), "a/b/");
  assert.equal(levelOf(files("a/b/f0/", 100), "a/b/".length), undefined);
  assert.equal(levelOf(files("//x/", 10)), "//");
  assert.equal(levelOf(files("/", 10)), "");
});

test("a point is the end of the folder before it, or the last key before it", () => {
  const scout = new Scout(new Level("t/", 10, 1), "t/a/9", -1);
  assert.deepEqual(scout.request, { prefix: "t/", delimiter: "/", startAfter: "t/a/9", token: undefined });
  const points = scout.take(page(["t/a0", "t/c-", "t/c."], ["t/b/", "t/c/", "t/d/"], "next"), 10);
  assert.deepEqual(
    points.map(({ at, ending, folder }) => [at, ending, folder]),
    [
      ["t/a0", undefined, "t/b/"],
      ["t/c.", undefined, "t/c/"],
      ["t/c0", "t/c/", "t/d/"],
    ],
  );
  assert.equal(scout.request.token, "next");
});

test("a key that is just behind a folder is not taken for its end, on the next page neither", () => {
  const scout = new Scout(new Level("", 10, 1), "0/x", -1);
  scout.take(page(["a0"], ["a/"], "next"), 10);
  const [point] = scout.take(page([], ["b/"]), 10);
  assert.deepEqual([point?.at, point?.ending], ["a0", undefined]);
});

test("a store may name the folder again in which the listing begins", () => {
  const scout = new Scout(new Level("t/", 10, 1), "t/a/9", -1);
  const points = scout.take(page([], ["t/a/", "t/b/"]), 10);
  assert.deepEqual(
    points.map(({ at, folder }) => [at, folder]),
    [["t/a0", "t/b/"]],
  );
});

test("at the end of a folder the search goes on above it, down to the floor", () => {
  const scout = new Scout(new Level("a/b/", 10, 1), "a/b/f/9", 0);
  scout.take(page([], ["a/b/g/"]), 10);
  assert.deepEqual(scout.request, { prefix: "a/", delimiter: "/", startAfter: "a/b0", token: undefined });
  scout.take(page([], []), 10);
  assert.ok(scout.isOver && !scout.hasGivenUp);
});

test("it gives up where its pages bring too few keys", () => {
  const tiny = new Scout(new Level("t/", 10, 10), "t/a/9", -1);
  tiny.take(page([], ["t/b/", "t/c/"], "next"), 10);
  assert.ok(tiny.isOver && tiny.hasGivenUp);
  const large = new Scout(new Level("t/", 100, 1), "t/a/9", -1);
  large.take(page([], ["t/b/", "t/c/"], "next"), 10);
  assert.ok(!large.isOver);
});
