import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BUCKET, openFixture, path, sample } from "../test/support.ts";
import { mergeRanges } from "./vectored.ts";

const SETTINGS = { minSeek: 10, maxMerged: 100, active: 4 };
const wanted = (position: number, length: number) => ({ position, into: new Uint8Array(length) });
const shape = (ranges: readonly [number, number][]) =>
  mergeRanges(
    ranges.map(([position, length]) => wanted(position, length)),
    SETTINGS,
  ).map(({ start, end, wanted }) => [start, end, wanted.length]);

test("near ranges are merged up to a size, far ones are not", () => {
  assert.deepEqual(shape([]), []);
  assert.deepEqual(shape([[5, 0]]), []);
  assert.deepEqual(
    shape([
      [30, 10],
      [0, 20],
    ]),
    [[0, 40, 2]],
  );
  assert.deepEqual(
    shape([
      [0, 20],
      [31, 10],
    ]),
    [
      [0, 20, 1],
      [31, 41, 1],
    ],
  );
  assert.deepEqual(
    shape([
      [0, 90],
      [95, 10],
    ]),
    [
      [0, 90, 1],
      [95, 105, 1],
    ],
  );
  assert.deepEqual(shape([[0, 500]]), [[0, 500, 1]]);
  assert.deepEqual(
    shape([
      [0, 50],
      [10, 10],
      [40, 30],
    ]),
    [[0, 70, 3]],
  );
});

test("every range is filled, whatever their order, overlap and number", async () => {
  await using fixture = await openFixture({
    "fs.oss.vectored.read.min.seek.size": 500,
    "fs.oss.vectored.read.max.merged.size": 5000,
    "fs.oss.vectored.active.ranged.reads": 3,
  });
  const bytes = sample(50_000);
  await fixture.server.put(BUCKET, "k", bytes);
  await using stream = await fixture.fs.open(path("k"));
  const range = fc
    .tuple(fc.integer({ min: 0, max: 49_999 }), fc.integer({ min: 0, max: 3000 }))
    .map(([position, length]) => wanted(position, Math.min(length, 50_000 - position)));
  await fc.assert(
    fc.asyncProperty(fc.array(range, { maxLength: 20 }), async (ranges) => {
      await stream.readRanges?.(ranges);
      for (const { position, into } of ranges) {
        assert.ok(Buffer.from(into).equals(bytes.subarray(position, position + into.byteLength)));
      }
      assert.equal(stream.position, 0);
    }),
    { numRuns: 30 },
  );
});

test("a few requests serve many near ranges, and a broken one is continued", async () => {
  await using fixture = await openFixture();
  const bytes = sample(1_000_000);
  await fixture.server.put(BUCKET, "k", bytes);
  await using stream = await fixture.fs.open(path("k"));
  fixture.requests();
  fixture.server.faults.add({ operation: "GetObject", fault: { kind: "cut-body" } });
  const ranges = Array.from({ length: 50 }, (_, i) => wanted(i * 1000, 100)).concat(wanted(900_000, 100));
  await stream.readRanges?.(ranges);
  assert.equal(fixture.requests().length, 3);
  for (const { position, into } of ranges) {
    assert.ok(Buffer.from(into).equals(bytes.subarray(position, position + 100)));
  }
});

test("a range outside the file is refused before any request", async () => {
  await using fixture = await openFixture();
  await fixture.server.put(BUCKET, "k", sample(1000));
  await using stream = await fixture.fs.open(path("k"));
  fixture.requests();
  for (const bad of [wanted(990, 11), wanted(-1, 5), wanted(1001, 0), wanted(0.5, 5)]) {
    await assert.rejects(async () => stream.readRanges?.([wanted(0, 10), bad]), { code: "EINVAL" });
  }
  assert.deepEqual(fixture.requests(), []);
});
