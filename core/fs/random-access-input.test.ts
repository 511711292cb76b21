import assert from "node:assert/strict";
import { test } from "node:test";
import { FileSystemError } from "../errors/errors.ts";
import { Path } from "./path.ts";
import { RandomAccessInputStream, type RandomAccessSource } from "./random-access-input.ts";

const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);

/** A source that hands out at most `step` bytes at once, as a network does. */
function open(options: Partial<RandomAccessSource> & { step?: number } = {}): RandomAccessInputStream {
  const { step = 7, ...rest } = options;
  return new RandomAccessInputStream({
    status: {
      path: Path.parse("mem://x/file"),
      kind: "file",
      length: BYTES.length,
      modificationTime: 0,
    },
    readAt: async (position, into) => {
      const piece = BYTES.subarray(position, position + Math.min(step, into.byteLength));
      into.set(piece);
      return piece.byteLength;
    },
    ...rest,
  });
}

async function drain(stream: RandomAccessInputStream): Promise<number[]> {
  const bytes: number[] = [];
  for await (const chunk of stream.chunks()) bytes.push(...chunk);
  return bytes;
}

test("read fills the buffer although the source answers in small pieces", async () => {
  await using stream = open();
  const into = new Uint8Array(30);
  assert.equal(await stream.read(into), 30);
  assert.deepEqual(into, BYTES.subarray(0, 30));
  assert.equal(stream.position, 30);
  stream.seek(95);
  assert.equal(await stream.read(into), 5);
  assert.equal(await stream.read(into), 0);
  assert.equal(stream.position, 100);
});

test("readAt moves nothing and may run concurrently with read", async () => {
  await using stream = open();
  const buffers = [new Uint8Array(20), new Uint8Array(20), new Uint8Array(20)] as const;
  await Promise.all([stream.read(buffers[0]), stream.readAt(50, buffers[1]), stream.readAt(90, buffers[2])]);
  assert.equal(stream.position, 20);
  assert.deepEqual(buffers[1], BYTES.subarray(50, 70));
  assert.deepEqual(buffers[2].subarray(0, 10), BYTES.subarray(90));
});

test("a window begins at start, ends before end, and its positions are absolute", async () => {
  await using stream = open({ start: 10, end: 25, chunkSize: 8 });
  assert.equal(stream.position, 10);
  assert.deepEqual(await drain(stream), [...BYTES.subarray(10, 25)]);
  assert.equal(stream.position, 25);
  assert.equal(await stream.readAt(20, new Uint8Array(50)), 5);
  assert.equal(await stream.readAt(60, new Uint8Array(50)), 0);
  await using open2 = open({ start: 90, end: 1000 });
  assert.equal((await drain(open2)).length, 10);
});

test("positions outside the file are EINVAL and move nothing", async () => {
  await using stream = open();
  stream.seek(100);
  for (const position of [-1, 101, 1.5, Number.NaN]) {
    assert.throws(() => stream.seek(position), { code: "EINVAL" });
    await assert.rejects(stream.readAt(position, new Uint8Array(1)), { code: "EINVAL" });
  }
  assert.equal(stream.position, 100);
  assert.throws(() => open({ start: 101 }), { code: "EINVAL" });
  assert.throws(() => open({ start: 10, end: 9 }), { code: "EINVAL" });
});

test("chunks reuses its buffer", async () => {
  await using stream = open({ chunkSize: 50 });
  const seen: Uint8Array[] = [];
  for await (const chunk of stream.chunks()) seen.push(chunk);
  assert.equal(seen.length, 2);
  assert.equal(seen[0]?.buffer, seen[1]?.buffer);
});

test("a source that ends early is ESTALE, never a short file", async () => {
  await using stream = open({ readAt: async () => 0 });
  await assert.rejects(stream.read(new Uint8Array(1)), { code: "ESTALE" });
});

test("a second read at once is EBUSY", async () => {
  await using stream = open();
  const first = stream.read(new Uint8Array(10));
  await assert.rejects(stream.read(new Uint8Array(10)), { code: "EBUSY" });
  assert.equal(await first, 10);
});

test("close frees the source once, ends a read under way, and later calls are EINVAL", async () => {
  let freed = 0;
  const stream = open({
    close: () => void freed++,
    readAt: (_position, _into, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  });
  const read = stream.read(new Uint8Array(1));
  const rejected = assert.rejects(read, { code: "EINVAL", message: /closed/ });
  await Promise.all([stream.close(), stream.close()]);
  await rejected;
  assert.equal(freed, 1);
  await assert.rejects(stream.read(new Uint8Array(1)), { code: "EINVAL" });
  assert.throws(() => stream.seek(0), { code: "EINVAL" });
});

test("an aborted signal ends reads with its reason", async () => {
  const controller = new AbortController();
  await using stream = open({ signal: controller.signal });
  assert.equal(await stream.read(new Uint8Array(3)), 3);
  const reason = new FileSystemError({ code: "EIO" });
  controller.abort(reason);
  await assert.rejects(stream.read(new Uint8Array(3)), (error) => error === reason);
});
