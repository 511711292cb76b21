import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc64 } from "./crc64.ts";
import { type OssServer, startOssServer } from "./server.ts";
import { aliOss } from "./support/ali-oss.ts";
import { ask } from "./support/ask.ts";

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

async function serverWithObject(): Promise<OssServer> {
  const server = await startOssServer({ buckets: ["demo"] });
  await server.put("demo", "a", BYTES);
  return server;
}

for (const [range, standard, expected] of [
  [undefined, false, 200],
  ["bytes=0-499", false, [0, 499]],
  ["bytes=500-999", false, [500, 999]],
  ["bytes=999-999", false, [999, 999]],
  ["bytes=500-", false, [500, 999]],
  ["bytes=0-", false, [0, 999]],
  ["bytes=-500", false, [500, 999]],
  ["bytes=-1000", false, [0, 999]],
  ["bytes=0-99,200-299", false, [0, 99]],
  ["byte=0-499", false, 200],
  ["bytes=0-1000", false, 200],
  ["bytes=1000-", false, 200],
  ["bytes=1000-2000", false, 200],
  ["bytes=-1001", false, 200],
  ["bytes=-0", false, 200],
  ["bytes=5-4", false, 200],
  ["bytes=-", false, 200],
  ["bytes=a-b", false, 200],
  ["bytes=0-1000", true, [0, 999]],
  ["bytes=500-2000", true, [500, 999]],
  ["bytes=-2000", true, [0, 999]],
  ["bytes=1000-2000", true, 416],
  ["bytes=1000-", true, 416],
  ["bytes=-0", true, 416],
] as const) {
  const name = `${range ?? "no Range"}${standard ? ", standard behaviour" : ""}`;
  test(`${name} answers ${Array.isArray(expected) ? `206 ${expected.join("-")}` : expected}`, async () => {
    await using server = await serverWithObject();
    const behaviour: Record<string, string> = standard ? { "x-oss-range-behavior": "standard" } : {};
    const headers = { ...behaviour, ...(range === undefined ? {} : { Range: range }) };
    const reply = await ask(server, "GET", "/demo/a", { headers });
    const head = await ask(server, "HEAD", "/demo/a", { headers });
    assert.equal(head.status, reply.status);
    if (expected === 416) {
      assert.deepEqual([reply.status, reply.code, head.code], [416, "InvalidRange", "InvalidRange"]);
      assert.equal(reply.headers["content-range"], "bytes */1000");
      return;
    }
    const [first, last] = expected === 200 ? [0, 999] : expected;
    assert.equal(reply.status, expected === 200 ? 200 : 206);
    assert.deepEqual(reply.body, BYTES.subarray(first, last + 1));
    assert.equal(
      reply.headers["content-range"],
      expected === 200 ? undefined : `bytes ${first}-${last}/1000`,
    );
    assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(BYTES)));
    assert.equal(head.headers["content-length"], String(last + 1 - first));
  });
}

test("ranges of an empty object", async () => {
  await using server = await serverWithObject();
  await server.put("demo", "empty", "");
  const ranged = (range: string, standard: boolean) =>
    ask(server, "GET", "/demo/empty", {
      headers: { Range: range, ...(standard ? { "x-oss-range-behavior": "standard" } : {}) },
    });
  assert.equal((await ranged("bytes=0-0", false)).status, 200);
  assert.equal((await ranged("bytes=-1", false)).status, 200);
  assert.equal((await ranged("bytes=0-0", true)).status, 416);
  assert.equal((await ranged("bytes=-1", true)).status, 416);
});

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

test("DeleteMultipleObjects: verbose, quiet, url-encoded, and what it refuses", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const ask_ = (body: string, query = "", md5 = createHash("md5").update(body).digest("base64")) =>
    ask(server, "POST", `/demo/?delete${query}`, { headers: md5 === "" ? {} : { "Content-MD5": md5 }, body });
  const keys = ["a&b", "c d", "\u0001"];
  const list = (names: string[]) =>
    names
      .map((name) => `<Object><Key>${name.replace("&", "&amp;").replace("\u0001", "&#x1;")}</Key></Object>`)
      .join("");
  for (const key of keys) await server.put("demo", key, "x");
  const verbose = await ask_(
    `<Delete><Quiet>false</Quiet>${list([...keys, "none"])}</Delete>`,
    "&encoding-type=url",
  );
  assert.equal(verbose.status, 200);
  assert.match(
    verbose.body.toString(),
    /<Deleted><Key>a%26b<\/Key><\/Deleted><Deleted><Key>c%20d<\/Key><\/Deleted><Deleted><Key>%01<\/Key><\/Deleted><Deleted><Key>none<\/Key><\/Deleted>/,
  );
  assert.deepEqual(server.keys("demo"), []);
  await server.put("demo", "q", "x");
  const quiet = await ask_(`<?xml version="1.0"?>\n<Delete>\n<Quiet>true</Quiet>\n${list(["q"])}\n</Delete>`);
  assert.ok(!quiet.body.toString().includes("Deleted"));
  assert.deepEqual(server.keys("demo"), []);
  await server.put("demo", "safe", "x");
  const safe = list(["safe"]);
  for (const [body, code] of [
    [`<Delete>${safe}`, "MalformedXML"],
    [`<Delete>${safe}</Other>`, "MalformedXML"],
    [`<Other>${safe}</Other>`, "MalformedXML"],
    ["<Delete></Delete>", "MalformedXML"],
    [`<Delete>${safe}<Object></Object></Delete>`, "MalformedXML"],
    [`<!DOCTYPE x [<!ENTITY k "safe">]><Delete><Object><Key>&k;</Key></Object></Delete>`, "MalformedXML"],
    [
      `<Delete>${safe}${list(Array.from({ length: 1000 }, (_, index) => `k${index}`))}</Delete>`,
      "MalformedXML",
    ],
    ["not xml at all", "MalformedXML"],
    ["", "MalformedXML"],
  ] as const) {
    const reply = await ask_(body);
    assert.deepEqual([reply.status, reply.code], [400, code], body.slice(0, 60));
  }
  assert.equal((await ask_(`<Delete>${safe}</Delete>`, "", "")).code, "MissingArgument");
  assert.equal(
    (await ask_(`<Delete>${safe}</Delete>`, "", Buffer.alloc(16).toString("base64"))).code,
    "InvalidDigest",
  );
  assert.deepEqual(server.keys("demo"), ["safe"]);
});

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
