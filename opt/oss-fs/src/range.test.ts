/** A store, or something before it, that does not answer the range that was asked for: never taken for the bytes. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { BUCKET, openFileSystem, openFixture, path, read, sample } from "../test/support.ts";

const PARTS = { "fs.oss.multipart.download.size": "100 kb", "fs.oss.attempts.maximum": 1 };
const bytes = sample(500_000);

test("a server that ignores ranges and sends the whole is EIO where a part was wanted", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { ETag: '"etag"', "Content-Length": bytes.length }).end(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fs = await openFileSystem({ endpoint, accessKeyId: "id", accessKeySecret: "secret" }, PARTS);
  try {
    const ignored = { code: "EIO", message: /ignored the range|did not answer the range/ };
    await assert.rejects(read(fs, "k"), ignored);
    await assert.rejects(fs.open(path("k"), { start: 10, end: 20 }), ignored);
    const status = await fs.getFileStatus(path("k"));
    await using stream = await fs.open(path("k"), { status });
    await assert.rejects(stream.readAt(200_000, new Uint8Array(10)), ignored);
    const ranges = [{ position: 1000, into: new Uint8Array(10) }];
    await assert.rejects(async () => stream.readRanges?.(ranges), ignored);
  } finally {
    await fs.close();
    server.close();
    server.closeAllConnections();
  }
});

for (const [name, nth, range] of [
  ["of the first part", 1, `bytes 1-102400/${bytes.length}`],
  ["of a later part", 3, `bytes 0-102399/${bytes.length}`],
  ["that is missing", 3, undefined],
] as const) {
  test(`a Content-Range ${name} that is not the range asked for is EIO`, async () => {
    await using fixture = await openFixture(PARTS);
    const { fs, server } = fixture;
    await server.put(BUCKET, "k", bytes);
    const headers = { "content-range": range };
    server.faults.add({ operation: "GetObject", nth, times: 10, fault: { kind: "headers", headers } });
    await assert.rejects(read(fs, "k"), { code: "EIO" });
  });
}

test("a Content-Range of an object of another length is ESTALE", async () => {
  await using fixture = await openFixture(PARTS);
  const { fs, server } = fixture;
  await server.put(BUCKET, "k", bytes);
  const status = await fs.getFileStatus(path("k"));
  const headers = { "content-range": "bytes 200000-200009/500001" };
  server.faults.add({ operation: "GetObject", times: 10, fault: { kind: "headers", headers } });
  await using stream = await fs.open(path("k"), { status });
  await assert.rejects(stream.readAt(200_000, new Uint8Array(10)), { code: "ESTALE" });
});
