import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import type { InputSplit } from "./splits.ts";

async function files(folder: string, contents: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

test("a folder's files in byte order of their path, hidden ones left out", async () => {
  await using folder = await temporaryFolder();
  await files(folder.path, {
    "b.txt": "b\n",
    "a.txt": "a\n",
    "Z.txt": "Z\n",
    "é.txt": "é\n",
    "_hidden.txt": "no\n",
    ".hidden": "no\n",
    "empty.txt": "",
    "nested/c.txt": "c\n",
    "nested/_no/x.txt": "no\n",
    ".git/x": "no\n",
  });
  const { graph } = localJob();
  assert.deepEqual(await collect(graph.readTextFile(folder.path)), ["Z", "a", "b", "é"]);
  assert.deepEqual(await collect(graph.readTextFile(folder.path, { recursive: true })), [
    "Z",
    "a",
    "b",
    "c",
    "é",
  ]);
  assert.deepEqual(await collect(graph.readTextFile(join(folder.path, "_hidden.txt"))), ["no"]);
});

test("an empty folder has no lines; a missing path is ENOENT", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  assert.deepEqual(await collect(graph.readTextFile(folder.path)), []);
  await assert.rejects(collect(graph.readTextFile(join(folder.path, "none"))), { code: "ENOENT" });
});

test("an error while listing is not an empty folder", async () => {
  await using folder = await temporaryFolder();
  class Broken extends LocalFileSystem {
    // biome-ignore lint/correctness/useYield: it fails at its first step
    override async *listStatus(): AsyncGenerator<never> {
      throw Object.assign(new Error("denied"), { code: "EACCES" });
    }
  }
  const { graph } = localJob({}, new Broken());
  await assert.rejects(collect(graph.readTextFile(folder.path)), { code: "EACCES" });
});

test("splits cover every file without overlap; the last may be 1.1 times as long", async () => {
  await using folder = await temporaryFolder();
  await files(folder.path, { a: "x".repeat(1_000), b: "", c: "y".repeat(105), d: "z".repeat(208) });
  const { graph } = localJob();
  const splits = await collect(graph.createInputSplits(folder.path, { splitSize: 100 }));
  assert.deepEqual(
    splits.map(({ index }) => index),
    splits.map((_, i) => i),
  );
  const lengths = (name: string) =>
    splits.filter(({ path }) => path.endsWith(name)).map(({ length }) => length);
  assert.deepEqual(lengths("/a"), Array(10).fill(100));
  assert.deepEqual(lengths("/b"), [0]);
  assert.deepEqual(lengths("/c"), [105]);
  assert.deepEqual(lengths("/d"), [100, 108]);
});

test("splits travel as JSON and are read anywhere, each line once, with the options they were made with", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: "grapheme", maxLength: 20 }).filter((line) => !/[\n\r;\uFEFF]/.test(line)),
        {
          maxLength: 30,
        },
      ),
      fc.constantFrom("\n", "\r\n", ";"),
      fc.integer({ min: 1, max: 60 }),
      async (lines, delimiter, splitSize) => {
        await using folder = await temporaryFolder();
        const text = lines.map((line) => line + delimiter).join("");
        await files(folder.path, { text });
        const made = localJob().graph;
        const read = localJob().graph;
        const options = { splitSize, delimiter };
        const found: string[] = [];
        for await (const split of made.createInputSplits(join(folder.path, "text"), options)) {
          const copy: InputSplit = JSON.parse(JSON.stringify(split));
          found.push(...(await collect(read.readSplit(copy))));
        }
        assert.deepEqual(found, lines);
      },
    ),
    { numRuns: 60 },
  );
});

test("a line may reach far beyond its split's end", async () => {
  await using folder = await temporaryFolder();
  const long = "l".repeat(500_000);
  await files(folder.path, { text: `a\n${long}\nb\n` });
  const { graph } = localJob();
  const splits = await collect(graph.createInputSplits(join(folder.path, "text"), { splitSize: 1_000 }));
  const lines: string[] = [];
  for (const split of splits) lines.push(...(await collect(graph.readSplit(split))));
  assert.deepEqual(lines, ["a", long, "b"]);
});

test("what cannot be cut is one split: UTF-16, and a delimiter that overlaps itself", async () => {
  await using folder = await temporaryFolder();
  await files(folder.path, { text: Buffer.from("a\nb\nc||d\n", "utf16le") });
  const { graph } = localJob();
  const path = join(folder.path, "text");
  for (const options of [{ charset: "utf-16le" }, { delimiter: "||" }]) {
    assert.equal((await collect(graph.createInputSplits(path, { splitSize: 2, ...options }))).length, 1);
  }
  assert.deepEqual(await collect(graph.readTextFile(path, { charset: "utf-16le" })), ["a", "b", "c||d"]);
});

test("with n writers a file has n splits by default, 64 KiB at least", async () => {
  await using folder = await temporaryFolder();
  await files(folder.path, { large: `${"x".repeat(99)}\n`.repeat(10_000), small: "a\nb\n" });
  const { graph } = localJob();
  for (const [name, parts] of [
    ["large", 4],
    ["small", 1],
  ] as const) {
    graph
      .readTextFile(join(folder.path, name))
      .writeAsText(join(folder.path, `${name}-out`), { parallelism: 4 });
    const { sinks } = await graph.execute();
    assert.equal(sinks[0]?.files.filter(({ lines }) => lines > 0).length, parts);
  }
});

test("a file that changed since its splits were made is ESTALE", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "text");
  await files(folder.path, { text: "a\nb\n" });
  const { graph } = localJob();
  const [split] = await collect(graph.createInputSplits(path));
  assert.ok(split);
  const { version, ...withoutVersion } = split;
  assert.ok(version);
  await rm(path);
  await files(folder.path, { text: "a\nb\nc\n" });
  await assert.rejects(collect(graph.readSplit(split)), { code: "ESTALE" });
  await assert.rejects(collect(graph.readSplit(withoutVersion)), { code: "ESTALE", message: /6 bytes.*4/ });
});

test("options that cannot work are refused at the call", () => {
  const { graph } = localJob();
  for (const options of [
    { delimiter: "" },
    { charset: "nonsense" },
    { maxLineLength: 0 },
    { splitSize: 0 },
    { splitSize: 1.5 },
  ]) {
    assert.throws(
      () => graph.readTextFile("/x", options),
      { code: "ERR_JOB_INPUT" },
      JSON.stringify(options),
    );
    assert.throws(() => graph.createInputSplits("/x", options), { code: "ERR_JOB_INPUT" });
  }
  assert.throws(() => graph.readTextFile(""), { code: "EINVAL" });
});
