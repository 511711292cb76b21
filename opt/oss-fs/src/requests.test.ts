/** Holds the README's table of requests and the server's log together. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { FileSystem } from "plugfs";
import { BUCKET, list, openFixture, path, read, sample, write } from "../test/support.ts";

const numbered = (length: number, text: (i: string) => string) =>
  Array.from({ length }, (_, i) => text(String(i).padStart(5, "0")));
const PARTS = { "fs.oss.multipart.upload.size": "100 kb" };

interface Row {
  /** Objects that are there. */
  readonly there?: readonly string[];
  readonly keys?: Record<string, unknown>;
  call(fs: FileSystem): Promise<unknown>;
}

async function writeRecoverable(fs: FileSystem, length: number): Promise<void> {
  await using stream = await (await fs.createRecoverableWriter()).open(path("d/new"));
  await stream.write(sample(length));
  await stream.persist();
  await (await stream.closeForCommit()).commit();
}

const ROWS: readonly (readonly [label: string, row: Row])[] = [
  ["the status of a file", { there: ["d/k"], call: (fs) => fs.getFileStatus(path("d/k")) }],
  ["… of a folder", { there: ["d/k"], call: (fs) => fs.getFileStatus(path("d")) }],
  ["… of nothing", { call: (fs) => assert.rejects(fs.getFileStatus(path("d/k")), { code: "ENOENT" }) }],
  ["open and read a small file", { there: ["d/k"], call: (fs) => read(fs, "d/k") }],
  ["open nothing", { call: (fs) => assert.rejects(fs.open(path("d/k")), { code: "ENOENT" }) }],
  [
    "list 2,500 entries, half of them folders",
    {
      there: [...numbered(1250, (i) => `d/${i}`), ...numbered(1250, (i) => `d/${i}f/k`)],
      call: async (fs) => assert.equal((await list(fs, "d")).length, 2500),
    },
  ],
  [
    "list 2,500 files below a folder, recursively",
    {
      there: numbered(2500, (i) => `d/${i.slice(2)}/${i}`),
      call: async (fs) => assert.equal((await list(fs, "d", true)).length, 3500),
    },
  ],
  [
    "… 8,000 files in 8 folders",
    {
      there: numbered(8000, (i) => `d/${Number(i) % 8}/${i}`),
      call: async (fs) => assert.equal((await list(fs, "d", true)).length, 8008),
    },
  ],
  ["write a small file", { call: (fs) => write(fs, "d/new", "x") }],
  [
    "… with `fs.oss.performance.flags.create`",
    {
      keys: { "fs.oss.performance.flags.create": true },
      call: (fs) => write(fs, "d/new", "x"),
    },
  ],
  ["write a file of 3 parts", { keys: PARTS, call: (fs) => write(fs, "d/new", sample(300 * 1024)) }],
  ["write a short recoverable file and commit it", { call: (fs) => writeRecoverable(fs, 1000) }],
  ["… one of 3 parts", { keys: PARTS, call: (fs) => writeRecoverable(fs, 300 * 1024) }],
  ["delete a file", { there: ["d/k", "d/other"], call: (fs) => fs.delete(path("d/k")) }],
  ["… the last one of its folder", { there: ["d/k"], call: (fs) => fs.delete(path("d/k")) }],
  ["… nothing", { call: (fs) => fs.delete(path("d/k")) }],
  [
    "delete a folder with 2,500 objects",
    {
      there: numbered(2500, (i) => `d/${i}`),
      call: (fs) => fs.delete(path("d"), { recursive: true }),
    },
  ],
  ["rename a file", { there: ["d/k", "d/o", "e/k"], call: (fs) => fs.rename(path("d/k"), path("e/new")) }],
  [
    "… the last one of its folder",
    {
      there: ["d/k", "e/k"],
      call: (fs) => fs.rename(path("d/k"), path("e/new")),
    },
  ],
  ["… within its folder", { there: ["d/k"], call: (fs) => fs.rename(path("d/k"), path("d/new")) }],
  ["copy a file", { there: ["d/k", "e/k"], call: (fs) => fs.copy(path("d/k"), path("e/new")) }],
  ["make the folder `a/b/c`", { call: (fs) => fs.mkdirs(path("a/b/c")) }],
  ["… that is there", { there: ["a/b/c/k"], call: (fs) => fs.mkdirs(path("a/b/c")) }],
];

test("every call costs the requests that the README says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, after = ""] = readme.split("| call | requests |");
  const [table = ""] = after.split("\n\n");
  const told = [...table.matchAll(/^\| (.+?) \| (\d+)/gm)].map(([, row, count]) => [row, Number(count)]);
  const found: [string, number][] = [];
  for (const [label, { there = [], keys = {}, call }] of ROWS) {
    await using fixture = await openFixture(keys);
    for (const key of there) await fixture.server.put(BUCKET, key, "x");
    fixture.requests();
    await call(fixture.fs);
    found.push([label, fixture.requests().length]);
  }
  assert.deepEqual(told, found);
});
