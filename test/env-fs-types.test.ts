import assert from "node:assert/strict";
import type { BigIntStats, BigIntStatsFs, Dirent, Stats } from "node:fs";
import { createReadStream, createWriteStream } from "node:fs";
import * as node from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Environment, Path, type UriFileSystem } from "plugfs";
import MemoryFileSystemFactory from "./fixtures/plugins/memory-fs/index.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

/** Node's functions, and the two that Node keeps in `node:fs`. */
type NodeFs = typeof node & Pick<typeof import("node:fs"), "createReadStream" | "createWriteStream">;

/** A program that knows nothing but Node's types. */
async function program(fs: NodeFs, folder: string): Promise<unknown> {
  const { readFile, writeFile } = fs;
  await writeFile(`${folder}/a`, "Grüße", { encoding: "latin1", flag: "wx" });
  const handle: node.FileHandle = await fs.open(`${folder}/a`);
  const whole: Buffer = await handle.readFile();
  const { size }: BigIntStats = await handle.stat({ bigint: true });
  await handle.close();
  await pipeline(fs.createReadStream(`${folder}/a`), fs.createWriteStream(`${folder}/b`));
  const entries: Dirent[] = await fs.readdir(folder, { withFileTypes: true });
  const inBytes: Dirent<Buffer>[] = await fs.readdir(folder, { withFileTypes: true, encoding: "buffer" });
  return [await readFile(`${folder}/a`, "latin1"), whole.length, size, entries.length, inBytes[0]?.name];
}

test("a program typed against node:fs/promises takes env.fs for it", async () => {
  await using folder = await temporaryFolder();
  await using env = await Environment.open();
  env.register(new MemoryFileSystemFactory());
  const expected = ["Grüße", 5, 5n, 2, Buffer.from("a")];
  for (const name of ["node", "file"]) await node.mkdir(join(folder.path, name));
  assert.deepEqual(
    await program({ ...node, createReadStream, createWriteStream }, join(folder.path, "node")),
    expected,
  );
  assert.deepEqual(await program(env.fs, join(folder.path, "file")), expected);
  assert.deepEqual(await program(env.fs, "mem://x"), expected);
});

/** Only compiled: every overload gives what Node's gives, for every kind of path. */
export async function overloads(fs: UriFileSystem, path: string | URL | Path | Buffer): Promise<void> {
  const texts: string[] = [
    await fs.readFile(path, "utf8"),
    await fs.readFile(path, { encoding: "hex", flag: "r" }),
    await fs.realpath(path),
    await fs.readlink(path, { encoding: "utf8" }),
    await fs.mkdtemp(path),
    ...(await fs.readdir(path)),
    ...(await fs.readdir(path, { recursive: true })),
  ];
  const bytes: Buffer[] = [
    await fs.readFile(path),
    await fs.readFile(path, { signal: AbortSignal.timeout(1) }),
    await fs.realpath(path, "buffer"),
    await fs.readlink(path, { encoding: "buffer" }),
    await fs.mkdtemp(path, "buffer"),
    ...(await fs.readdir(path, "buffer")),
  ];
  const either: string | Buffer = await fs.readFile(path, { encoding: texts[0] as BufferEncoding | null });
  const stats: Stats = await fs.stat(path);
  const exact: BigIntStats = await fs.lstat(path, { bigint: true });
  const free: BigIntStatsFs = await fs.statfs(path, { bigint: true });
  const maybe: Stats | BigIntStats = await fs.stat(path, { bigint: bytes.length > 0 });
  const made: string | undefined = await fs.mkdir(path, { recursive: true });
  const nothing: Promise<void> = fs.mkdir(path, 0o700);
  for await (const { filename } of fs.watch(path, "buffer")) bytes.push(filename ?? Buffer.alloc(0));
  for await (const { filename } of fs.watch(path)) texts.push(filename ?? "");
  for await (const name of fs.glob("*")) texts.push(name);
  for await (const entry of fs.glob("*", { withFileTypes: true })) texts.push(entry.parentPath);
  // @ts-expect-error: without an encoding it is a buffer
  texts.push(await fs.readFile(path));
  // @ts-expect-error: no such encoding
  texts.push(await fs.readFile(path, "klingon"));
  // @ts-expect-error: a number is no path
  await fs.stat(3);
  void [either, stats, exact, free, maybe, made, nothing];
}

test("a path is a string, a URL, a Path or a Buffer, in every function", async () => {
  await using folder = await temporaryFolder();
  await using env = await Environment.open();
  const file = join(folder.path, "x y");
  await node.writeFile(file, "");
  for (const path of [file, pathToFileURL(file), Path.parse(file), Buffer.from(file)]) {
    assert.equal((await env.fs.stat(path)).size, 0);
    assert.equal((await env.fs.lstat(path, { bigint: true })).size, 0n);
    assert.equal(await env.fs.realpath(path), await node.realpath(file));
  }
});

test("a stream of a descriptor is refused, not one of the path instead", async () => {
  await using env = await Environment.open();
  const options = { fd: 0 } as object;
  assert.throws(() => env.fs.createReadStream("x", options), { code: "ENOTSUP" });
  assert.throws(() => env.fs.createWriteStream("x", options), { code: "ENOTSUP" });
});
