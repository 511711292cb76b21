/** Hadoop's transfer keys: set they are fixed, as Hadoop means them; not set the sizes adapt. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OssServer } from "../../../test/oss-server/server.ts";
import { BUCKET, openFixture, read, sample, write } from "../test/support.ts";

const KIB = 1024;

/** The ranges that were read, as `[from, bytes]`, and over how many connections. */
function ranges(server: OssServer): { pieces: [number, number][]; connections: number } {
  const entries = server.log.entries().filter(({ operation }) => operation === "GetObject");
  const pieces = entries.map(({ range }): [number, number] => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    assert.ok(from !== undefined && to !== undefined, `range ${range}`);
    return [Number(from), Number(to) + 1 - Number(from)];
  });
  pieces.sort(([a], [b]) => a - b);
  return { pieces, connections: new Set(entries.map(({ connection }) => connection)).size };
}

test("multipart.download.size and ahead.part.max.number are the size and the number of ranged reads", async () => {
  await using fixture = await openFixture({
    "fs.oss.multipart.download.size": 512 * KIB,
    "fs.oss.multipart.download.ahead.part.max.number": 3,
  });
  const { fs, server } = fixture;
  const bytes = sample(5_000_000);
  await server.put(BUCKET, "k", bytes);
  server.shape.latency = 10;
  assert.ok((await read(fs, "k")).equals(bytes));
  const { pieces, connections } = ranges(server);
  const size = 512 * KIB;
  assert.deepEqual(
    pieces.map(([from]) => from),
    Array.from({ length: 10 }, (_, i) => i * size),
  );
  assert.ok(pieces.slice(0, -1).every(([, length]) => length === size));
  assert.ok(connections <= 3, `${connections} connections`);
});

test("without them reads grow while a file is read in sequence", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const bytes = sample(40_000_000);
  await server.put(BUCKET, "k", bytes);
  assert.ok((await read(fs, "k")).equals(bytes));
  const lengths = ranges(server).pieces.map(([, length]) => length);
  assert.ok((lengths[0] ?? 0) <= 1024 * KIB, `the first read asks for ${lengths[0]}`);
  assert.ok(Math.max(...lengths) >= 4096 * KIB, `the longest read asks for ${Math.max(...lengths)}`);
});

test("multipart.upload.size and upload.active.blocks are the size and the number of parts", async () => {
  await using fixture = await openFixture({
    "fs.oss.multipart.upload.size": 300 * KIB,
    "fs.oss.upload.active.blocks": 2,
  });
  const { fs, server } = fixture;
  server.shape.latency = 10;
  await write(fs, "k", sample(2_000_000));
  const parts = server.log.entries().filter(({ operation }) => operation === "UploadPart");
  const sizes = parts.map(({ bytesIn }) => bytesIn).sort((a, b) => b - a);
  assert.deepEqual(sizes, [...Array.from({ length: 6 }, () => 300 * KIB), 2_000_000 - 6 * 300 * KIB]);
  assert.ok(new Set(parts.map(({ connection }) => connection)).size <= 2);
});
