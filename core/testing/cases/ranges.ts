import assert from "node:assert/strict";
import { type Case, fails } from "../subject.ts";

const NEEDS = ["vectored-read"] as const;

/** Position and length: out of order, near, far, overlapping, twice the same, next to each other, empty. */
const RANGES = [
  [300, 20],
  [0, 20],
  [310, 20],
  [300, 20],
  [100, 100],
  [120, 10],
  [320, 30],
  [350, 50],
  [980, 20],
  [700, 0],
  [5, 1],
] as const;

export const READING_RANGES: readonly Case[] = [
  {
    name: "readRanges fills every range, in whatever order and however they overlap",
    needs: NEEDS,
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      assert.ok(stream.readRanges);
      const last = [bytes.length - 1, 1] as const;
      const ranges = [...RANGES, last].map(([position, length]) => ({
        position,
        into: new Uint8Array(length),
      }));
      await stream.readRanges(ranges);
      for (const { position, into } of ranges) {
        assert.deepEqual(into, bytes.subarray(position, position + into.length), `at ${position}`);
      }
      await stream.readRanges([]);
      assert.equal(stream.position, 0);
    },
  },
  {
    name: "readRanges and reads do not disturb each other",
    needs: NEEDS,
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      assert.ok(stream.readRanges);
      const into = new Uint8Array(50);
      for (let position = 0; position < 200; position += into.length) {
        assert.equal(await stream.read(into), into.length);
        assert.deepEqual(into, bytes.subarray(position, position + into.length));
        const range = { position: 900 - position, into: new Uint8Array(33) };
        await stream.readRanges([range]);
        assert.deepEqual(range.into, bytes.subarray(range.position, range.position + 33));
      }
    },
  },
  {
    name: "a range that is not in the file is EINVAL, and no range is read short",
    needs: NEEDS,
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      for (const position of [-1, bytes.length - 9, bytes.length, bytes.length + 100, 0.5]) {
        const ranges = [{ position, into: new Uint8Array(10) }];
        await assert.rejects(async () => stream.readRanges?.(ranges), fails("EINVAL"), `at ${position}`);
      }
    },
  },
];
