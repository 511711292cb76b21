import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyCharacter } from "../support/any-character.ts";
import { type OssServer, startOssServer } from "./server.ts";
import { compareUtf8 } from "./storage/keys.ts";
import { ask } from "./support/ask.ts";
import { childrenOf, parseXml, textOf } from "./xml.ts";

interface Page {
  readonly keys: string[];
  readonly prefixes: string[];
  readonly next: string | undefined;
  readonly text: (name: string) => string | undefined;
}

async function listPage(server: OssServer, query: Record<string, string>): Promise<Page> {
  const encoded = { "encoding-type": "url", ...query };
  const reply = await ask(
    server,
    "GET",
    `/demo/?${new URLSearchParams(encoded).toString().replaceAll("+", "%20")}`,
  );
  assert.equal(reply.status, 200, reply.body.toString());
  const root = parseXml(reply.body.toString());
  const names = (child: string, name: string) =>
    childrenOf(root, child).map((item) => decodeURIComponent(textOf(item, name) ?? ""));
  const isTruncated = textOf(root, "IsTruncated") === "true";
  const next =
    query["list-type"] === "2" ? textOf(root, "NextContinuationToken") : textOf(root, "NextMarker");
  assert.equal(next !== undefined, isTruncated);
  return {
    keys: names("Contents", "Key"),
    prefixes: names("CommonPrefixes", "Prefix"),
    next: query["list-type"] === "2" ? next : next === undefined ? undefined : decodeURIComponent(next),
    text: (name) => textOf(root, name),
  };
}

/** Every page, one after another. */
async function listAll(server: OssServer, version: 1 | 2, query: Record<string, string>) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  const type: Record<string, string> = version === 2 ? { "list-type": "2" } : {};
  for (let next: string | undefined, first = true; first || next !== undefined; first = false) {
    const place: Record<string, string> =
      next === undefined ? {} : version === 2 ? { "continuation-token": next } : { marker: next };
    const page = await listPage(server, { ...query, ...type, ...place });
    keys.push(...page.keys);
    prefixes.push(...page.prefixes);
    next = page.next;
  }
  return { keys, prefixes };
}

/** What a listing is, said by a sorted array. */
function expected(all: readonly string[], prefix: string, delimiter: string) {
  const keys: string[] = [];
  const prefixes = new Set<string>();
  for (const key of [...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) keys.push(key);
    else prefixes.add(key.slice(0, cut + delimiter.length));
  }
  return { keys, prefixes: [...prefixes] };
}

const key = fc
  .array(fc.constantFrom("a", "b", "/", "//", "é", "中", "\uffee", "😀", "\u0001", " ", "%", "z\u{10ffff}"), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(""))
  .filter((name) => !name.startsWith("/"));

test("every listing equals a sorted array, whatever prefix, delimiter, page size and version", async () => {
  const question = fc.record({
    keys: fc.uniqueArray(key, { maxLength: 30 }),
    prefix: fc.oneof(fc.constant(""), key),
    delimiter: fc.constantFrom("", "/", "a", "//", "😀"),
    limit: fc.integer({ min: 1, max: 8 }),
    version: fc.constantFrom(1 as const, 2 as const),
  });
  await fc.assert(
    fc.asyncProperty(question, async ({ keys, prefix, delimiter, limit, version }) => {
      await using server = await startOssServer({ buckets: ["demo"] });
      for (const name of keys) await server.put("demo", name, "");
      const found = await listAll(server, version, { prefix, delimiter, "max-keys": String(limit) });
      assert.deepEqual(found, expected(keys, prefix, delimiter));
    }),
    { numRuns: 60 },
  );
});

test("the order of keys is that of their UTF-8 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.string({ unit: anyCharacter }), (a, b) => {
      assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("listings stay right while keys come and go by the thousand", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  const name = (index: number) => `k${String((index * 7919) % 5000).padStart(5, "0")}`;
  await Promise.all(Array.from({ length: 5000 }, (_, index) => server.put("demo", name(index), "")));
  assert.equal(server.keys("demo").length, 5000);
  for (let index = 0; index < 5000; index += 1) if (index % 5 !== 0) server.remove("demo", name(index));
  await server.put("demo", name(1), "again");
  const left = Array.from({ length: 5000 }, (_, index) => index).filter(
    (index) => index % 5 === 0 || index === 1,
  );
  assert.deepEqual(server.keys("demo"), left.map(name).sort());
});

test("V2: defaults, echo, KeyCount, owner on demand, start-after", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  await Promise.all(Array.from({ length: 120 }, (_, index) => server.put("demo", `k${1000 + index}`, "xy")));
  const page = await listPage(server, { "list-type": "2" });
  assert.equal(page.keys.length, 100);
  assert.equal(page.text("MaxKeys"), "100");
  assert.equal(page.text("KeyCount"), "100");
  assert.equal(page.text("Name"), "demo");
  assert.equal(page.text("EncodingType"), "url");
  const after = await listPage(server, { "list-type": "2", "start-after": "k1117", "fetch-owner": "true" });
  assert.deepEqual(after.keys, ["k1118", "k1119"]);
  assert.equal(after.text("StartAfter"), "k1117");
  const both = await listPage(server, {
    "list-type": "2",
    "start-after": "k1117",
    "continuation-token": page.next ?? "",
  });
  assert.equal(both.keys.length, 20);
  const raw = (await ask(server, "GET", "/demo/?list-type=2&max-keys=1&fetch-owner=true")).body.toString();
  assert.match(
    raw,
    /<Contents><Key>k1000<\/Key><LastModified>[\dT:-]+\.000Z<\/LastModified><ETag>&quot;[0-9A-F]{32}&quot;<\/ETag><Type>Normal<\/Type><Size>2<\/Size><StorageClass>Standard<\/StorageClass><Owner><ID>/,
  );
  assert.ok(!(await ask(server, "GET", "/demo/?list-type=2")).body.toString().includes("Owner"));
  assert.ok((await ask(server, "GET", "/demo/")).body.toString().includes("Owner"));
});

test("a place inside a common prefix is behind it", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  for (const name of ["a/1", "a/2", "b"]) await server.put("demo", name, "");
  const page = await listPage(server, { "list-type": "2", delimiter: "/", "start-after": "a/1" });
  assert.deepEqual([page.prefixes, page.keys], [[], ["b"]]);
});

test("what listings refuse", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  for (const query of [
    "max-keys=0",
    "max-keys=1001",
    "max-keys=-1",
    "max-keys=ten",
    "encoding-type=base64",
    "list-type=3",
    "list-type=2&continuation-token=bogus",
    "uploads&max-uploads=1001",
  ]) {
    const reply = await ask(server, "GET", `/demo/?${query}`);
    assert.deepEqual([reply.status, reply.code], [400, "InvalidArgument"], query);
  }
  assert.equal((await ask(server, "GET", "/nowhere/?list-type=2")).code, "NoSuchBucket");
});

test("without url encoding, names that XML can carry come as they are", async () => {
  await using server = await startOssServer({ buckets: ["demo"] });
  await server.put("demo", "a&<b>'\"中😀", "");
  const root = parseXml((await ask(server, "GET", "/demo/")).body.toString());
  assert.equal(textOf(childrenOf(root, "Contents")[0] ?? assert.fail(), "Key"), "a&<b>'\"中😀");
});
