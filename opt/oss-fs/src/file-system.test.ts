import assert from "node:assert/strict";
import { test } from "node:test";
import { BUCKET, list, openFixture, path, read, sample, write } from "../test/support.ts";

test("what is written reads back, and a small file costs the requests that the docstrings say", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const status = await write(fs, "a/b.txt", "hello");
  assert.deepEqual(fixture.requests().sort(), ["HeadObject", "ListObjectsV2", "PutObject"]);
  assert.equal(status.length, 5);
  assert.equal(Buffer.from((await server.get(BUCKET, "a/b.txt")) ?? []).toString(), "hello");
  assert.equal((await read(fs, "a/b.txt")).toString(), "hello");
  assert.deepEqual(fixture.requests(), ["GetObject"]);
  const found = await fs.getFileStatus(path("a/b.txt"));
  assert.deepEqual(fixture.requests(), ["HeadObject"]);
  assert.equal(found.kind, "file");
  assert.equal(found.version, status.version);
  assert.equal(found.crc64, status.crc64);
  assert.ok(found.modificationTime > 0);
});

test("without the parent check a small file costs two requests", async () => {
  await using fixture = await openFixture({ "fs.oss.performance.flags.create": true });
  await write(fixture.fs, "a/b.txt", "hello");
  assert.deepEqual(fixture.requests(), ["ListObjectsV2", "PutObject"]);
});

test("where the caller knows that nothing is in the way a small file costs one request, and none is replaced", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const isClear = true;
  const put = async (text: string, overwrite?: boolean) => {
    await using stream = await fs.create(path("a/b.txt"), { isClear, overwrite });
    await stream.write(Buffer.from(text));
    await stream.close();
  };
  await put("hello");
  assert.deepEqual(fixture.requests(), ["PutObject"]);
  await assert.rejects(put("other"), { code: "EEXIST" });
  fixture.requests();
  await fs.copy(path("a/b.txt"), path("c/d.txt"), { isClear });
  assert.deepEqual(fixture.requests(), ["HeadObject", "CopyObject"]);
  await assert.rejects(fs.copy(path("a/b.txt"), path("c/d.txt"), { isClear }), { code: "EEXIST" });
  await put("newer", true);
  assert.equal(Buffer.from((await server.get(BUCKET, "a/b.txt")) ?? []).toString(), "newer");
});

test("a large file goes out and comes in by parts, and is the same", async () => {
  await using fixture = await openFixture();
  const { fs } = fixture;
  const bytes = sample(20 * 1024 * 1024 + 17);
  await write(fs, "big", bytes);
  const operations = fixture.requests();
  assert.equal(operations.filter((o) => o === "UploadPart").length, 3);
  assert.deepEqual(operations.slice(-1), ["CompleteMultipartUpload"]);
  assert.ok((await read(fs, "big")).equals(bytes));
});

test("listing", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  for (const key of ["d/a", "d/b/c", "d/b/d", "d/b-", "d/é", "d/😀", "d/\uffee"]) {
    await server.put(BUCKET, key, key);
  }
  assert.deepEqual(await list(fs, "d"), ["d/a", "d/b-", "d/b/", "d/é", "d/\uffee", "d/😀"]);
  assert.deepEqual(await list(fs, "d", true), [
    "d/a",
    "d/b-",
    "d/b/",
    "d/b/c",
    "d/b/d",
    "d/é",
    "d/\uffee",
    "d/😀",
  ]);
  assert.deepEqual(await list(fs, "d/a"), ["d/a"]);
  await assert.rejects(list(fs, "nothing"), { code: "ENOENT" });
});

test("delete and rename", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "a/1", "one");
  await server.put(BUCKET, "a/2", "two");
  await server.put(BUCKET, "b/x", "x");
  fixture.requests();
  await fs.rename(path("a/1"), path("b/1"));
  assert.deepEqual(fixture.requests(), [
    "HeadObject",
    "HeadObject",
    "ListObjectsV2",
    "CopyObject",
    "DeleteObject",
    "ListObjectsV2",
  ]);
  assert.equal(await fs.delete(path("b/1")), true);
  assert.deepEqual(fixture.requests(), ["HeadObject", "DeleteObject", "ListObjectsV2"]);
  await fs.rename(path("a"), path("c/d"));
  assert.deepEqual(server.keys(BUCKET), ["b/x", "c/d/2"]);
  assert.equal(await fs.delete(path("c"), { recursive: true }), true);
  assert.equal(await fs.delete(path("c"), { recursive: true }), false);
  assert.deepEqual(server.keys(BUCKET), ["b/x"]);
  await fs.mkdirs(path("m/n/o"));
  assert.deepEqual(server.keys(BUCKET), ["b/x", "m/n/o/"]);
});
