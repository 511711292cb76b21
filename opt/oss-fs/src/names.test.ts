import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileSystem } from "plugfs";
import { anyCharacter } from "../../../test/support/any-character.ts";
import { BUCKET, list, openFileSystem, openFixture, path, read, write } from "../test/support.ts";

const NAMES = [
  "two words",
  " leading and trailing ",
  "100%",
  "%41%2F%",
  "what?x=1&y",
  "#hash",
  "a+b",
  "'quoted' (x)*!~",
  'double"quote',
  "<xml>&amp;",
  "back\\slash",
  "colon:semi;comma,",
  "文件",
  "😀",
  "e\u0301 and \u00e9",
  "tab\there",
  "control\u0001",
  "line\nbreak\r",
  "...",
  "..a",
  "-rf",
];

for (const [style, keys] of [
  ["V1, host style", {}],
  ["V4, host style", { "fs.oss.region": "cn-hangzhou" }],
  ["V1, path style", { "fs.oss.usePathStyle": true }],
  ["V4, path style", { "fs.oss.region": "cn-hangzhou", "fs.oss.usePathStyle": true }],
] as const) {
  test(`odd names work with ${style}`, async () => {
    await using fixture = await openFixture(keys);
    const { fs, server } = fixture;
    for (const name of NAMES) await roundTrip(fs, `d/${name}`);
    assert.deepEqual(await list(fs, "d"), NAMES.map((name) => `d/${name}/`).sort(byBytes));
    assert.deepEqual(server.keys(BUCKET), NAMES.map((name) => `d/${name}/moved`).sort(byBytes));
    assert.equal(await fs.delete(path("d"), { recursive: true }), true);
    assert.deepEqual(server.keys(BUCKET), []);
  });
}

test("any name that a path can hold", async () => {
  await using fixture = await openFixture({ "fs.oss.region": "cn-hangzhou" });
  const name = fc
    .string({ unit: anyCharacter, minLength: 1, maxLength: 20 })
    .filter((s) => !/[/\0]|^\.{1,2}$/.test(s));
  await fc.assert(
    fc.asyncProperty(name, async (name) => {
      await roundTrip(fixture.fs, `d/${name}`);
      await fixture.fs.delete(path("d"), { recursive: true });
    }),
    { numRuns: 50 },
  );
});

/** Writes, reads, lists and renames below a folder of this name. */
async function roundTrip(fs: FileSystem, folder: string): Promise<void> {
  await write(fs, `${folder}/file`, folder);
  assert.equal((await read(fs, `${folder}/file`)).toString(), folder);
  assert.deepEqual(await list(fs, folder), [`${folder}/file`]);
  assert.equal((await fs.getFileStatus(path(folder))).kind, "directory");
  await fs.rename(path(`${folder}/file`), path(`${folder}/moved`));
  assert.equal(await fs.delete(path(`${folder}/file`)), false);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

test("1,023 bytes are a name, 1,024 are refused before any request", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  const longest = `${"é".repeat(511)}x`;
  await write(fs, longest, "x");
  assert.equal((await read(fs, longest)).toString(), "x");
  assert.equal((await fs.getFileStatus(path(longest))).length, 1);
  assert.deepEqual(await list(fs, longest), [longest]);
  assert.deepEqual(server.keys(BUCKET), [longest]);
  assert.equal(await fs.delete(path(longest)), true);
  assert.equal(await fs.delete(path(longest)), false);
  fixture.requests();
  const long = path(`${longest}y`);
  const other = path("other");
  const refused = { code: "ENAMETOOLONG" };
  await assert.rejects(fs.getFileStatus(long), refused);
  await assert.rejects(fs.open(long), refused);
  await assert.rejects(fs.create(long), refused);
  await assert.rejects(fs.delete(long), refused);
  await assert.rejects(fs.mkdirs(long), refused);
  await assert.rejects(fs.rename(long, other), refused);
  await assert.rejects(fs.rename(other, long), refused);
  await assert.rejects(list(fs, long.key), refused);
  assert.deepEqual(fixture.requests(), []);
});

test("objects that no path can name are skipped with one warning, and go with their folder", async () => {
  await using fixture = await openFixture();
  const { fs, server, logged } = fixture;
  for (const key of ["d/ok", "d//empty", "d/../up", "d/./here", "d/sub//x"])
    await server.put(BUCKET, key, key);
  assert.deepEqual(await list(fs, "d"), ["d/ok", "d/sub/"]);
  assert.equal(logged.length, 1);
  assert.match(
    logged[0]?.message ?? "",
    /^3 objects below 'oss:\/\/bucket\/d' have keys that no path can name/,
  );
  await server.put(BUCKET, "d/sub//folder/", "");
  assert.deepEqual(await list(fs, "d", true), ["d/ok", "d/sub/"]);
  assert.match(logged[1]?.message ?? "", /^5 objects below/);
  server.remove(BUCKET, "d/sub//folder/");
  await fs.rename(path("d"), path("e"));
  assert.deepEqual(
    server.keys(BUCKET),
    ["e/../up", "e/./here", "e//empty", "e/ok", "e/sub//x"].sort(byBytes),
  );
  await fs.delete(path("e"), { recursive: true });
  assert.deepEqual(server.keys(BUCKET), []);
});

test("an object whose key ends in / is a folder, whatever it holds; it goes along and keeps its bytes", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "d/odd/", "not empty");
  await server.put(BUCKET, "d/sub/", "");
  await server.put(BUCKET, "d/sub/file", "x");
  for (const name of ["d", "d/odd", "d/sub"]) {
    const { kind, length, modificationTime } = await fs.getFileStatus(path(name));
    assert.deepEqual([kind, length, modificationTime], ["directory", 0, 0], name);
  }
  await assert.rejects(fs.open(path("d/odd")), { code: "EISDIR" });
  assert.deepEqual(await list(fs, "d", true), ["d/odd/", "d/sub/", "d/sub/file"]);
  assert.deepEqual([await list(fs, "d/odd"), await list(fs, "d/sub")], [[], ["d/sub/file"]]);
  await fs.rename(path("d"), path("e"));
  assert.deepEqual(server.keys(BUCKET), ["e/odd/", "e/sub/", "e/sub/file"]);
  assert.equal(Buffer.from((await server.get(BUCKET, "e/odd/")) ?? []).toString(), "not empty");
});

test("an object x and objects below x/, side by side: none hides or harms the other", async () => {
  await using fixture = await openFixture();
  const { fs, server } = fixture;
  await server.put(BUCKET, "d/x", "file");
  await server.put(BUCKET, "d/x/below", "below");
  assert.equal((await fs.getFileStatus(path("d/x"))).kind, "file");
  assert.equal((await read(fs, "d/x")).toString(), "file");
  assert.equal((await read(fs, "d/x/below")).toString(), "below");
  assert.deepEqual(await list(fs, "d"), ["d/x", "d/x/"]);
  assert.deepEqual(await list(fs, "d", true), ["d/x", "d/x/", "d/x/below"]);
  assert.deepEqual(await list(fs, "d/x"), ["d/x/below"]);
  assert.equal(await fs.delete(path("d/x"), { recursive: true }), true);
  assert.deepEqual(server.keys(BUCKET), ["d/x/below"]);
  assert.equal((await fs.getFileStatus(path("d/x"))).kind, "directory");
});

test("names that differ in case are two", async () => {
  await using fixture = await openFixture();
  const { fs } = fixture;
  await write(fs, "d/name", "lower");
  await write(fs, "d/NAME", "upper");
  assert.deepEqual(await list(fs, "d"), ["d/NAME", "d/name"]);
  assert.equal((await read(fs, "d/name")).toString(), "lower");
  await assert.rejects(fs.getFileStatus(path("D")), { code: "ENOENT" });
});

test("names of buckets that cannot be are refused", async () => {
  await using fixture = await openFixture();
  for (const bucket of ["ab", "UPPER", "under_score", "-x-", "x".repeat(64)]) {
    await assert.rejects(openFileSystem(fixture.server, {}, [], bucket), { code: "EINVAL" }, bucket);
  }
});
