import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileSystem, RecoverableStream } from "plugfs";
import { BUCKET, type Fixture, openFileSystem, openFixture, path, sample } from "../test/support.ts";

const PARTS = { "fs.oss.multipart.upload.size": "128 kb", "fs.oss.upload.active.blocks": 3 };
const KIB = 1024;

async function stored(fixture: Fixture, key: string): Promise<Buffer | undefined> {
  const bytes = await fixture.server.get(BUCKET, key);
  return bytes === undefined ? undefined : Buffer.from(bytes);
}

async function open(fs: FileSystem, key: string, overwrite = false): Promise<RecoverableStream> {
  return await (await fs.createRecoverableWriter()).open(path(key), { overwrite });
}

for (const size of [0, 1, 100 * KIB - 1, 100 * KIB, 500 * KIB + 7]) {
  test(`${size} bytes are published by the commit, not before, and nothing is left`, async () => {
    await using fixture = await openFixture(PARTS);
    const bytes = sample(size);
    const stream = await open(fixture.fs, "out");
    for (let at = 0; at < size; at += 30_000) await stream.write(bytes.subarray(at, at + 30_000));
    assert.equal(stream.position, size);
    const committer = await stream.closeForCommit();
    assert.deepEqual(fixture.server.keys(BUCKET), []);
    const status = await committer.commit();
    assert.equal(status.length, size);
    assert.ok(bytes.equals((await stored(fixture, "out")) ?? Buffer.from("missing")));
    assert.deepEqual(fixture.server.keys(BUCKET), ["out"]);
    assert.deepEqual(fixture.server.uploads(BUCKET), []);
  });
}

test("a short file costs nothing before its commit, and no upload", async () => {
  await using fixture = await openFixture(PARTS);
  const stream = await open(fixture.fs, "d/out");
  fixture.requests();
  await stream.write(sample(1000));
  const recoverable = await stream.persist();
  assert.ok(recoverable.byteLength < 1500);
  const committer = await stream.closeForCommit();
  assert.deepEqual(fixture.requests(), []);
  await committer.commit();
  assert.deepEqual(fixture.requests(), ["PutObject"]);
});

test("another process continues at the persisted position; later bytes are dropped", async () => {
  await using fixture = await openFixture(PARTS);
  const bytes = sample(700 * KIB);
  const first = await open(fixture.fs, "out");
  await first.write(bytes.subarray(0, 300 * KIB));
  const recoverable = await first.persist();
  await first.write(sample(400 * KIB, 9));
  await fixture.fs.close();
  assert.equal(fixture.server.uploads(BUCKET).length, 1);

  const fs = await openFileSystem(fixture.server, PARTS);
  const writer = await fs.createRecoverableWriter();
  await using second = await writer.recover(recoverable);
  assert.equal(second.id, first.id);
  assert.equal(second.position, 300 * KIB);
  await second.write(bytes.subarray(300 * KIB));
  await (await second.closeForCommit()).commit();
  assert.ok(bytes.equals((await stored(fixture, "out")) ?? Buffer.alloc(0)));
  assert.deepEqual(fixture.server.uploads(BUCKET), []);
  await fs.close();
});

test("a stream that is left without a recoverable leaves no upload, one with keeps it", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const dropped = await open(fs, "dropped");
  await dropped.write(sample(500 * KIB));
  await dropped[Symbol.asyncDispose]();
  assert.deepEqual(server.uploads(BUCKET), []);
  const kept = await open(fs, "kept");
  await kept.write(sample(500 * KIB));
  await kept.persist();
  await kept[Symbol.asyncDispose]();
  assert.equal(server.uploads(BUCKET).length, 1);
  await assert.rejects(kept.write(sample(1)), { code: "EINVAL" });
});

test("pending names writes by their id, discard removes them", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const writer = await fs.createRecoverableWriter();
  const pending = async (prefix: string) => {
    const found = [];
    for await (const { target, id, bytes, started } of writer.pending(path(prefix))) {
      assert.ok(Math.abs(Date.now() - started) < 60_000);
      found.push([target.key, id, bytes]);
    }
    return found;
  };
  const a = await writer.open(path("d/a"));
  const b = await writer.open(path("d/b c+%"));
  const c = await writer.open(path("da"));
  for (const stream of [a, b, c]) await stream.write(sample(300 * KIB));
  for (const stream of [a, b, c]) await stream.persist();
  assert.deepEqual(await pending("d"), [
    ["d/a", a.id, 300 * KIB - (300 * KIB - 2 * 128 * KIB)],
    ["d/b c+%", b.id, 256 * KIB],
  ]);
  assert.equal((await pending("")).length, 3);
  assert.equal(await writer.discard(path("d/a"), a.id), true);
  assert.equal(await writer.discard(path("d/a"), a.id), false);

  const other = await openFileSystem(server, PARTS);
  const others = await other.createRecoverableWriter();
  for await (const { target, id } of others.pending(path("d"))) {
    assert.equal(await others.discard(target, id), true);
  }
  assert.deepEqual(await pending("d"), []);
  await other.close();
});

test("more unfinished uploads than a page of the store holds", async () => {
  await using fixture = await openFixture({ ...PARTS, "fs.oss.region": "cn-hangzhou" });
  const { fs, server } = fixture;
  const body = sample(100 * KIB);
  const writer = await fs.createRecoverableWriter();
  const ids = new Set<string>();
  for (let turn = 0; turn < 103; turn++) {
    const names = Array.from({ length: 10 }, (_, i) => `d/${turn}${i} +%é`);
    await Promise.all(
      names.map(async (name) => {
        await using stream = await writer.open(path(name));
        await stream.write(body);
        await stream.persist();
        ids.add(stream.id);
      }),
    );
  }
  for await (const { target, id } of writer.pending(path(""))) assert.ok(ids.delete(id), `${target} ${id}`);
  assert.equal(ids.size, 0);
  assert.equal(server.uploads(BUCKET).length, 1030);
});

test("a recoverable holds less than a part, however much was written, and tells its version", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs } = fixture;
  const writer = await fs.createRecoverableWriter();
  await using stream = await writer.open(path("out"));
  for (const length of [100 * KIB - 1, 128 * KIB, 99 * KIB, 300 * KIB]) {
    await stream.write(sample(length));
    const { byteLength } = await stream.persist();
    assert.ok(byteLength < 102 * KIB, `${byteLength} bytes`);
  }
  const newer = Buffer.from(await stream.persist());
  newer[5] = 2;
  const refused = { code: "EINVAL", message: /no recoverable of oss-fs, or one of another version/ };
  await assert.rejects(writer.recover(newer), refused);
});

test("committing after a recovery does it once, and says so when it cannot", async () => {
  for (const size of [10, 300 * KIB]) {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    const bytes = sample(size);
    const writer = await fs.createRecoverableWriter();
    const stream = await writer.open(path("out"));
    await stream.write(bytes);
    const { recoverable } = await stream.closeForCommit();

    for (let i = 0; i < 3; i++) {
      const status = await (await writer.recoverForCommit(recoverable)).commitAfterRecovery();
      assert.equal(status.length, size);
    }
    assert.ok(bytes.equals((await stored(fixture, "out")) ?? Buffer.alloc(0)));

    await server.put(BUCKET, "out", "another's");
    const again = (await writer.recoverForCommit(recoverable)).commitAfterRecovery();
    await assert.rejects(again, (error: { code: string }) => ["EIO", "EEXIST"].includes(error.code));
    assert.equal((await stored(fixture, "out"))?.toString(), "another's");
  }
});

test("a commit of an upload that is gone is an error, never a success", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const writer = await fs.createRecoverableWriter();
  const stream = await writer.open(path("out"));
  await stream.write(sample(300 * KIB));
  const recoverable = await stream.persist();
  await stream[Symbol.asyncDispose]();
  await writer.discard(path("out"), stream.id);
  const committer = await writer.recoverForCommit(recoverable);
  await assert.rejects(committer.commitAfterRecovery(), { code: "EIO", message: /the upload is gone/ });
  await assert.rejects(committer.commit(), { code: "EIO", storeCode: "NoSuchUpload" });
  await assert.rejects(writer.recover(recoverable), {
    code: "EIO",
    message: /the upload of this write is gone/,
  });
  assert.deepEqual(server.keys(BUCKET), []);
});

test("overwriting is decided at the commit", async () => {
  for (const size of [10, 300 * KIB]) {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    const refused = await open(fs, "out");
    const replacing = await open(fs, "out", true);
    await server.put(BUCKET, "out", "old");
    for (const stream of [refused, replacing]) await stream.write(sample(size));
    const committer = await refused.closeForCommit();
    await assert.rejects(committer.commit(), { code: "EEXIST" });
    assert.equal((await stored(fixture, "out"))?.toString(), "old");
    await (await replacing.closeForCommit()).commit();
    assert.equal((await stored(fixture, "out"))?.length, size);
    await server.remove(BUCKET, "out");
    await committer.commit();
    assert.equal((await stored(fixture, "out"))?.length, size);
    assert.deepEqual(server.uploads(BUCKET), []);
  }
});

test("answers that are lost on the way do no harm", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  for (const [i, operation] of ["PutObject", "UploadPart", "CompleteMultipartUpload"].entries()) {
    const size = i === 0 ? 10 : 300 * KIB;
    server.faults.add({ operation, fault: { kind: "answer-lost" } });
    const stream = await open(fs, `out${i}`);
    await stream.write(sample(size));
    await (await stream.closeForCommit()).commit();
    assert.ok(sample(size).equals((await stored(fixture, `out${i}`)) ?? Buffer.alloc(0)));
  }
});

test("a lost answer to the beginning leaves an empty upload, which is pending and can be discarded", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  server.faults.add({ operation: "InitiateMultipartUpload", fault: { kind: "answer-lost" } });
  const stream = await open(fs, "out");
  await stream.write(sample(300 * KIB));
  await (await stream.closeForCommit()).commit();
  assert.ok(sample(300 * KIB).equals((await stored(fixture, "out")) ?? Buffer.alloc(0)));
  // Whose it is cannot be told from another writer's that is just beginning: nothing is aborted by guess.
  const writer = await fs.createRecoverableWriter();
  assert.equal(server.uploads(BUCKET).length, 1);
  for await (const { target, id, bytes } of writer.pending(path("out"))) {
    assert.deepEqual([target.key, bytes], ["out", 0]);
    assert.equal(await writer.discard(target, id), true);
  }
  assert.deepEqual(server.uploads(BUCKET), []);
});

test("an older recoverable cannot be committed once a newer stream has gone beyond it", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs } = fixture;
  const writer = await fs.createRecoverableWriter();
  const stream = await writer.open(path("out"));
  await stream.write(sample(130 * KIB));
  const older = await stream.persist();
  await stream.write(sample(300 * KIB, 1));
  const newer = await stream.persist();
  await stream[Symbol.asyncDispose]();
  const recovered = await writer.recover(older);
  await recovered.write(sample(300 * KIB, 2));
  await recovered.persist();
  await recovered[Symbol.asyncDispose]();
  await assert.rejects((await writer.recoverForCommit(newer)).commit());
  assert.equal(await stored(fixture, "out"), undefined);
});

test("bytes that are no recoverable, damaged, or another bucket's are refused", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  const writer = await fs.createRecoverableWriter();
  const stream = await writer.open(path("out"));
  await stream.write(sample(1000));
  const recoverable = await stream.persist();
  const damaged = Uint8Array.from(recoverable);
  damaged[100] = (damaged[100] as number) ^ 1;
  for (const bytes of [new Uint8Array(), Buffer.from("{}"), damaged, recoverable.subarray(0, -1)]) {
    await assert.rejects(writer.recover(bytes), { code: "EINVAL" });
    await assert.rejects(writer.recoverForCommit(bytes), { code: "EINVAL" });
    await assert.rejects(writer.cleanup(bytes), { code: "EINVAL" });
  }
  const other = await openFileSystem(server, {}, [], "another");
  const others = await other.createRecoverableWriter();
  await assert.rejects(others.recover(recoverable), { code: "EINVAL", message: /belong to bucket "bucket"/ });
  await other.close();
});

test("a target that is a folder, or lies below a file, is refused at open", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  await server.put(BUCKET, "d/x", "x");
  await assert.rejects(open(fs, "d"), { code: "EISDIR" });
  await assert.rejects(open(fs, "d/x/y"), { code: "ENOTDIR" });
});

test("any sequence of write, persist, crash, recover and commit gives exactly the recovered bytes", async () => {
  await using fixture = await openFixture(PARTS);
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("write" as const),
        size: fc.integer({ min: 0, max: 300 * KIB }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("persist" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, crashAtEnd) => {
      const key = `run/${run++}`;
      let seed = 0;
      let fs = await openFileSystem(fixture.server, PARTS);
      let writer = await fs.createRecoverableWriter();
      let stream = await writer.open(path(key));
      let written = Buffer.alloc(0);
      let persisted = { bytes: written, recoverable: await stream.persist() };
      const restart = async () => {
        await fs.close();
        fs = await openFileSystem(fixture.server, PARTS);
        writer = await fs.createRecoverableWriter();
      };
      for (const step of steps) {
        if (step.do === "write") {
          const bytes = sample(step.size, ++seed);
          await stream.write(bytes);
          written = Buffer.concat([written, bytes]);
        } else if (step.do === "persist") {
          persisted = { bytes: written, recoverable: await stream.persist() };
        } else {
          await restart();
          stream = await writer.recover(persisted.recoverable);
          written = persisted.bytes;
        }
      }
      if (crashAtEnd) {
        await restart();
        await (await writer.recoverForCommit(persisted.recoverable)).commitAfterRecovery();
        written = persisted.bytes;
      } else {
        await (await stream.closeForCommit()).commit();
      }
      assert.ok(written.equals((await stored(fixture, key)) ?? Buffer.from("missing")));
      assert.deepEqual(fixture.server.uploads(BUCKET), []);
      await fs.close();
    }),
    { numRuns: 40 },
  );
});
