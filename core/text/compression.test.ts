import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import zlib from "node:zlib";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} 第${i % 7}行`);
const text = `${lines.join("\n")}\n`;
const zstd = (zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer }).zstdCompressSync;

test("compressed files are read by their extension, each as one split", async () => {
  await using folder = await temporaryFolder();
  const half = Math.floor(text.length / 2);
  const members = [text.slice(0, half), text.slice(half)].map((part) => zlib.gzipSync(part));
  const files: Record<string, Buffer> = {
    "a.gz": zlib.gzipSync(text),
    "b.gzip": Buffer.concat(members),
    "c.deflate": zlib.deflateSync(text),
    "d.txt": Buffer.from(text),
  };
  if (zstd !== undefined) files["e.zst"] = zstd(Buffer.from(text));
  const { graph } = localJob();
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder.path, name);
    await writeFile(path, bytes);
    assert.deepEqual(await collect(graph.readTextFile(path)), lines, name);
    const splits = await collect(graph.createInputSplits(path, { splitSize: 10_000 }));
    assert.equal(splits.length > 1, name === "d.txt", name);
  }
  const { length } = await collect(graph.readTextFile(folder.path));
  assert.equal(length, Object.keys(files).length * lines.length);
});

test("a damaged or truncated file names itself, and gives no line that is not there", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "x.gz");
  const bytes = zlib.gzipSync(text);
  const damaged = Buffer.from(bytes);
  damaged.fill(0xff, 100, 120);
  const { graph } = localJob();
  for (const content of [
    bytes.subarray(0, -20),
    bytes.subarray(0, 5),
    Buffer.alloc(0),
    damaged,
    Buffer.from("plain\n"),
  ]) {
    await writeFile(path, content);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of graph.readTextFile(path)) seen.push(line);
    })();
    await assert.rejects(reading, { code: "ERR_JOB_INPUT", message: /x\.gz is damaged or cut short/ });
    assert.deepEqual(seen, lines.slice(0, seen.length));
  }
});

test("formats that cannot be read are named, before anything is read", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  for (const format of ["bz2", "xz", ...(zstd === undefined ? ["zst"] : [])]) {
    const path = join(folder.path, `x.${format}`);
    await writeFile(path, "anything");
    await assert.rejects(collect(graph.readTextFile(path)), {
      code: "ENOTSUP",
      message: new RegExp(`\\.${format}`),
    });
    await assert.rejects(collect(graph.createInputSplits(folder.path)), { code: "ENOTSUP" });
  }
});

test("leaving a compressed file early frees it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "x.gz");
  await writeFile(path, zlib.gzipSync(text.repeat(5)));
  const { graph } = localJob();
  for (let i = 0; i < 20; i++) {
    for await (const line of graph.readTextFile(path)) {
      assert.equal(line, lines[0]);
      break;
    }
  }
});
