import assert from "node:assert/strict";
import { test } from "node:test";
import { crc64 } from "./crc64.ts";
import { startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";
import { BYTES, serverWithObject } from "./support/one-object.ts";

test("AppendObject: positions, CRC64 over all of it, not on other objects", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const client = aliOss(server);
  const first = await client.append("log", Buffer.from("hello "), { position: 0 });
  assert.equal(first.nextAppendPosition, "6");
  const second = await client.append("log", Buffer.from("world"), { position: "6" });
  assert.equal(second.res.headers["x-oss-hash-crc64ecma"], String(crc64(Buffer.from("hello world"))));
  const reply = await ask(server, "GET", "/demo/log");
  assert.deepEqual(
    [reply.body.toString(), reply.headers["x-oss-object-type"]],
    ["hello world", "Appendable"],
  );
  const wrong = await ask(server, "POST", "/demo/log?append&position=3", { body: "x" });
  assert.deepEqual(
    [wrong.status, wrong.code, wrong.headers["x-oss-next-append-position"]],
    [409, "PositionNotEqualToLength", "11"],
  );
  await server.put("demo", "normal", "x");
  const normal = await ask(server, "POST", "/demo/normal?append&position=1", { body: "x" });
  assert.deepEqual([normal.status, normal.code], [409, "ObjectNotAppendable"]);
  assert.equal((await ask(server, "POST", "/demo/log?append", { body: "x" })).code, "InvalidArgument");
});

test("symlinks are followed by GET and HEAD, not to another link", async () => {
  await using server = await serverWithObject();
  const client = aliOss(server);
  await client.putSymlink("link", "a", { storageClass: "IA" });
  assert.equal((await client.getSymlink("link")).targetName, "a");
  assert.deepEqual((await client.get("link")).content, BYTES);
  await client.putSymlink("link2", "link");
  assert.equal((await ask(server, "GET", "/demo/link2")).code, "InvalidTargetType");
  await client.putSymlink("dangling", "none");
  assert.deepEqual((await ask(server, "HEAD", "/demo/dangling")).code, "SymlinkTargetNotExist");
  assert.equal((await ask(server, "GET", "/demo/a?symlink")).code, "NotSymlink");
});

test("tags are put, got and deleted", async () => {
  await using server = await serverWithObject();
  const client = aliOss(server);
  await client.putObjectTagging("a", { one: "1", two: "zwei + drei" });
  assert.deepEqual((await client.getObjectTagging("a")).tag, { one: "1", two: "zwei + drei" });
  assert.equal((await ask(server, "HEAD", "/demo/a")).headers["x-oss-tagging-count"], "2");
  await client.deleteObjectTagging("a");
  assert.deepEqual((await client.getObjectTagging("a")).tag, {});
});
