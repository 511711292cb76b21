import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc64 } from "./crc64.ts";
import { startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";
import { BYTES } from "./support/one-object.ts";

test("PutObject answers ETag, CRC64 and MD5, and GetObject gives back what came with it", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const md5 = createHash("md5").update(BYTES).digest();
  const headers = {
    "Content-MD5": md5.toString("base64"),
    "Content-Type": "text/x-test",
    "Cache-Control": "max-age=5",
    "Content-Disposition": "attachment; filename=x",
    "Content-Encoding": "identity",
    "Content-Language": "de",
    Expires: "Fri, 28 Feb 2031 05:38:42 GMT",
    "x-oss-meta-one": "ä and 中",
    "x-oss-server-side-encryption": "AES256",
    "x-oss-storage-class": "IA",
    "x-oss-tagging": "a=1&b=2",
  };
  const latin1 = { ...headers, "x-oss-meta-one": Buffer.from(headers["x-oss-meta-one"]).toString("latin1") };
  const wanted = { ...headers, "x-oss-meta-one": latin1["x-oss-meta-one"] };
  const client = aliOss(server);
  const { "x-oss-meta-one": _, ...plain } = headers;
  const put = await client.put("a", BYTES, { headers: plain });
  assert.equal(put.res.headers.etag, `"${md5.toString("hex").toUpperCase()}"`);
  assert.equal(put.res.headers["x-oss-hash-crc64ecma"], String(crc64(BYTES)));
  assert.equal(put.res.headers["x-oss-server-side-encryption"], "AES256");
  assert.match(put.res.headers["x-oss-request-id"] ?? "", /^[0-9A-F]{24}$/);
  const { headers: got } = await ask(server, "GET", "/demo/a");
  for (const [name, value] of Object.entries(wanted)) {
    if (name === "x-oss-tagging" || name === "x-oss-meta-one") continue;
    assert.equal(got[name.toLowerCase()], value, name);
  }
  assert.equal(got["x-oss-tagging-count"], "2");
  assert.equal(got["x-oss-object-type"], "Normal");
  assert.equal(got["accept-ranges"], "bytes");
  assert.equal(got["content-md5"], headers["Content-MD5"]);
});

test("user metadata in UTF-8 comes back byte for byte", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const value = "ä and 中";
  await ask(server, "PUT", "/demo/?acl", { headers: { "x-oss-acl": "public-read-write" } });
  const sent = { "x-oss-meta-one": Buffer.from(value).toString("latin1") };
  assert.equal(
    (await ask(server, "PUT", "/demo/a", { anonymous: true, headers: sent, body: Buffer.from("x") })).status,
    200,
  );
  const { headers } = await ask(server, "GET", "/demo/a");
  assert.equal(Buffer.from(String(headers["x-oss-meta-one"]), "latin1").toString(), value);
});

test("without md5, ETags of uploads are opaque, and Content-MD5 is checked all the same", async () => {
  await using server = await startOssServer({ buckets: ["demo"], md5: false });
  const reply = await ask(server, "PUT", "/demo/a", { body: BYTES });
  assert.match(String(reply.headers.etag), /^"[0-9A-F]+-1000"$/);
  assert.equal(reply.headers["content-md5"], undefined);
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(BYTES)));
  const headers = { "Content-MD5": Buffer.alloc(16).toString("base64") };
  assert.equal((await ask(server, "PUT", "/demo/a", { headers, body: "x" })).code, "InvalidDigest");
});

test("what PutObject refuses", async () => {
  await using server = await startOssServer({ buckets: ["demo"], maxPutSize: 100 });
  const refused: [Record<string, string>, number, string][] = [
    [{ "Content-MD5": Buffer.alloc(16).toString("base64") }, 400, "InvalidDigest"],
    [{ "Content-MD5": "no md5" }, 400, "InvalidDigest"],
    [{ "x-oss-server-side-encryption": "ROT13" }, 400, "InvalidEncryptionAlgorithmError"],
    [{ "x-oss-storage-class": "Gold" }, 400, "InvalidArgument"],
    [{ "x-oss-object-acl": "everybody" }, 400, "InvalidArgument"],
    [
      { "x-oss-tagging": Array.from({ length: 11 }, (_, index) => `k${index}=v`).join("&") },
      400,
      "InvalidTag",
    ],
    [{ "x-oss-meta-a": "x".repeat(8192) }, 400, "InvalidArgument"],
    [{ "x-oss-forbid-overwrite": "maybe" }, 400, "InvalidArgument"],
    [{ "If-Match": '"x"' }, 400, "NotImplemented"],
    [{ "If-None-Match": "*" }, 400, "NotImplemented"],
  ];
  for (const [headers, status, code] of refused) {
    const reply = await ask(server, "PUT", "/demo/a", { headers, body: "hello" });
    assert.deepEqual([reply.status, reply.code], [status, code], JSON.stringify(headers));
  }
  const large = await ask(server, "PUT", "/demo/a", { body: "x".repeat(101) });
  assert.deepEqual([large.status, large.code], [400, "EntityTooLarge"]);
  const chunked = { "Transfer-Encoding": "chunked" };
  const largeChunked = await ask(server, "PUT", "/demo/a", { headers: chunked, body: "x".repeat(101) });
  assert.deepEqual([largeChunked.status, largeChunked.code], [400, "EntityTooLarge"]);
  const missing = await ask(server, "PUT", "/nowhere/a", { body: "x" });
  assert.deepEqual([missing.status, missing.code], [404, "NoSuchBucket"]);
  assert.deepEqual(server.keys("demo"), []);
});

test("x-oss-forbid-overwrite: one of many writers wins, nobody else changes anything", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const headers = { "x-oss-forbid-overwrite": "true" };
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      ask(server, "PUT", "/demo/a", { headers, body: `writer ${index}` }),
    ),
  );
  const winners = replies.flatMap(({ status }, index) => (status === 200 ? [index] : []));
  assert.equal(winners.length, 1);
  assert.equal(Buffer.from((await server.get("demo", "a")) ?? []).toString(), `writer ${winners[0]}`);
  for (const { status, code } of replies) {
    if (status !== 200) assert.deepEqual([status, code], [409, "FileAlreadyExists"]);
  }
  await server.put("demo", "b", "b");
  const copy = { "x-oss-copy-source": "/demo/b", ...headers };
  assert.equal((await ask(server, "PUT", "/demo/a", { headers: copy })).code, "FileAlreadyExists");
  assert.equal((await ask(server, "POST", "/demo/a?uploads", { headers })).code, "FileAlreadyExists");
});

test("1,000 concurrent uploads to one key: the last one to end wins, never a mixture", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const bodyOf = (index: number) => Buffer.alloc(20_000, index % 251);
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => ask(server, "PUT", "/demo/a", { body: bodyOf(index) })),
  );
  assert.ok(replies.every(({ status }) => status === 200));
  const stored = Buffer.from((await server.get("demo", "a")) ?? []);
  assert.deepEqual(stored, Buffer.alloc(20_000, stored[0]));
});

test("names: 1 to 1023 bytes, no slash or backslash in front; any other character goes", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const put = (key: string) => ask(server, "PUT", `/demo/${encodeURIComponent(key)}`, { body: "x" });
  const good = [
    "x".repeat(1023),
    "ü".repeat(511),
    "..",
    ".",
    "a/../b",
    "a//b",
    "a/",
    " ",
    "\u0001",
    "\u007f",
    "😀",
    "\ue000",
    "a\nb",
    "'\"<>&",
  ];
  for (const key of good) assert.equal((await put(key)).status, 200, JSON.stringify(key));
  assert.deepEqual(new Set(server.keys("demo")), new Set(good));
  for (const key of ["x".repeat(1024), "ü".repeat(512), "/a", "\\a"]) {
    assert.deepEqual([(await put(key)).status, (await put(key)).code], [400, "InvalidObjectName"]);
  }
  const malformed = await ask(server, "PUT", "/demo/%ff", { anonymous: true, body: "x" });
  assert.deepEqual([malformed.status, malformed.code], [400, "InvalidURI"]);
  for (const bucket of ["ab", "Upper", "a_b", "-ab", "ab-", "x".repeat(64)]) {
    const made = await ask(server, "PUT", `/${bucket}/`, { body: "" });
    assert.deepEqual([made.status, made.code], [400, "InvalidBucketName"], bucket);
  }
});

test("errors: missing bucket and key on GET, HEAD and GetObjectMeta; DELETE of nothing is 204", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  for (const method of ["GET", "HEAD"]) {
    for (const query of ["", "?objectMeta"]) {
      const noKey = await ask(server, method, `/demo/none${query}`);
      assert.deepEqual([noKey.status, noKey.code], [404, "NoSuchKey"]);
      const noBucket = await ask(server, method, `/nowhere/none${query}`);
      assert.deepEqual([noBucket.status, noBucket.code], [404, "NoSuchBucket"]);
      assert.equal(noBucket.body.length > 0, method === "GET");
    }
  }
  assert.equal((await ask(server, "DELETE", "/demo/none")).status, 204);
  assert.equal((await ask(server, "DELETE", "/nowhere/none")).code, "NoSuchBucket");
  assert.equal((await ask(server, "PATCH", "/demo/none")).code, "MethodNotAllowed");
  assert.deepEqual(
    [
      (await ask(server, "GET", "/demo/?lifecycle")).code,
      (await ask(server, "GET", "/demo/?lifecycle")).status,
    ],
    ["NotImplemented", 501],
  );
});
