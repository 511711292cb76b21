import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { Operator } from "opendal";
import { type OssServer, startOssServer } from "./server.ts";

/** opendal is Rust with a signer of its own; it speaks V1 over `Date`, in path style. */
function operator(server: OssServer, options: Record<string, string> = {}): Operator {
  const { endpoint, accessKeyId, accessKeySecret } = server;
  return new Operator("oss", {
    ...{ endpoint, addressing_style: "path", bucket: "demo" },
    ...{ access_key_id: accessKeyId, access_key_secret: accessKeySecret, ...options },
  });
}

test("opendal works: write, stat, read, range, copy, list, delete", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const client = operator(server);
  const key = "folder/a b+c%20?#&=中文😀.txt";
  const bytes = Buffer.from("0123456789".repeat(1000));
  await client.write(key, bytes);
  assert.deepEqual(Buffer.from((await server.get("demo", key)) ?? []), bytes);
  const stat = await client.stat(key);
  assert.equal(stat.contentLength, 10_000n);
  assert.equal(stat.isFile(), true);
  assert.deepEqual(await client.read(key), bytes);
  const range = await client.read(key, { offset: 5n, size: 10n });
  assert.equal(range.toString(), "5678901234");
  await client.copy(key, "copy");
  assert.deepEqual(await client.read("copy"), bytes);
  await client.createDir("folder/sub/");
  const listed = async (path: string, recursive: boolean) =>
    (await client.list(path, { recursive })).map((entry) => entry.path()).sort();
  assert.deepEqual(await listed("", false), ["copy", "folder/"]);
  assert.deepEqual(await listed("", true), ["copy", key, "folder/sub/"]);
  await client.removeAll("");
  assert.deepEqual(server.keys("demo"), []);
});

test("opendal lists more than one page", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const names = Array.from({ length: 25 }, (_, index) => `many/${String(index).padStart(2, "0")}`);
  await Promise.all(names.map((name) => server.put("demo", name, name)));
  const found = await operator(server).list("many/", { limit: 10 });
  assert.deepEqual(
    found.map((entry) => entry.path()),
    names,
  );
  assert.equal(server.log.entries().filter(({ operation }) => operation === "ListObjectsV2").length, 3);
});

test("opendal uploads in parts, and reads them back in parallel", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const client = operator(server);
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
  const writer = await client.writer("big", { chunk: 262_144n, concurrent: 4 });
  await writer.write(bytes);
  await writer.close();
  assert.deepEqual(Buffer.from((await server.get("demo", "big")) ?? []), bytes);
  assert.deepEqual(server.uploads("demo"), []);
  assert.deepEqual(await client.read("big", { concurrent: 4, chunk: 100_000 }), bytes);
});

test("opendal's presigned URLs are good, and not after they expire", async () => {
  let now = Date.now();
  await using server = await startOssServer({ buckets: ["demo"], clock: () => now });
  await server.put("demo", "a b", "hello");
  const { method, url, headers } = await operator(server).presignRead("a b", 60);
  const status = async () => {
    const sent = request(url, { method, headers }).end();
    const [reply] = await once(sent, "response");
    reply.resume();
    return reply.statusCode;
  };
  assert.equal(await status(), 200);
  now += 120_000;
  assert.equal(await status(), 403);
});

test("opendal's errors are told apart", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  await assert.rejects(operator(server).read("missing"), /NotFound.*NoSuchKey/s);
  await assert.rejects(operator(server, { access_key_secret: "wrong" }).read("a"), /SignatureDoesNotMatch/);
  await assert.rejects(operator(server, { access_key_id: "nobody" }).read("a"), /InvalidAccessKeyId/);
  await assert.rejects(operator(server, { bucket: "missing" }).write("a", "b"), /NoSuchBucket/);
});
