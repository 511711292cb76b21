import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BUCKET, openFixture, path, sample } from "../test/support.ts";

const MIB = 1024 * 1024;

/** Bytes of buffers that are held, garbage not counted. */
function held(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().arrayBuffers;
}

test("a thousand open streams, half read and half written, stay within the default memory and all end well", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const bytes = sample(400_000);
  const half = bytes.length / 2;
  await server.put(BUCKET, "k", bytes);
  const before = held();
  const readers = await Promise.all(Array.from({ length: 500 }, () => fs.open(path("k"))));
  const writers = await Promise.all(
    Array.from({ length: 500 }, (_, i) => fs.create(path(`w${i}`), { isClear: true })),
  );
  for (const writer of writers) await writer.write(bytes.subarray(0, half));
  const into = Buffer.alloc(half);
  for (const reader of readers) assert.equal(await reader.read(into), half);
  const used = held() - before;
  assert.ok(used < 1.25 * 256 * MIB, `${Math.round(used / MIB)} MiB`);

  for (const reader of readers) {
    assert.equal(await reader.read(into), half);
    assert.ok(into.equals(bytes.subarray(half)));
    await reader.close();
  }
  for (const [i, writer] of writers.entries()) {
    await writer.write(bytes.subarray(half));
    await writer.close();
    assert.ok(bytes.equals((await server.get(BUCKET, `w${i}`)) ?? Buffer.alloc(0)), `w${i}`);
    server.remove(BUCKET, `w${i}`);
  }
  assert.deepEqual(server.uploads(BUCKET), []);
});
