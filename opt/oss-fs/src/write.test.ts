import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Fault } from "../../../test/oss-server/faults.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { BUCKET, openFixture, path, sample, write } from "../test/support.ts";

const MIB = 1024 * 1024;
const PARTS = { "fs.oss.multipart.upload.size": "100 kb", "fs.oss.upload.active.blocks": 3 };
const FOREVER = Number.POSITIVE_INFINITY;

for (const size of [0, 1, 102_399, 102_400, 102_401, 1_000_000]) {
  test(`${size} bytes arrive as they were written, in pieces of any size`, async () => {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    const bytes = sample(size);
    await using stream = await fs.create(path("k"));
    for (let at = 0, piece = 1; at < size; at += piece, piece = (piece * 7) % 65_537) {
      const copy = Buffer.from(bytes.subarray(at, at + piece));
      await stream.write(copy);
      copy.fill(0xff);
    }
    assert.equal(stream.position, size);
    assert.deepEqual(server.keys(BUCKET), []);
    const status = await stream.close();
    assert.ok(bytes.equals((await server.get(BUCKET, "k")) ?? Buffer.from("missing")));
    const found = await fs.getFileStatus(path("k"));
    assert.deepEqual([status.length, status.version, status.crc64], [size, found.version, found.crc64]);
    assert.ok(Math.abs(status.modificationTime - found.modificationTime) <= 2000);
    const operations = fixture.requests();
    if (size <= 102_400) assert.equal(operations.filter((o) => o === "PutObject").length, 1);
    else assert.equal(operations.filter((o) => o === "UploadPart").length, Math.ceil(size / 102_400));
    assert.deepEqual(server.uploads(BUCKET), []);
  });
}

const SURVIVED = [
  { kind: "reset-before-headers" },
  { kind: "answer-lost" },
  { kind: "silence" },
  { kind: "throttle", delayMs: 1 },
  { kind: "status", status: 500, code: "InternalError" },
  { kind: "status", status: 429, code: "TooManyRequests" },
  { kind: "cut-body" },
] as const satisfies Fault[];
const SURVIVED_UPLOADS = [
  { kind: "reset-upload" },
  { kind: "stall-upload" },
  { kind: "corrupt-upload" },
] as const satisfies Fault[];
const FAULTS = [
  ...["PutObject", "InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"].flatMap((operation) =>
    SURVIVED.map((fault) => ({ operation, fault: fault as Fault })),
  ),
  ...["PutObject", "UploadPart"].flatMap((operation) =>
    SURVIVED_UPLOADS.map((fault) => ({ operation, fault: fault as Fault })),
  ),
  ...["InitiateMultipartUpload", "CompleteMultipartUpload"].map((operation) => ({
    operation,
    fault: { kind: "ok-with-error-body", code: "InternalError" } as const,
  })),
];
for (const { operation, fault } of FAULTS) {
  test(`a write survives ${fault.kind} of ${operation}`, async () => {
    await using fixture = await openFixture({ ...PARTS, "fs.oss.connection.timeout": "300 ms" });
    const { fs, server } = fixture;
    const bytes = sample(operation === "PutObject" ? 50_000 : 350_000);
    const handle = server.faults.add({ operation, fault, times: 2 });
    await write(fs, "k", bytes);
    assert.ok(handle.hits > 0);
    assert.ok(bytes.equals((await server.get(BUCKET, "k")) ?? Buffer.alloc(0)));
  });
}

test("an answer to our own write that was lost is no EEXIST; another's object is", async () => {
  for (const [operation, size] of [
    ["PutObject", 10],
    ["CompleteMultipartUpload", 350_000],
  ] as const) {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    const bytes = sample(size);
    server.faults.add({ operation, fault: { kind: "answer-lost" } });
    await write(fs, "own", bytes);

    const stream = await fs.create(path("other"));
    await stream.write(bytes);
    await server.put(BUCKET, "other", bytes);
    server.faults.add({ operation, fault: { kind: "reset-before-headers" } });
    await assert.rejects(stream.close(), { code: "EEXIST" }, operation);
    assert.deepEqual(server.uploads(BUCKET), []);
  }
});

test("without overwrite nothing is replaced, with it all is", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", "old");
  await server.put(BUCKET, "d/x", "x");
  await assert.rejects(fs.create(path("k")), { code: "EEXIST" });
  await assert.rejects(fs.create(path("d")), { code: "EEXIST" });
  await assert.rejects(fs.create(path("d"), { overwrite: true }), { code: "EISDIR" });
  await assert.rejects(fs.create(path("k/child")), { code: "ENOTDIR" });
  await write(fs, "k", sample(300_000), true);
  assert.equal((await server.get(BUCKET, "k"))?.length, 300_000);
  await write(fs, "k", "new", true);
  assert.equal(Buffer.from((await server.get(BUCKET, "k")) ?? []).toString(), "new");
});

for (const operation of ["PutObject", "InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]) {
  test(`when ${operation} fails for good, nothing is published and nothing is left`, async () => {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
    server.faults.add({ operation, fault, times: FOREVER });
    const bytes = sample(operation === "PutObject" ? 10 : 500_000);
    await assert.rejects(write(fs, "k", bytes), { code: "EACCES", storeCode: "AccessDenied" });
    assert.deepEqual(server.keys(BUCKET), []);
    assert.deepEqual(server.uploads(BUCKET), []);
  });
}

test("a part that always arrives damaged is EIO, and nothing is published", async () => {
  await using fixture = await openFixture({ ...PARTS, "fs.oss.attempts.maximum": 2 });
  const { fs, server } = fixture;
  server.faults.add({ operation: "UploadPart", times: FOREVER, fault: { kind: "corrupt-upload" } });
  await assert.rejects(write(fs, "k", sample(300_000)), { code: "EIO", message: /CRC64/ });
  assert.deepEqual([server.keys(BUCKET), server.uploads(BUCKET)], [[], []]);
});

test("an object whose checksum is wrong in the end is taken back", async () => {
  for (const [operation, size] of [
    ["PutObject", 10],
    ["CompleteMultipartUpload", 350_000],
  ] as const) {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    const headers = { "x-oss-hash-crc64ecma": "1" };
    server.faults.add({ operation, fault: { kind: "headers", headers } });
    await assert.rejects(write(fs, "k", sample(size)), { code: "EIO", message: /CRC64.*was removed/ });
    assert.deepEqual([server.keys(BUCKET), server.uploads(BUCKET)], [[], []]);
  }
});

test("an abort publishes nothing and leaves no parts", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const stream = await fs.create(path("k"));
  await stream.write(sample(500_000));
  assert.equal(server.uploads(BUCKET).length, 1);
  const reason = new Error("enough");
  await stream.abort(reason);
  assert.deepEqual([server.keys(BUCKET), server.uploads(BUCKET)], [[], []]);
  await assert.rejects(stream.close(), (error) => error === reason);
  await stream.abort();
});

test("a signal ends a write that is under way, with its reason", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const controller = new AbortController();
  const stalled = server.faults.add({ operation: "UploadPart", times: FOREVER, fault: { kind: "silence" } });
  const stream = await fs.create(path("k"), { signal: controller.signal });
  const reason = new Error("enough");
  const writing = stream.write(sample(MIB));
  await stalled.happened();
  controller.abort(reason);
  await assert.rejects(writing, (error) => error === reason);
  await assert.rejects(stream.close(), (error) => error === reason);
  assert.deepEqual([server.keys(BUCKET), server.uploads(BUCKET)], [[], []]);
});

test("no more parts are under way than configured", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  server.shape.latency = 20;
  await write(fs, "k", sample(MIB));
  const connections = new Set(
    server.log.entries().flatMap((entry) => (entry.operation === "UploadPart" ? [entry.connection] : [])),
  );
  assert.equal(connections.size, 3);
});

test("many writers share the memory, and all of them go on", async () => {
  await using fixture = await openFixture({ "fs.oss.transfer.memory": "1 mb" });
  const { fs, server } = fixture;
  const streams = await Promise.all(
    Array.from({ length: 20 }, (_, i) => fs.create(path(`k${String(i).padStart(2, "0")}`))),
  );
  const bytes = sample(400_000);
  for (let at = 0; at < bytes.length; at += 10_000) {
    for (const stream of streams) await stream.write(bytes.subarray(at, at + 10_000));
  }
  for (const stream of streams) await stream.close();
  assert.equal(server.keys(BUCKET).length, 20);
  for (const key of server.keys(BUCKET)) {
    assert.ok(bytes.equals((await server.get(BUCKET, key)) ?? Buffer.alloc(0)), key);
  }
});

test("the end of the file system ends its streams, and publishes nothing", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const stream = await fs.create(path("k"));
  await stream.write(sample(500_000));
  await fs.close();
  assert.deepEqual([server.keys(BUCKET), server.uploads(BUCKET)], [[], []]);
  await assert.rejects(stream.close(), { code: "EINVAL" });
});

for (const kind of ["disk", "array_disk"] as const) {
  test(`parts that wait on disk (${kind}) arrive whole, under faults too, and leave no file`, async () => {
    await using folder = await temporaryFolder();
    await using fixture = await openFixture({
      ...PARTS,
      "fs.oss.fast.upload.buffer": kind,
      "fs.oss.fast.upload.memory.limit": 150 * 1024,
      "fs.oss.buffer.dir": `${join(folder.path, "a")},${join(folder.path, "b")}`,
    });
    const { fs, server } = fixture;
    // Memory is for one part, and this one has it: the parts of the others go to disk.
    const first = await fs.create(path("first"));
    await first.write(sample(10));
    assert.deepEqual(await readdir(folder.path, { recursive: true }), kind === "disk" ? ["a"] : []);

    server.faults.add({ operation: "UploadPart", nth: 2, times: 2, fault: { kind: "reset-upload" } });
    server.faults.add({ operation: "PutObject", fault: { kind: "corrupt-upload" } });
    const bytes = sample(900_000);
    await write(fs, "big", bytes);
    await write(fs, "small", bytes.subarray(0, 50_000));
    assert.ok(bytes.equals((await server.get(BUCKET, "big")) ?? Buffer.alloc(0)));
    assert.ok(bytes.subarray(0, 50_000).equals((await server.get(BUCKET, "small")) ?? Buffer.alloc(0)));
    assert.deepEqual((await readdir(folder.path, { recursive: true })).sort(), ["a", "b"]);
    await first.close();

    const stream = await (await fs.createRecoverableWriter()).open(path("recoverable"));
    await stream.write(bytes.subarray(0, 150_000));
    const recoverable = await stream.persist();
    await stream[Symbol.asyncDispose]();
    await using again = await (await fs.createRecoverableWriter()).recover(recoverable);
    await again.write(bytes.subarray(150_000));
    await (await again.closeForCommit()).commit();
    assert.ok(bytes.equals((await server.get(BUCKET, "recoverable")) ?? Buffer.alloc(0)));
  });
}

test("a folder that cannot buffer fails the write, and publishes nothing", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  await using fixture = await openFixture({ "fs.oss.fast.upload.buffer": "disk", "fs.oss.buffer.dir": file });
  const failed = { code: "EIO", message: /cannot be buffered in .*fs\.oss\.buffer\.dir/ };
  await assert.rejects(write(fixture.fs, "k", sample(10)), failed);
  assert.deepEqual(fixture.server.keys(BUCKET), []);
});
