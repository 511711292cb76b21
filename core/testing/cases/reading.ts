import assert from "node:assert/strict";
import { type Case, drain, fails, randomBytes } from "../subject.ts";

const WRITE = ["write"] as const;

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
      for (let again = 0; again < 3; again++) assert.equal(await stream.read(into), 0);
      assert.equal(stream.position, bytes.length);
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
      for (const [before, length, read] of [
        [5, 5, 5],
        [5, 10, 5],
        [0, 1, 0],
        [9, 0, 0],
      ] as const) {
        const into = new Uint8Array(length);
        assert.equal(await stream.readAt(bytes.length - before, into), read);
        assert.deepEqual(into.subarray(0, read), bytes.subarray(bytes.length - before).subarray(0, read));
      }
      assert.equal(stream.position, 7);
      await assert.rejects(stream.readAt(-1, new Uint8Array(1)), fails("EINVAL"));
    },
  },
  {
    name: "seeks and reads in any order give the file's bytes",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      await using stream = await s.fs.open(path);
      const draws = randomBytes(600, 23);
      for (let i = 0; i < 100; i++) {
        const [a = 0, b = 0, c = 0, d = 0, e = 0] = draws.subarray(i * 6);
        const position = (a * 65_536 + b * 256 + c) % (bytes.length + 1);
        const into = new Uint8Array((d * 256 + e) % 20_000);
        const expected = bytes.subarray(position, position + into.length);
        const isSeek = i % 3 !== 2;
        if (isSeek) stream.seek(position);
        const read = await (isSeek ? stream.read(into) : stream.readAt(position, into));
        assert.deepEqual([read, Buffer.compare(into.subarray(0, read), expected)], [expected.length, 0]);
        if (isSeek) assert.equal(stream.position, position + read);
      }
    },
  },
  {
    name: "an empty file has nothing to read",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("empty"), "");
      for (const options of [{}, { start: 0, end: 0 }, { end: 10 }]) {
        await using stream = await s.fs.open(s.at("empty"), options);
        stream.seek(0);
        assert.throws(() => stream.seek(1), fails("EINVAL"));
        assert.equal(await stream.read(new Uint8Array(10)), 0);
        assert.equal(await stream.readAt(0, new Uint8Array(10)), 0);
        assert.equal((await drain(stream)).length, 0);
        assert.equal(stream.position, 0);
      }
    },
  },
  {
    name: "two streams of one file do not disturb each other",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      const first = await s.fs.open(path);
      await using second = await s.fs.open(path);
      const into = new Uint8Array(10);
      first.seek(500);
      for (const [stream, position] of [[second, 0] as const, [first, 500] as const]) {
        assert.equal(await stream.read(into), 10);
        assert.deepEqual(into, bytes.subarray(position, position + 10));
      }
      await first.close();
      assert.equal(await second.read(into), 10);
      assert.deepEqual(into, bytes.subarray(10, 20));
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
    needs: WRITE,
    async run(s) {
      await s.put(s.at("full/file"), "x");
      await s.fs.mkdirs(s.at("empty"));
      for (const folder of [s.at("full"), s.at("empty")]) {
        await assert.rejects(s.bytes(folder), fails("EISDIR", folder));
      }
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
];
