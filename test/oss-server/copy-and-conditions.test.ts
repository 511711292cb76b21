import assert from "node:assert/strict";
import { test } from "node:test";
import { crc64 } from "./crc64.ts";
import { startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";
import { BYTES, serverWithObject } from "./support/one-object.ts";

for (const [name, headers, status] of [
  ["If-Match hits", { "If-Match": '"ETAG"' }, 200],
  ["If-Match hits one of a list", { "If-Match": '"x", ETAG' }, 200],
  ["If-Match misses", { "If-Match": '"x"' }, 412],
  ["If-None-Match hits", { "If-None-Match": '"ETAG"' }, 304],
  ["If-None-Match *", { "If-None-Match": "*" }, 304],
  ["If-None-Match misses", { "If-None-Match": '"x"' }, 200],
  ["If-Modified-Since before", { "If-Modified-Since": "BEFORE" }, 200],
  ["If-Modified-Since then", { "If-Modified-Since": "THEN" }, 304],
  ["If-Unmodified-Since before", { "If-Unmodified-Since": "BEFORE" }, 412],
  ["If-Unmodified-Since then", { "If-Unmodified-Since": "THEN" }, 200],
  ["a date that is none", { "If-Modified-Since": "soon" }, 200],
] as const) {
  test(`conditional GET, HEAD and copy: ${name}: ${status}`, async () => {
    await using server = await serverWithObject();
    const { headers: object } = await ask(server, "HEAD", "/demo/a");
    const modified = Date.parse(String(object["last-modified"]));
    const fill = (value: string) =>
      value
        .replace(/"?ETAG"?/, String(object.etag))
        .replace("BEFORE", new Date(modified - 1000).toUTCString())
        .replace("THEN", new Date(modified).toUTCString());
    const filled = Object.entries(headers).map(([key, value]) => [key, fill(value)] as const);
    const sent = Object.fromEntries(filled);
    for (const method of ["GET", "HEAD"]) {
      const reply = await ask(server, method, "/demo/a", { headers: sent });
      assert.equal(reply.status, status);
      if (status === 412) assert.equal(reply.code, "PreconditionFailed");
      if (status === 304) assert.deepEqual([reply.body.length, reply.headers.etag], [0, object.etag]);
    }
    const onCopy = Object.fromEntries(
      filled.map(([key, value]) => [`x-oss-copy-source-${key.toLowerCase()}`, value]),
    );
    const copy = await ask(server, "PUT", "/demo/b", {
      headers: { "x-oss-copy-source": "/demo/a", ...onCopy },
    });
    assert.equal(copy.status, status);
    assert.equal(server.keys("demo").includes("b"), status === 200);
  });
}

test("CopyObject: metadata directive, source names, size rules, errors", async () => {
  await using server = await startOssServer({
    buckets: ["demo", "other"],
    maxCopySize: 500,
    maxCopySizeInBucket: 2000,
  });
  const client = aliOss(server);
  const source = "a b+%ü中";
  await client.put(source, BYTES, { headers: { "x-oss-meta-a": "1", "Content-Type": "text/a" } });
  const copy = (target: string, headers: Record<string, string>) =>
    ask(server, "PUT", target, {
      headers: { "x-oss-copy-source": `/demo/${encodeURIComponent(source)}`, ...headers },
    });
  const metaOf = async (target: string) => {
    const { headers } = await ask(server, "HEAD", target);
    return [headers["content-type"], headers["x-oss-meta-a"], headers["x-oss-meta-b"]];
  };
  assert.equal((await copy("/demo/kept", { "x-oss-meta-b": "2" })).status, 200);
  assert.deepEqual(await metaOf("/demo/kept"), ["text/a", "1", undefined]);
  const replaced = { "x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2", "Content-Type": "text/b" };
  const reply = await copy("/demo/replaced", replaced);
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(BYTES)));
  assert.match(
    reply.body.toString(),
    /<CopyObjectResult><ETag>&quot;[0-9A-F]{32}&quot;<\/ETag><LastModified>/,
  );
  assert.deepEqual(await metaOf("/demo/replaced"), ["text/b", undefined, "2"]);
  assert.equal((await copy("/demo/wrong", { "x-oss-metadata-directive": "BOTH" })).code, "InvalidArgument");
  assert.equal((await copy("/other/large", {})).code, "EntityTooLarge");
  for (const [header, code] of [
    ["/demo/none", "NoSuchKey"],
    ["/nowhere/a", "NoSuchBucket"],
    ["demo", "InvalidArgument"],
    ["/demo/%zz", "InvalidArgument"],
  ] as const) {
    const failed = await ask(server, "PUT", "/demo/x", { headers: { "x-oss-copy-source": header } });
    assert.equal(failed.code, code, header);
  }
  await client.delete(source);
  assert.deepEqual(Buffer.from((await server.get("demo", "kept")) ?? []), BYTES);
});
