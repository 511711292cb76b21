import assert from "node:assert/strict";
import { test } from "node:test";
import { startOssServer } from "./server.ts";
import { ask } from "./support/ask.ts";
import { childrenOf, parseXml, textOf } from "./xml.ts";

test("PutBucket makes a bucket with ACL and storage class, and sets the ACL of one that is there", async () => {
  await using server = await startOssServer();
  const body = "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>";
  const made = await ask(server, "PUT", "/fresh/", { headers: { "x-oss-acl": "public-read" }, body });
  assert.equal(made.status, 200);
  const info = async () => {
    const root = parseXml((await ask(server, "GET", "/fresh/?bucketInfo")).body.toString());
    const [bucket] = childrenOf(root, "Bucket");
    const [acl] = childrenOf(bucket ?? assert.fail(), "AccessControlList");
    const text = (name: string) => textOf(bucket ?? assert.fail(), name);
    return [text("Name"), text("StorageClass"), text("Location"), textOf(acl ?? assert.fail(), "Grant")];
  };
  assert.deepEqual(await info(), ["fresh", "IA", "oss-cn-hangzhou", "public-read"]);
  await server.put("fresh", "a", "x");
  assert.equal(
    (await ask(server, "PUT", "/fresh/", { headers: { "x-oss-acl": "private" }, body: "" })).status,
    200,
  );
  assert.deepEqual((await info())[3], "private");
  assert.deepEqual(server.keys("fresh"), ["a"]);
  const wrong = await ask(server, "PUT", "/other/", { headers: { "x-oss-acl": "all" }, body: "" });
  assert.deepEqual([wrong.status, wrong.code], [400, "InvalidArgument"]);
  assert.equal((await ask(server, "PUT", "/other/", { body: "<Wrong/>" })).code, "MalformedXML");
});

test("DeleteBucket takes empty ones only", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  await server.put("demo", "a", "x");
  const full = await ask(server, "DELETE", "/demo/");
  assert.deepEqual([full.status, full.code], [409, "BucketNotEmpty"]);
  server.remove("demo", "a");
  assert.equal((await ask(server, "DELETE", "/demo/")).status, 204);
  assert.equal((await ask(server, "DELETE", "/demo/")).code, "NoSuchBucket");
});

test("ListBuckets goes in pages, by prefix and marker", async () => {
  await using server = await startOssServer({ buckets: ["aaa", "bbb-1", "bbb-2", "ccc"] });
  const names = async (query: string) => {
    const reply = await ask(server, "GET", `/${query}`);
    const root = parseXml(reply.body.toString());
    const [buckets] = childrenOf(root, "Buckets");
    const found = childrenOf(buckets ?? assert.fail(), "Bucket").map((bucket) => textOf(bucket, "Name"));
    return [found, textOf(root, "IsTruncated"), textOf(root, "NextMarker")];
  };
  assert.deepEqual(await names(""), [["aaa", "bbb-1", "bbb-2", "ccc"], "false", undefined]);
  assert.deepEqual(await names("?prefix=bbb&max-keys=1"), [["bbb-1"], "true", "bbb-1"]);
  assert.deepEqual(await names("?prefix=bbb&marker=bbb-1"), [["bbb-2"], "false", undefined]);
  const large = await ask(server, "GET", "/?max-keys=100000");
  assert.match(large.body.toString(), /Argument max-keys must be an integer between 1 and 1000\./);
});

test("GetBucketStat counts bytes, objects and uploads", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  await server.put("demo", "a", "12345");
  await server.put("demo", "b", "123");
  await ask(server, "POST", "/demo/c?uploads");
  const root = parseXml((await ask(server, "GET", "/demo/?stat")).body.toString());
  const counts = ["Storage", "ObjectCount", "MultipartUploadCount"].map((name) => textOf(root, name));
  assert.deepEqual(counts, ["8", "2", "1"]);
});

test("an upload into a bucket that is deleted meanwhile is refused", async () => {
  await using server = await startOssServer({ buckets: ["demo"], rate: 1_000_000 });
  const uploading = ask(server, "PUT", "/demo/a", { body: Buffer.alloc(600_000) });
  while ((server.log.entries()[0]?.bytesIn ?? 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await ask(server, "DELETE", "/demo/")).status, 204);
  assert.equal((await uploading).code, "NoSuchBucket");
});
