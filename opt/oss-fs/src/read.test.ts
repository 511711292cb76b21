import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "../../../test/oss-server/faults.ts";
import { BUCKET, openFixture, path, read, sample } from "../test/support.ts";

const MIB = 1024 * 1024;

for (const fault of [
  { kind: "reset-before-headers" },
  { kind: "reset-mid-body" },
  { kind: "reset-mid-body", after: -1 },
  { kind: "cut-body" },
  { kind: "stall" },
  { kind: "silence" },
  { kind: "throttle", delayMs: 1 },
  { kind: "status", status: 500, code: "InternalError" },
  { kind: "status", status: 503, code: "ServiceUnavailable" },
] as const satisfies Fault[]) {
  test(`a read goes on after ${JSON.stringify(fault)}`, async () => {
    await using fixture = await openFixture({ "fs.oss.connection.timeout": "300 ms" });
    const bytes = sample(5 * MIB + 3);
    await fixture.server.put(BUCKET, "k", bytes);
    using handle = fixture.server.faults.add({ operation: "GetObject", times: 3, fault });
    assert.ok((await read(fixture.fs, "k")).equals(bytes));
    assert.equal(handle.hits, 3);
  });
}

test("a part is continued from its offset, not begun again", async () => {
  await using fixture = await openFixture({ "fs.oss.multipart.download.size": "1 mb" });
  await fixture.server.put(BUCKET, "k", sample(MIB));
  fixture.server.faults.add({ operation: "GetObject", fault: { kind: "cut-body", after: 700_000 } });
  await read(fixture.fs, "k");
  const ranges = fixture.server.log.entries().map((entry) => entry.range);
  assert.equal(ranges.length, 2);
  const from = Number(/bytes=(\d+)-/.exec(ranges[1] ?? "")?.[1]);
  assert.ok(from > 500_000 && from <= 700_000, `continued at ${from}`);
});

test("a fault that stays is told after the configured retries", async () => {
  await using fixture = await openFixture({ "fs.oss.attempts.maximum": 2 });
  await fixture.server.put(BUCKET, "k", "x");
  const fault = { kind: "throttle" } as const;
  const handle = fixture.server.faults.add({
    operation: "GetObject",
    times: Number.POSITIVE_INFINITY,
    fault,
  });
  await assert.rejects(fixture.fs.open(path("k")), { code: "EBUSY", storeCode: "SlowDown", retryable: true });
  assert.equal(handle.hits, 3);
});

test("bytes that were changed on the way are EIO, whole reads end with their check", async () => {
  await using fixture = await openFixture();
  await fixture.server.put(BUCKET, "k", sample(3 * MIB));
  fixture.server.faults.add({ operation: "GetObject", nth: 2, fault: { kind: "corrupt" } });
  await assert.rejects(read(fixture.fs, "k"), { code: "EIO", message: /CRC64/ });
});

test("an object that is replaced while it is read is ESTALE, never a mixture", async () => {
  await using fixture = await openFixture({ "fs.oss.multipart.download.size": "64 kb" });
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", sample(4 * MIB, 1));
  await using stream = await fs.open(path("k"));
  const into = Buffer.alloc(1000);
  await stream.read(into);
  assert.ok(into.equals(sample(4 * MIB, 1).subarray(0, 1000)));
  await server.put(BUCKET, "k", sample(4 * MIB, 2));
  await assert.rejects(
    async () => {
      while ((await stream.read(into)) > 0);
    },
    { code: "ESTALE" },
  );
  await assert.rejects(stream.readAt(0, into), { code: "ESTALE" });
  await assert.rejects(fs.open(path("k"), { ifVersion: stream.status.version }), { code: "ESTALE" });
});

test("opening costs one request, for an empty object too; nothing there costs two", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "empty", "");
  await server.put(BUCKET, "folder/x", "x");
  await using empty = await fs.open(path("empty"));
  assert.equal(empty.status.length, 0);
  assert.equal(await empty.read(Buffer.alloc(10)), 0);
  assert.deepEqual(fixture.requests(), ["GetObject"]);
  await assert.rejects(fs.open(path("missing")), { code: "ENOENT" });
  assert.equal(fixture.requests().length, 2);
  await assert.rejects(fs.open(path("folder")), { code: "EISDIR" });
  await assert.rejects(fs.open(path("")), { code: "EISDIR" });
});

test("a known status spares the request", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", "abc");
  const status = await fs.getFileStatus(path("k"));
  fixture.requests();
  await using stream = await fs.open(path("k"), { status });
  assert.deepEqual(fixture.requests(), []);
  const into = Buffer.alloc(3);
  assert.equal(await stream.read(into), 3);
  assert.equal(into.toString(), "abc");
});

test("windows, seeks and positioned reads", async () => {
  await using fixture = await openFixture({ "fs.oss.multipart.download.size": "100 kb" });
  const { fs, server } = fixture;
  const bytes = sample(MIB);
  await server.put(BUCKET, "k", bytes);
  await using stream = await fs.open(path("k"), { start: 300_000, end: 700_000 });
  assert.equal(stream.position, 300_000);
  assert.equal(stream.status.length, MIB);
  const into = Buffer.alloc(1000);
  const at = async (position: number) => {
    stream.seek(position);
    assert.equal(await stream.read(into), 1000);
    assert.ok(into.equals(bytes.subarray(position, position + 1000)), `at ${position}`);
    assert.equal(stream.position, position + 1000);
  };
  for (const position of [300_000, 300_500, 450_000, 300_001, 699_000, 0, 301_000]) await at(position);
  assert.equal(await stream.readAt(699_990, into), 10);
  assert.equal(stream.position, 302_000);
  stream.seek(700_000);
  assert.equal(await stream.read(into), 0);
  assert.throws(() => stream.seek(MIB + 1), { code: "EINVAL" });
  assert.throws(() => stream.seek(-1), { code: "EINVAL" });
  assert.equal(stream.position, 700_000);

  const many = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const own = Buffer.alloc(5000);
      await stream.readAt(i * 30_000, own);
      return own.equals(bytes.subarray(i * 30_000, i * 30_000 + 5000));
    }),
  );
  assert.ok(many.every(Boolean));
});

test("positioned reads move exactly the bytes that are asked for", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", sample(4 * MIB));
  const status = await fs.getFileStatus(path("k"));
  await using stream = await fs.open(path("k"), { status });
  fixture.requests();
  for (let i = 0; i < 50; i++) await stream.readAt((i * 7919) % (3 * MIB), Buffer.alloc(4096));
  const moved = server.log.entries().reduce((sum, entry) => sum + entry.bytesOut, 0);
  assert.equal(moved, 50 * 4096);
});

test("any number of reads at once, of one stream or under one signal, cause no warning", async () => {
  await using fixture = await openFixture();
  const bytes = sample(100_000);
  await fixture.server.put(BUCKET, "k", bytes);
  const warnings: Error[] = [];
  const listen = (warning: Error): number => warnings.push(warning);
  process.on("warning", listen);
  try {
    const { signal } = new AbortController();
    const open = () => fixture.fs.open(path("k"), { signal });
    const streams = await Promise.all(Array.from({ length: 30 }, open));
    const parts = Array.from({ length: 30 }, () => Buffer.alloc(1000));
    await Promise.all(parts.map((part, i) => streams[0]?.readAt(i * 1000, part)));
    assert.ok(Buffer.concat(parts).equals(bytes.subarray(0, 30_000)));
    await Promise.all(streams.map((stream) => stream.close()));
    // Node emits a warning on the next tick.
    await new Promise(setImmediate);
    assert.deepEqual(warnings, []);
  } finally {
    process.off("warning", listen);
  }
});

test("streams that nobody reads hold no connection", async () => {
  await using fixture = await openFixture({ "fs.oss.connection.maximum": 2 });
  const { fs, server } = fixture;
  const bytes = sample(3 * MIB);
  await server.put(BUCKET, "k", bytes);
  const streams = [];
  for (let i = 0; i < 10; i++) {
    const stream = await fs.open(path("k"));
    await stream.read(Buffer.alloc(10));
    streams.push(stream);
  }
  for (const stream of streams.reverse()) {
    let length = 10;
    for await (const chunk of stream.chunks()) length += chunk.length;
    assert.equal(length, bytes.length);
    await stream.close();
  }
});

test("many open streams share the memory, and all of them go on", async () => {
  await using fixture = await openFixture({ "fs.oss.transfer.memory": "1 mb" });
  const { fs, server } = fixture;
  const bytes = sample(300_000);
  await server.put(BUCKET, "k", bytes);
  const streams = await Promise.all(Array.from({ length: 50 }, () => fs.open(path("k"))));
  const into = Buffer.alloc(10_000);
  for (let position = 0; position < bytes.length; position += into.length) {
    for (const stream of streams) {
      assert.equal(await stream.read(into), into.length);
      assert.ok(into.equals(bytes.subarray(position, position + into.length)));
    }
  }
  for (const stream of streams) await stream.close();
});

test("an abort ends a read with the signal's reason, and frees its connection", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", sample(8 * MIB));
  const controller = new AbortController();
  const stalled = server.faults.add({ operation: "GetObject", nth: 2, fault: { kind: "stall" }, times: 100 });
  await using stream = await fs.open(path("k"), { signal: controller.signal });
  const reason = new Error("enough");
  const reading = (async () => {
    for await (const _ of stream.chunks());
  })();
  await stalled.happened();
  controller.abort(reason);
  await assert.rejects(reading, (error) => error === reason);
  await assert.rejects(stream.read(Buffer.alloc(1)), (error) => error === reason);
  stalled.remove();
  assert.equal((await read(fs, "k")).length, 8 * MIB);
});

test("an aborted signal refuses to open, without a request", async () => {
  await using fixture = await openFixture();
  const reason = new Error("too late");
  await assert.rejects(
    fixture.fs.open(path("k"), { signal: AbortSignal.abort(reason) }),
    (e) => e === reason,
  );
  assert.deepEqual(fixture.requests(), []);
});

test("after close a stream refuses, and a second close does nothing", async () => {
  await using fixture = await openFixture();
  await fixture.server.put(BUCKET, "k", "abc");
  const stream = await fixture.fs.open(path("k"));
  await stream.close();
  await stream.close();
  await assert.rejects(stream.read(Buffer.alloc(1)), { code: "EINVAL" });
  assert.throws(() => stream.seek(0), { code: "EINVAL" });
});
