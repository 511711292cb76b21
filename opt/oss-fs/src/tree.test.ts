import assert from "node:assert/strict";
import { test } from "node:test";
import { BUCKET, list, openFixture, path, sample, write } from "../test/support.ts";

const FOREVER = Number.POSITIVE_INFINITY;

function count(operations: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const operation of operations) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

async function put(server: { put(b: string, k: string, x: string): Promise<void> }, keys: readonly string[]) {
  for (const key of keys) await server.put(BUCKET, key, key);
}

const numbered = (folder: string, length: number) =>
  Array.from({ length }, (_, i) => `${folder}/${String(i).padStart(5, "0")}`);

test("a tree of 2,500 files is deleted by 3 listings and 3 batch deletes", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, [...numbered("d", 2500), "keep/x"]);
  assert.equal(await fs.delete(path("d"), { recursive: true }), true);
  assert.deepEqual(server.keys(BUCKET), ["keep/x"]);
  assert.deepEqual(count(fixture.requests()), { HeadObject: 1, ListObjectsV2: 3, DeleteMultipleObjects: 3 });
});

test("delete: missing, file, empty and full folder, root", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, ["full/x", "f", "p/only"]);
  await fs.mkdirs(path("empty"));
  fixture.requests();
  assert.equal(await fs.delete(path("missing")), false);
  assert.equal(await fs.delete(path("missing"), { recursive: true }), false);
  await assert.rejects(fs.delete(path("full")), { code: "ENOTEMPTY" });
  assert.equal(await fs.delete(path("empty")), true);
  assert.equal(await fs.delete(path("f")), true);
  await assert.rejects(fs.delete(path(""), { recursive: true }), { code: "EPERM" });
  fixture.requests();
  assert.equal(await fs.delete(path("p/only")), true);
  assert.deepEqual(fixture.requests(), ["HeadObject", "DeleteObject", "ListObjectsV2", "PutObject"]);
  assert.deepEqual(server.keys(BUCKET), ["full/x", "p/"]);
  assert.equal((await fs.getFileStatus(path("p"))).kind, "directory");
});

test("a batch delete that fails midway says how far it came", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, numbered("d", 2500));
  const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
  server.faults.add({ operation: "DeleteMultipleObjects", nth: 2, times: FOREVER, fault });
  await assert.rejects(fs.delete(path("d"), { recursive: true }), {
    code: "EIO",
    message: /1000 objects were deleted, the others are still there/,
  });
  assert.equal(server.keys(BUCKET).length, 1500);
});

test("rename of a file: requests, metadata, and what it refuses", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, ["a/1", "a/2", "b/x", "f"]);
  fixture.requests();
  await fs.rename(path("a/1"), path("b/1"));
  assert.equal(fixture.requests().length, 6);
  await fs.rename(path("b/1"), path("b/2"));
  assert.deepEqual(fixture.requests(), ["HeadObject", "ListObjectsV2", "CopyObject", "DeleteObject"]);
  await fs.rename(path("a/2"), path("b/3"));
  assert.equal(fixture.requests().length, 7);
  assert.deepEqual(server.keys(BUCKET), ["a/", "b/2", "b/3", "b/x", "f"]);

  await assert.rejects(fs.rename(path("b/2"), path("b/3")), { code: "EEXIST" });
  await assert.rejects(fs.rename(path("b/2"), path("a")), { code: "EEXIST" });
  await assert.rejects(fs.rename(path("b/2"), path("a"), { overwrite: true }), { code: "EISDIR" });
  await assert.rejects(fs.rename(path("b/2"), path("f/x")), { code: "ENOTDIR" });
  await assert.rejects(fs.rename(path("b/2"), path("b/2")), { code: "EINVAL" });
  await assert.rejects(fs.rename(path("b"), path("b/c")), { code: "EINVAL" });
  await assert.rejects(fs.rename(path("nothing"), path("b/9")), { code: "ENOENT" });
  await assert.rejects(fs.rename(path(""), path("x")), { code: "EINVAL" });
  await assert.rejects(fs.rename(path("b"), path("f")), { code: "EEXIST" });
  assert.deepEqual(server.keys(BUCKET), ["a/", "b/2", "b/3", "b/x", "f"]);
  await fs.rename(path("b/2"), path("b/3"), { overwrite: true });
  assert.deepEqual(server.keys(BUCKET), ["a/", "b/3", "b/x", "f"]);
  assert.equal(Buffer.from((await server.get(BUCKET, "b/3")) ?? []).toString(), "a/1");
});

test("rename of a tree moves every object, and those that come meanwhile survive", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, ["src/", "src/a/1", "src/b", ...numbered("src/n", 1200)]);
  const first = server.faults.add({ operation: "DeleteMultipleObjects", fault: { kind: "delay", ms: 1 } });
  const renaming = fs.rename(path("src"), path("dst"));
  await first.happened();
  await server.put(BUCKET, "src/late", "late");
  await renaming;
  assert.deepEqual(server.keys(BUCKET), ["dst/", "dst/a/1", "dst/b", ...numbered("dst/n", 1200), "src/late"]);
  const { CopyObject, DeleteMultipleObjects } = count(fixture.requests());
  assert.deepEqual([CopyObject, DeleteMultipleObjects], [1203, 2]);
});

test("no more copies at the same time than fs.oss.max.copy.tasks.per.dir says", async () => {
  await using fixture = await openFixture({ "fs.oss.max.copy.tasks.per.dir": 3 });
  const { fs, server } = fixture;
  await put(server, numbered("src", 30));
  server.shape.latency = 5;
  await fs.rename(path("src"), path("dst"));
  const copies = server.log.entries().filter(({ operation }) => operation === "CopyObject");
  assert.equal(copies.length, 30);
  assert.equal(new Set(copies.map(({ connection }) => connection)).size, 3);
});

test("a rename that cannot copy everything leaves the source whole and the target empty", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const keys = numbered("src", 30);
  await put(server, keys);
  const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
  server.faults.add({ operation: "CopyObject", nth: 12, fault });
  await assert.rejects(fs.rename(path("src"), path("dst")), { code: "EACCES" });
  assert.deepEqual(server.keys(BUCKET), keys);
});

test("a rename that cannot delete its sources loses nothing and says so", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, numbered("src", 3));
  const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
  server.faults.add({ operation: "DeleteMultipleObjects", times: FOREVER, fault });
  await assert.rejects(fs.rename(path("src"), path("dst")), {
    code: "EIO",
    message: /0 objects were moved, 3 were copied and are still at the source too/,
  });
  assert.deepEqual(server.keys(BUCKET), [...numbered("dst", 3), ...numbered("src", 3)]);
});

test("a tree that loses objects while it is moved is an error, and what was not lost is at its source", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const keys = numbered("src", 100);
  await put(server, keys);
  const held = server.faults.add({ operation: "CopyObject", nth: 30, fault: { kind: "delay", ms: 50 } });
  const renaming = fs.rename(path("src"), path("dst"));
  const refused = assert.rejects(renaming, { code: "ENOENT" });
  await held.happened();
  for (const key of keys.slice(90)) server.remove(BUCKET, key);
  await refused;
  assert.deepEqual(server.keys(BUCKET), keys.slice(0, 90));
});

test("an aborted rename of a tree loses nothing", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const keys = numbered("src", 50);
  await put(server, keys);
  const controller = new AbortController();
  const reason = new Error("enough");
  const stalled = server.faults.add({ operation: "CopyObject", nth: 20, fault: { kind: "silence" } });
  const renaming = fs.rename(path("src"), path("dst"), { signal: controller.signal });
  await stalled.happened();
  controller.abort(reason);
  await assert.rejects(renaming, (error) => error === reason);
  const left = server.keys(BUCKET);
  assert.deepEqual(
    keys.filter((key) => !left.includes(key)),
    [],
  );
});

for (const fault of [
  { kind: "answer-lost" },
  { kind: "reset-before-headers" },
  { kind: "ok-with-error-body", code: "InternalError" },
  { kind: "throttle", delayMs: 1 },
] as const) {
  test(`moves and deletes survive ${fault.kind}`, async () => {
    await using fixture = await openFixture();
    const { fs, server } = fixture;
    await put(server, numbered("src", 20));
    for (const operation of ["CopyObject", "DeleteMultipleObjects", "ListObjectsV2"]) {
      server.faults.add({ operation, fault, nth: 1, times: 2 });
    }
    await fs.rename(path("src"), path("dst"));
    assert.deepEqual(server.keys(BUCKET), numbered("dst", 20));
    for (const operation of ["CopyObject", "DeleteObject", "HeadObject"]) {
      if (fault.kind !== "ok-with-error-body" || operation === "CopyObject") {
        server.faults.add({ operation, fault, nth: 1, times: 2 });
      }
    }
    await fs.rename(path("dst/00000"), path("dst/moved"));
    assert.deepEqual(server.keys(BUCKET), [...numbered("dst", 20).slice(1), "dst/moved"]);
  });
}

test("a source that is overwritten between listing and copy is not moved half", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, ["src/a"]);
  const held = server.faults.add({ operation: "CopyObject", fault: { kind: "delay", ms: 50 } });
  const renaming = fs.rename(path("src"), path("dst"));
  await held.happened();
  await server.put(BUCKET, "src/a", "newer");
  await renaming.catch((error) => assert.equal(error.code, "ESTALE"));
  const keys = server.keys(BUCKET);
  const kept = keys.includes("src/a") ? "src/a" : "dst/a";
  assert.equal(Buffer.from((await server.get(BUCKET, kept)) ?? []).toString(), "newer");
});

test("mkdirs costs depth + 2, an existing folder 2", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await fs.mkdirs(path("a/b/c/d"));
  assert.equal(fixture.requests().length, 6);
  await fs.mkdirs(path("a/b/c/d"));
  assert.equal(fixture.requests().length, 2);
  await fs.mkdirs(path("a/b"));
  assert.equal(fixture.requests().length, 2);
  await fs.mkdirs(path(""));
  assert.deepEqual(server.keys(BUCKET), ["a/b/c/d/"]);
  assert.deepEqual(await list(fs, "a/b/c/d"), []);
  await write(fs, "f", "x");
  await assert.rejects(fs.mkdirs(path("f")), { code: "EEXIST" });
  await assert.rejects(fs.mkdirs(path("f/x/y")), { code: "ENOTDIR" });
});

test("copy keeps the bytes and tells the target's status", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "a", sample(1000));
  const status = await fs.copy(path("a"), path("b/c"));
  assert.deepEqual(status, await fs.getFileStatus(path("b/c")));
  assert.deepEqual(await server.get(BUCKET, "b/c"), await server.get(BUCKET, "a"));
  await assert.rejects(fs.copy(path("a"), path("b/c")), { code: "EEXIST" });
  await assert.rejects(fs.copy(path("a"), path("a"), { overwrite: true }), { code: "EINVAL" });
  await assert.rejects(fs.copy(path("b"), path("x")), { code: "EISDIR" });
  await fs.copy(path("a"), path("b/c"), { overwrite: true });
});

test("what is too large for one copy is copied in parts, metadata too, and survives faults", async () => {
  await using fixture = await openFixture(
    { "fs.oss.multipart.upload.size": "100 kb", "fs.oss.server-side-encryption-algorithm": "AES256" },
    { maxCopySizeInBucket: 200_000 },
  );
  const { fs, server } = fixture;
  const bytes = sample(1_000_000);
  await write(fs, "a/big.txt", bytes);
  await write(fs, "a/small", "small");
  const before = await fs.getFileStatus(path("a/big.txt"));
  for (const operation of ["InitiateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"]) {
    server.faults.add({ operation, fault: { kind: "throttle", delayMs: 1 } });
    server.faults.add({ operation, nth: 2, fault: { kind: "answer-lost" } });
  }
  fixture.requests();
  const status = await fs.copy(path("a/big.txt"), path("copy.txt"));
  assert.equal(count(fixture.requests()).UploadPartCopy, 12);
  assert.deepEqual([status.length, status.crc64], [before.length, before.crc64]);
  await fs.rename(path("a"), path("b"));
  for (const key of ["copy.txt", "b/big.txt"]) {
    assert.ok(bytes.equals((await server.get(BUCKET, key)) ?? Buffer.alloc(0)), key);
  }
  assert.deepEqual(server.keys(BUCKET), ["b/big.txt", "b/small", "copy.txt"]);
  await assert.rejects(fs.copy(path("b/big.txt"), path("copy.txt")), { code: "EEXIST" });
  const denied = { kind: "status", status: 403, code: "AccessDenied" } as const;
  server.faults.add({ operation: "UploadPartCopy", nth: 3, fault: denied });
  await assert.rejects(fs.rename(path("b/big.txt"), path("c")), { code: "EACCES" });
  assert.ok(server.keys(BUCKET).includes("b/big.txt"));
  assert.equal((await fs.getFileStatus(path("b/big.txt"))).length, bytes.length);
  const own = server.uploads(BUCKET).filter(({ parts }) => parts.length > 0);
  assert.deepEqual(own, []);
});

test("a copy that is not the same as its source is removed, and the source kept", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "a", sample(1000));
  const wrong = { kind: "headers", headers: { "x-oss-hash-crc64ecma": "1" } } as const;
  server.faults.add({ operation: "CopyObject", fault: wrong });
  await assert.rejects(fs.rename(path("a"), path("b")), {
    code: "EIO",
    message: /was removed; the source was kept/,
  });
  assert.deepEqual(server.keys(BUCKET), ["a"]);
});

test("another's object of the same length is not taken for one's own copy", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "a", sample(1000, 1));
  server.faults.add({ operation: "CopyObject", fault: { kind: "reset-before-headers" } });
  const held = server.faults.add({ operation: "CopyObject", nth: 2, fault: { kind: "delay", ms: 200 } });
  const renaming = fs.rename(path("a"), path("b"));
  const refused = assert.rejects(renaming, { code: "EEXIST" });
  await held.happened();
  await server.put(BUCKET, "b", sample(1000, 2));
  await refused;
  assert.deepEqual(server.keys(BUCKET), ["a", "b"]);
});

test("a batch delete that leaves one key out says so, and a rename loses nothing by it", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await put(server, numbered("d", 30));
  const fault = { kind: "partial-delete", key: "d/00007" } as const;
  const handle = server.faults.add({ operation: "DeleteMultipleObjects", times: FOREVER, fault });
  await assert.rejects(fs.delete(path("d"), { recursive: true }), (error: Error & { code: string }) => {
    assert.equal(error.code, "EIO");
    assert.match(error.message, /29 objects were deleted/);
    assert.match(String(error.cause), /1 objects could not be deleted, 'd\/00007' among them/);
    return true;
  });
  assert.deepEqual(server.keys(BUCKET), ["d/00007"]);
  await assert.rejects(fs.rename(path("d"), path("e")), { code: "EIO" });
  assert.deepEqual(server.keys(BUCKET), ["d/00007", "e/00007"]);
  handle[Symbol.dispose]();
  assert.equal(await fs.delete(path("d"), { recursive: true }), true);
});
