import assert from "node:assert/strict";
import { type Case, drain, fails } from "../subject.ts";

export const READING: readonly Case[] = [
  {
    name: "read fills the buffer until the end, and then reads 0",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      assert.equal(stream.status.length, bytes.length);
      const into = new Uint8Array(999);
      for (let position = 0; position < bytes.length; position += into.length) {
        assert.equal(stream.position, position);
        const expected = bytes.subarray(position, position + into.length);
        assert.equal(await stream.read(into), expected.length);
        assert.deepEqual(into.subarray(0, expected.length), expected);
      }
      assert.equal(stream.position, bytes.length);
      assert.equal(await stream.read(into), 0);
    },
  },
  {
    name: "chunks are the bytes from the position to the end",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      for (const start of [0, 1, 500, bytes.length - 1, bytes.length]) {
        await using stream = await s.fs.open(path);
        stream.seek(start);
        assert.ok((await drain(stream)).equals(bytes.subarray(start)), `from ${start}`);
      }
    },
  },
  {
    name: "chunks that are left early do not end the stream",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      for await (const chunk of stream.chunks()) {
        assert.ok(chunk.length > 0);
        break;
      }
      stream.seek(10);
      const into = new Uint8Array(5);
      assert.equal(await stream.read(into), 5);
      assert.deepEqual(into, bytes.subarray(10, 15));
    },
  },
  {
    name: "seek moves anywhere in the file, and outside it is EINVAL and moves nothing",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      const into = new Uint8Array(10);
      for (const position of [700, 3, 4, bytes.length, 0]) {
        stream.seek(position);
        assert.equal(stream.position, position);
        const expected = bytes.subarray(position, position + 10);
        assert.equal(await stream.read(into), expected.length);
        assert.deepEqual(into.subarray(0, expected.length), expected);
      }
      stream.seek(5);
      for (const wrong of [-1, bytes.length + 1, 0.5, Number.NaN]) {
        assert.throws(() => stream.seek(wrong), fails("EINVAL"));
      }
      assert.equal(stream.position, 5);
    },
  },
  {
    name: "readAt moves nothing and may run concurrently",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      stream.seek(7);
      const ranges = Array.from({ length: 12 }, (_, i) => ({ at: (i * 83) % 900, into: new Uint8Array(64) }));
      await Promise.all(ranges.map(async ({ at, into }) => assert.equal(await stream.readAt(at, into), 64)));
      for (const { at, into } of ranges) assert.deepEqual(into, bytes.subarray(at, at + 64));
      assert.equal(stream.position, 7);
      assert.equal(await stream.readAt(bytes.length, new Uint8Array(1)), 0);
      await assert.rejects(stream.readAt(-1, new Uint8Array(1)), fails("EINVAL"));
    },
  },
  {
    name: "a window begins at start, ends before end, and its positions are absolute",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      for (const [start, end] of [
        [0, 0],
        [5, 5],
        [10, 500],
        [0, bytes.length],
        [999, bytes.length + 10],
      ]) {
        await using stream = await s.fs.open(path, { start, end });
        assert.equal(stream.position, start);
        assert.ok((await drain(stream)).equals(bytes.subarray(start, end)), `${start} to ${end}`);
        assert.equal(stream.status.length, bytes.length);
      }
    },
  },
  {
    name: "a status that the caller has is as good as one that is asked for",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      const status = await s.fs.getFileStatus(path);
      assert.ok((await s.bytes(path, { status })).equals(bytes));
    },
  },
  {
    name: "a file that was replaced is ESTALE for who wants the version before",
    needs: ["write", "versions"],
    async run(s) {
      const { version } = await s.put(s.at("file"), "one");
      assert.ok(version);
      assert.equal((await s.bytes(s.at("file"), { ifVersion: version })).toString(), "one");
      const next = await s.put(s.at("file"), "two", { overwrite: true });
      assert.notEqual(next.version, version);
      await assert.rejects(s.bytes(s.at("file"), { ifVersion: version }), fails("ESTALE"));
    },
  },
  {
    name: "open of nothing is ENOENT",
    needs: [],
    async run(s) {
      await assert.rejects(s.bytes(s.at("missing")), fails("ENOENT", s.at("missing")));
    },
  },
  {
    name: "open of a folder is EISDIR",
    needs: ["write"],
    async run(s) {
      await s.put(s.at("folder/file"), "x");
      await assert.rejects(s.bytes(s.at("folder")), fails("EISDIR", s.at("folder")));
    },
  },
  {
    name: "after close every call is refused, and close twice does nothing",
    needs: [],
    async run(s) {
      const { path } = await s.sample();
      const stream = await s.fs.open(path);
      await stream.close();
      await stream.close();
      await assert.rejects(stream.read(new Uint8Array(1)));
      await assert.rejects(stream.readAt(0, new Uint8Array(1)));
      assert.throws(() => stream.seek(0));
    },
  },
  {
    name: "readRanges fills every range",
    needs: ["vectored-read"],
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      assert.ok(stream.readRanges);
      const ranges = [300, 0, 310, 999].map((position) => ({ position, into: new Uint8Array(20) }));
      await stream.readRanges(ranges.filter(({ position }) => position + 20 <= bytes.length));
      for (const { position, into } of ranges) {
        if (position + 20 <= bytes.length) assert.deepEqual(into, bytes.subarray(position, position + 20));
      }
      assert.equal(stream.position, 0);
    },
  },
];
