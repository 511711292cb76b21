import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { crc64 } from "./crc64.ts";
import { type OssServer, startOssServer } from "./server.ts";
import { ask } from "./support/ask.ts";
import { childrenOf, parseXml, textOf } from "./xml.ts";

const PART = 102_400;
/** As many as OSS allows, in the soak run. */
const MANY = process.env.PLUGFS_SOAK === "1" ? 10_000 : 1000;

async function begin(server: OssServer, key = "big", headers = {}): Promise<string> {
  const reply = await ask(server, "POST", `/demo/${key}?uploads`, { headers });
  assert.equal(reply.status, 200);
  return textOf(parseXml(reply.body.toString()), "UploadId") ?? assert.fail();
}

const bytesOf = (number: number, size = PART) => Buffer.alloc(size, number);

async function upload(
  server: OssServer,
  id: string,
  number: number,
  body = bytesOf(number),
): Promise<string> {
  const reply = await ask(server, "PUT", `/demo/big?partNumber=${number}&uploadId=${id}`, { body });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(body)));
  return String(reply.headers.etag);
}

function complete(server: OssServer, id: string, parts: [number, string][], headers = {}) {
  const body = parts
    .map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`)
    .join("\n");
  return ask(server, "POST", `/demo/big?uploadId=${id}`, {
    headers,
    body: `<CompleteMultipartUpload>\n${body}\n</CompleteMultipartUpload>`,
  });
}

test("parts become one object, in the order of their numbers, with gaps, replaced and left out", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const id = await begin(server, "big", {
    "Content-Type": "text/x",
    "x-oss-meta-a": "1",
    "x-oss-server-side-encryption": "AES256",
  });
  await upload(server, id, 7, bytesOf(9));
  const seven = await upload(server, id, 7, bytesOf(7, 5));
  const two = await upload(server, id, 2);
  await upload(server, id, 3);
  assert.deepEqual(server.keys("demo"), []);
  const reply = await complete(server, id, [
    [2, two.replaceAll('"', "").toLowerCase()],
    [7, seven],
  ]);
  assert.equal(reply.status, 200);
  const whole = Buffer.concat([bytesOf(2), bytesOf(7, 5)]);
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(whole)));
  const root = parseXml(reply.body.toString());
  assert.deepEqual(
    [textOf(root, "Bucket"), textOf(root, "Key"), textOf(root, "ETag")],
    ["demo", "big", reply.headers.etag],
  );
  const got = await ask(server, "GET", "/demo/big", { headers: { Range: `bytes=${PART - 2}-${PART + 1}` } });
  assert.deepEqual([...got.body], [2, 2, 7, 7]);
  assert.equal(got.headers["x-oss-object-type"], "Multipart");
  assert.equal(got.headers["content-type"], "text/x");
  assert.equal(got.headers["x-oss-meta-a"], "1");
  assert.equal(got.headers["x-oss-server-side-encryption"], "AES256");
  assert.equal(got.headers["x-oss-hash-crc64ecma"], String(crc64(whole)));
  assert.match(String(got.headers.etag), /^"[0-9A-F]{32}-2"$/);
  assert.deepEqual(Buffer.from((await server.get("demo", "big")) ?? []), whole);
  assert.deepEqual(server.uploads("demo"), []);
  assert.equal((await complete(server, id, [[2, two]])).code, "NoSuchUpload");
});

test("what CompleteMultipartUpload refuses leaves the upload as it was", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  await server.put("demo", "big", "before");
  const id = await begin(server);
  const small = await upload(server, id, 1, bytesOf(1, PART - 1));
  const two = await upload(server, id, 2);
  const wrongTag = two.replace(/[0-9A-F]{4}/, "0000");
  const refused: [Promise<{ status: number; code: string | undefined }>, number, string][] = [
    [
      complete(server, id, [
        [2, two],
        [1, small],
      ]),
      400,
      "InvalidPartOrder",
    ],
    [
      complete(server, id, [
        [2, two],
        [2, two],
      ]),
      400,
      "InvalidPartOrder",
    ],
    [
      complete(server, id, [
        [1, small],
        [2, two],
      ]),
      400,
      "EntityTooSmall",
    ],
    [complete(server, id, [[2, wrongTag]]), 400, "InvalidPart"],
    [complete(server, id, [[3, two]]), 400, "InvalidPart"],
    [complete(server, id, []), 400, "MalformedXML"],
    [complete(server, id, [[2, two]], { "x-oss-forbid-overwrite": "true" }), 409, "FileAlreadyExists"],
    [complete(server, id, [[2, two]], { "x-oss-server-side-encryption": "AES256" }), 400, "InvalidArgument"],
    [
      complete(server, id, [[2, two]], { "Content-MD5": Buffer.alloc(16).toString("base64") }),
      400,
      "InvalidDigest",
    ],
    [complete(server, "0".repeat(32), [[2, two]]), 404, "NoSuchUpload"],
    [
      ask(server, "POST", `/demo/other?uploadId=${id}`, { body: "<CompleteMultipartUpload/>" }),
      404,
      "NoSuchUpload",
    ],
    [ask(server, "POST", `/demo/big?uploadId=${id}`, { body: "<Complete" }), 400, "MalformedXML"],
  ];
  for (const [answer, status, code] of refused) {
    const reply = await answer;
    assert.deepEqual([reply.status, reply.code], [status, code]);
  }
  assert.equal(Buffer.from((await server.get("demo", "big")) ?? []).toString(), "before");
  assert.equal(server.uploads("demo")[0]?.parts.length, 2);
  assert.equal((await complete(server, id, [[2, two]])).status, 200);
});

test("x-oss-complete-all takes all parts", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const id = await begin(server);
  await upload(server, id, 5, bytesOf(5, 3));
  await upload(server, id, 1);
  const reply = await ask(server, "POST", `/demo/big?uploadId=${id}`, {
    headers: { "x-oss-complete-all": "yes" },
  });
  assert.equal(reply.status, 200);
  assert.equal((await server.get("demo", "big"))?.length, PART + 3);
});

test("part numbers are 1 to 10000; encryption headers belong to the beginning", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const id = await begin(server);
  for (const number of ["0", "10001", "-1", "x", ""]) {
    const reply = await ask(server, "PUT", `/demo/big?partNumber=${number}&uploadId=${id}`, { body: "x" });
    assert.deepEqual([reply.status, reply.code], [400, "InvalidArgument"], number);
  }
  const headers = { "x-oss-server-side-encryption": "AES256" };
  const encrypted = await ask(server, "PUT", `/demo/big?partNumber=1&uploadId=${id}`, { headers, body: "x" });
  assert.equal(encrypted.code, "InvalidArgument");
  assert.equal(
    (await ask(server, "PUT", `/demo/big?partNumber=10000&uploadId=${id}`, { body: "x" })).status,
    200,
  );
});

test(`${MANY.toLocaleString("en")} parts`, async () => {
  await using server = await startOssServer({ buckets: ["demo"], minPartSize: 1 });
  const id = await begin(server);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const numbers = Array.from({ length: MANY }, (_, index) => index + 1);
  const replies = await Promise.all(
    numbers.map((number) =>
      ask(server, "PUT", `/demo/big?partNumber=${number}&uploadId=${id}`, {
        agent,
        body: String(number % 10),
      }),
    ),
  );
  agent.destroy();
  const reply = await complete(
    server,
    id,
    numbers.map((number, index) => [number, String(replies[index]?.headers.etag)]),
  );
  assert.equal(reply.status, 200);
  const whole = Buffer.from(numbers.map((number) => number % 10).join(""));
  assert.deepEqual(Buffer.from((await server.get("demo", "big")) ?? []), whole);
  assert.equal(reply.headers["x-oss-hash-crc64ecma"], String(crc64(whole)));
});

test("UploadPartCopy: whole, by range, with conditions, from a multipart object", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const source = Buffer.concat([bytesOf(1), bytesOf(2)]);
  await server.put("demo", "source", source);
  const id = await begin(server);
  const copy = (number: number, headers: Record<string, string>) =>
    ask(server, "PUT", `/demo/big?partNumber=${number}&uploadId=${id}`, {
      headers: { "x-oss-copy-source": "/demo/source", ...headers },
    });
  const whole = await copy(1, {});
  assert.match(whole.body.toString(), /<CopyPartResult><LastModified>[^<]+<\/LastModified><ETag>&quot;/);
  const part = await copy(2, { "x-oss-copy-source-range": `bytes=${PART - 1}-${PART}` });
  assert.equal(part.headers["x-oss-hash-crc64ecma"], String(crc64(Buffer.from([1, 2]))));
  assert.equal((await copy(3, { "x-oss-copy-source-range": "bytes=0-999999" })).code, "InvalidRange");
  assert.equal((await copy(3, { "x-oss-copy-source-if-match": '"x"' })).code, "PreconditionFailed");
  assert.equal((await copy(3, { "x-oss-copy-source": "/demo/none" })).code, "NoSuchKey");
  server.remove("demo", "source");
  const done = await complete(server, id, [
    [1, String(whole.headers.etag)],
    [2, String(part.headers.etag)],
  ]);
  assert.equal(done.status, 200);
  assert.deepEqual(
    Buffer.from((await server.get("demo", "big")) ?? []),
    Buffer.concat([source, Buffer.from([1, 2])]),
  );
  assert.equal(
    done.headers["x-oss-hash-crc64ecma"],
    String(crc64(Buffer.concat([source, Buffer.from([1, 2])]))),
  );
  const again = await begin(server);
  const ofMultipart = await ask(server, "PUT", `/demo/big?partNumber=1&uploadId=${again}`, {
    headers: { "x-oss-copy-source": "/demo/big", "x-oss-copy-source-range": "bytes=0-9" },
  });
  assert.equal(ofMultipart.headers["x-oss-hash-crc64ecma"], String(crc64(source.subarray(0, 10))));
});

test("AbortMultipartUpload ends the upload, also under a part that is on its way", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const id = await begin(server);
  await upload(server, id, 1);
  const stall = server.faults.add({ operation: "UploadPart", fault: { kind: "delay", ms: 500 } });
  const late = ask(server, "PUT", `/demo/big?partNumber=2&uploadId=${id}`, { body: "x" });
  await stall.happened();
  assert.equal((await ask(server, "DELETE", `/demo/big?uploadId=${id}`)).status, 204);
  assert.equal((await late).code, "NoSuchUpload");
  assert.equal((await ask(server, "DELETE", `/demo/big?uploadId=${id}`)).code, "NoSuchUpload");
  assert.equal((await ask(server, "GET", `/demo/big?uploadId=${id}`)).code, "NoSuchUpload");
});

test("ListParts goes in pages", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const id = await begin(server);
  for (const number of [9, 1, 5]) await upload(server, id, number, bytesOf(number, number));
  const page = async (query: string) => {
    const reply = await ask(server, "GET", `/demo/big?uploadId=${id}${query}`);
    const root = parseXml(reply.body.toString());
    const parts = childrenOf(root, "Part").map((part) => [textOf(part, "PartNumber"), textOf(part, "Size")]);
    return [parts, textOf(root, "IsTruncated"), textOf(root, "NextPartNumberMarker")];
  };
  assert.deepEqual(await page("&max-parts=2"), [
    [
      ["1", "1"],
      ["5", "5"],
    ],
    "true",
    "5",
  ]);
  assert.deepEqual(await page("&max-parts=2&part-number-marker=5"), [[["9", "9"]], "false", "9"]);
});

test("ListMultipartUploads goes in pages, by key and then by id, with prefix and delimiter", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const ids = new Map<string, string>();
  for (const key of ["a", "b/1", "b/2", "b/2", "c"]) ids.set(await begin(server, key), key);
  const read = async (query: string) => {
    const reply = await ask(server, "GET", `/demo/?uploads${query}`);
    const root = parseXml(reply.body.toString());
    return {
      keys: childrenOf(root, "Upload").map((item) => textOf(item, "Key")),
      ids: childrenOf(root, "Upload").map((item) => textOf(item, "UploadId") ?? ""),
      prefixes: childrenOf(root, "CommonPrefixes").map((item) => textOf(item, "Prefix")),
      more: textOf(root, "IsTruncated") === "true",
      next: `&key-marker=${textOf(root, "NextKeyMarker")}&upload-id-marker=${textOf(root, "NextUploadIdMarker")}`,
    };
  };
  for (const delimiter of ["", "&delimiter=/"]) {
    const keys: unknown[] = [];
    const prefixes: unknown[] = [];
    const seen: string[] = [];
    for (let place = "", more = true; more; ) {
      const page = await read(`&max-uploads=1${delimiter}${place}`);
      keys.push(...page.keys);
      prefixes.push(...page.prefixes);
      seen.push(...page.ids);
      more = page.more;
      place = page.next;
    }
    assert.deepEqual(keys, delimiter === "" ? ["a", "b/1", "b/2", "b/2", "c"] : ["a", "c"]);
    assert.deepEqual(prefixes, delimiter === "" ? [] : ["b/"]);
    assert.equal(new Set(seen).size, seen.length);
  }
  assert.deepEqual((await read("&prefix=b/")).keys, ["b/1", "b/2", "b/2"]);
  assert.equal((await ask(server, "DELETE", "/demo/")).code, "BucketNotEmpty");
});
