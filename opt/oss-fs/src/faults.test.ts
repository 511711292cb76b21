import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "../../../test/oss-server/faults.ts";
import { randomFrom } from "../../../test/oss-server/random.ts";
import { type OssServer, startOssServer } from "../../../test/oss-server/server.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { BUCKET, list, openFileSystem, openFixture, path, read, sample, write } from "../test/support.ts";

const SOAK = process.env.PLUGFS_SOAK === "1";
const SCHEDULES = SOAK ? 10_000 : 40;
const KEYS = { "fs.oss.multipart.upload.size": "100 kb", "fs.oss.connection.timeout": "300 ms" };

/** What every call has to get over. `corrupt` is not among them: bytes that were read wrong are an error. */
const SURVIVED = [
  { kind: "reset-before-headers" },
  { kind: "reset-mid-body" },
  { kind: "reset-mid-body", after: -1 },
  { kind: "cut-body" },
  { kind: "stall" },
  { kind: "silence" },
  { kind: "answer-lost" },
  { kind: "throttle", delayMs: 1 },
  { kind: "status", status: 500, code: "InternalError" },
  { kind: "status", status: 429, code: "TooManyRequests" },
  { kind: "reset-upload" },
  { kind: "stall-upload" },
  { kind: "corrupt-upload" },
] as const satisfies readonly Fault[];

const WAYS = [
  ["plain", { tls: false, client: "lean" }],
  ["over TLS", { tls: true, client: "lean" }],
  ["by node:http", { tls: false, client: "node" }],
] as const;
const HIT = [
  "CompleteMultipartUpload",
  "CopyObject",
  "DeleteMultipleObjects",
  "DeleteObject",
  "GetObject",
  "HeadObject",
  "InitiateMultipartUpload",
  "ListObjectsV2",
  "PutObject",
  "UploadPart",
];

for (const [way, { tls, client }] of WAYS) {
  const keys = { ...KEYS, "fs.oss.http.client": client };
  for (const fault of SURVIVED) {
    test(`${way}, every call survives ${JSON.stringify(fault)}`, async () => {
      const isWaiting = /stall|silence/.test(fault.kind);
      const patience = isWaiting ? { "fs.oss.connection.timeout": "100 ms" } : {};
      await using fixture = await openFixture({ ...keys, ...patience }, { tls });
      const { fs, server } = fixture;
      const bytes = sample(350_000);
      const times = isWaiting ? 1 : 2;
      const hits = HIT.map((operation) => server.faults.add({ operation, fault, times }));
      await write(fs, "d/small", "small");
      await write(fs, "d/big", bytes);
      await fs.rename(path("d/big"), path("e/moved"));
      await fs.rename(path("d"), path("f"));
      assert.ok((await read(fs, "e/moved")).equals(bytes));
      assert.equal((await read(fs, "f/small")).toString(), "small");
      assert.deepEqual(await list(fs, "", true), ["e/", "e/moved", "f/", "f/small"]);
      assert.equal((await fs.getFileStatus(path("e/moved"))).length, bytes.length);
      assert.deepEqual(server.keys(BUCKET), ["e/moved", "f/small"]);
      // Of a beginning whose answer was lost nobody knows the upload: it is empty, and `uploads sweep` finds it.
      assert.deepEqual(
        server.uploads(BUCKET).filter(({ parts }) => parts.length > 0),
        [],
      );
      for (const [i, { hits: count }] of hits.entries()) assert.ok(count > 0, `no ${HIT[i]} was hit`);
    });
  }

  test(`${way}, an error under a 200 is an error, and tried again`, async () => {
    await using fixture = await openFixture(keys, { tls });
    const { fs, server } = fixture;
    const bytes = sample(350_000);
    const fault = { kind: "ok-with-error-body", code: "InternalError" } as const;
    for (const operation of [
      "CompleteMultipartUpload",
      "CopyObject",
      "DeleteMultipleObjects",
      "ListObjectsV2",
    ]) {
      server.faults.add({ operation, fault, times: 2 });
    }
    await write(fs, "d/big", bytes);
    await fs.rename(path("d"), path("e"));
    assert.ok((await read(fs, "e/big")).equals(bytes));
    server.faults.add({ operation: "CompleteMultipartUpload", fault: { ...fault, code: "AccessDenied" } });
    await assert.rejects(write(fs, "e/other", bytes), { code: "EACCES", storeCode: "AccessDenied" });
    assert.deepEqual([server.keys(BUCKET), server.uploads(BUCKET)], [["e/big"], []]);
  });

  test(`${way}, bytes that were changed on the way are never taken for the file's`, async () => {
    await using fixture = await openFixture(keys, { tls });
    const { fs, server } = fixture;
    await write(fs, "k", sample(350_000));
    server.faults.add({ operation: "GetObject", fault: { kind: "corrupt" } });
    await assert.rejects(read(fs, "k"), { code: "EIO", message: /CRC64/ });
    assert.ok((await read(fs, "k")).equals(sample(350_000)));
  });

  test(`${way}, a batch delete that leaves one key out says which`, async () => {
    await using fixture = await openFixture({ ...keys, "fs.oss.attempts.maximum": 2 }, { tls });
    const { fs, server } = fixture;
    for (const name of "abc") await server.put(BUCKET, `d/${name}`, name);
    const fault = { kind: "partial-delete", key: "d/b" } as const;
    server.faults.add({ operation: "DeleteMultipleObjects", times: 3, fault });
    await assert.rejects(fs.delete(path("d"), { recursive: true }), (error: Error & { code: string }) => {
      assert.equal(error.code, "EIO");
      assert.match(`${error.message} ${error.cause}`, /2 objects were deleted.*'d\/b'/);
      return true;
    });
    assert.deepEqual(server.keys(BUCKET), ["d/b"]);
    assert.equal(await fs.delete(path("d"), { recursive: true }), true);
  });

  test(`${way}, a clock that is wrong by an hour is amended`, async () => {
    for (const signature of [{}, { "fs.oss.region": "cn-hangzhou" }]) {
      await using fixture = await openFixture(
        { ...keys, ...signature },
        { tls, clock: () => Date.now() - 3_600_000 },
      );
      await write(fixture.fs, "k", sample(350_000));
      assert.ok((await read(fixture.fs, "k")).equals(sample(350_000)));
    }
  });
}

test("a server that restarts in the middle of a write", async () => {
  await using folder = await temporaryFolder();
  const megabytes = SOAK ? 200 : 20;
  let server = await startOssServer({ buckets: [BUCKET], data: folder.path });
  const { port } = server;
  const fs = await openFileSystem(server, {
    "fs.oss.multipart.upload.size": "1 mb",
    "fs.oss.retry.interval": "20 ms",
  });
  const block = sample(1024 * 1024);
  const stream = await fs.create(path("k"));
  let restarted: Promise<void> | undefined;
  for (let i = 0; i < megabytes; i++) {
    if (i === Math.floor(megabytes / 2)) {
      restarted = server.close().then(async () => {
        server = await startOssServer({ buckets: [BUCKET], data: folder.path, port });
      });
    }
    await stream.write(block);
  }
  const status = await stream.close();
  await restarted;
  assert.equal(status.length, megabytes * block.length);
  let at = 0;
  await using input = await fs.open(path("k"));
  const into = Buffer.alloc(block.length);
  for (; (await input.read(into)) > 0; at++) assert.ok(into.equals(block), `block ${at}`);
  assert.equal(at, megabytes);
  await fs.close();
  await server.close();
});

/** All kinds of faults, those that end in an error too. */
const ANY: readonly [Fault, ...Fault[]] = [
  ...SURVIVED.filter(({ kind }) => !kind.includes("stall") && kind !== "silence"),
  { kind: "corrupt" },
  { kind: "status", status: 403, code: "AccessDenied" },
  { kind: "ok-with-error-body", code: "InternalError" },
] as never;

for (const [way, { tls, client }] of WAYS) {
  const keys = { ...KEYS, "fs.oss.http.client": client };
  const share = way === "plain" ? SCHEDULES : Math.ceil(SCHEDULES / 10);
  test(`${share} seeded schedules of faults, ${way}: what was acknowledged is there, nothing is torn`, async () => {
    await using fixture = await openFixture({ ...keys, "fs.oss.attempts.maximum": 3 }, { tls });
    for (let seed = 1; seed <= share; seed++) await schedule(fixture.fs, fixture.server, seed);
  });

  const written = Math.ceil(share / 4);
  test(`${written} seeded schedules of recoverable writes, ${way}: what is committed is exactly what was written`, async () => {
    await using fixture = await openFixture({ ...keys, "fs.oss.attempts.maximum": 3 }, { tls });
    for (let seed = 1; seed <= written; seed++) await recoverableSchedule(fixture.fs, fixture.server, seed);
  });
}

/** A write that goes on from its last recoverable whenever something fails, and by lot, until it is committed. */
async function recoverableSchedule(
  fs: Awaited<ReturnType<typeof openFileSystem>>,
  server: OssServer,
  seed: number,
): Promise<void> {
  const random = randomFrom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const key = `r${seed}/file`;
  const writer = await fs.createRecoverableWriter();
  let content = Buffer.alloc(0);
  let point: { recoverable: Uint8Array; length: number } | undefined;
  const begin = () => (point ? writer.recover(point.recoverable) : writer.open(path(key)));

  using _ = server.faults.random({ seed, probability: 0.2, faults: ANY });
  let stream = await persistently(begin);
  const crash = async (): Promise<void> => {
    await stream[Symbol.asyncDispose]();
    content = content.subarray(0, point?.length ?? 0);
    stream = await persistently(begin);
    assert.equal(stream.position, content.length);
  };
  for (let step = 0; step < 8; step++) {
    const kind = pick(5);
    const bytes = sample(pick(3) === 0 ? 150_000 + pick(100_000) : pick(5000), seed * 100 + step);
    const done = await succeeds(
      kind <= 2
        ? stream.write(bytes)
        : stream.persist().then((recoverable) => {
            point = { recoverable, length: content.length };
          }),
    );
    if (!done || (kind === 4 && pick(2) === 0)) await crash();
    else if (kind <= 2) content = Buffer.concat([content, bytes]);
  }
  const committer = await persistently(async () => {
    try {
      return await stream.closeForCommit();
    } catch (error) {
      await crash();
      throw error;
    }
  });
  assert.equal(await server.get(BUCKET, key), undefined, `seed ${seed}: visible before its commit`);
  if (!(await succeeds(committer.commit()))) {
    const again = await writer.recoverForCommit(committer.recoverable);
    await persistently(() => again.commitAfterRecovery());
  }
  const found = Buffer.from((await server.get(BUCKET, key)) ?? []);
  assert.ok(found.equals(content), `seed ${seed}: ${found.length} bytes instead of ${content.length}`);
  server.remove(BUCKET, key);
}

/** Tries until it works, as a job does that is restarted; what fails has a code. */
async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      return await call();
    } catch (error) {
      if (i === 50 || !(error instanceof Error && "code" in error)) throw error;
    }
  }
}

type Content = Buffer | undefined;

/** Runs some operations under faults by lot. After each one every key holds what it may hold, compared past HTTP. */
async function schedule(
  fs: Awaited<ReturnType<typeof openFileSystem>>,
  server: OssServer,
  seed: number,
): Promise<void> {
  const random = randomFrom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const name = (): string => `s${seed}/${"abc"[pick(3)]}`;
  const model = new Map<string, Buffer>();
  const stored = async (key: string): Promise<Content> => {
    const bytes = await server.get(BUCKET, key);
    return bytes === undefined ? undefined : Buffer.from(bytes);
  };
  const same = (a: Content, b: Content): boolean =>
    a === undefined || b === undefined ? a === b : a.equals(b);
  /** The key holds one of these; from now on it is known which. */
  const holds = async (key: string, allowed: readonly Content[]): Promise<void> => {
    const found = await stored(key);
    const what = `seed ${seed}: ${key} holds ${found?.length ?? "nothing"}`;
    assert.ok(
      allowed.some((one) => same(one, found)),
      `${what}, not ${allowed.map((one) => one?.length ?? "nothing")}`,
    );
    if (found === undefined) model.delete(key);
    else model.set(key, found);
  };

  using _ = server.faults.random({ seed, probability: 0.25, faults: ANY });
  for (let step = 0; step < 8; step++) {
    const key = name();
    const old = model.get(key);
    const kind = pick(5);
    if (kind <= 1) {
      const bytes = sample(pick(4) === 0 ? 250_000 + pick(100_000) : pick(5000), seed * 100 + step);
      const overwrite = pick(2) === 0;
      const done = await succeeds(write(fs, key, bytes, overwrite));
      await holds(key, done ? [bytes] : overwrite ? [old, bytes] : [old ?? bytes, old]);
    } else if (kind === 2) {
      const bytes = await read(fs, key).catch(() => undefined);
      if (bytes !== undefined) assert.ok(same(bytes, old), `seed ${seed}: ${key} was read wrong`);
    } else if (kind === 3) {
      const done = await succeeds(fs.delete(path(key)));
      await holds(key, done ? [undefined] : [old, undefined]);
    } else {
      const to = name();
      const target = model.get(to);
      const done = await succeeds(fs.rename(path(key), path(to), { overwrite: true }));
      if (done) {
        await holds(key, [undefined]);
        await holds(to, [old]);
      } else if (to !== key) {
        await holds(key, [old, undefined]);
        await holds(to, [target, old]);
        const kept = [model.get(key), model.get(to)].some((content) => same(content, old));
        assert.ok(kept, `seed ${seed}: ${key} was lost on its way to ${to}`);
      }
    }
  }
  for (const key of server.keys(BUCKET).filter((key) => key.startsWith(`s${seed}/`) && !key.endsWith("/"))) {
    await holds(key, [model.get(key)]);
    server.remove(BUCKET, key);
  }
  server.remove(BUCKET, `s${seed}/`);
}

async function succeeds(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    assert.ok(typeof error === "object" && error !== null && "code" in error, String(error));
    return false;
  }
}
