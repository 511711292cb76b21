import assert from "node:assert/strict";
import * as node from "node:fs/promises";
import { test } from "node:test";
import { Environment, type UriFileSystem } from "plugfs";
import MemoryFileSystemFactory from "./fixtures/plugins/memory-fs/index.ts";
import { ossHome } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

type Glob = Pick<UriFileSystem, "glob">;

const FILES = [
  "a.txt",
  "b.md",
  "dir/a.txt",
  "dir/deep/c.txt",
  "dir/deep/d.md",
  "other/[x].txt",
  ".hidden/e.txt",
];

/** What each pattern finds below the root, as Node 22 and later find it. */
const PATTERNS: readonly [pattern: string | readonly string[], expected: readonly string[]][] = [
  ["*", ["a.txt", "b.md", "dir", "other"]],
  ["*.txt", ["a.txt"]],
  ["?.md", ["b.md"]],
  ["[ab].*", ["a.txt", "b.md"]],
  ["{a,b}.{txt,md}", ["a.txt", "b.md"]],
  ["dir/*", ["dir/a.txt", "dir/deep"]],
  ["*/*.txt", ["dir/a.txt", "other/[x].txt"]],
  ["*/deep/*", ["dir/deep/c.txt", "dir/deep/d.md"]],
  ["**/*.txt", ["a.txt", "dir/a.txt", "dir/deep/c.txt", "other/[x].txt"]],
  ["dir/**/*.md", ["dir/deep/d.md"]],
  ["other/[[]x].txt", ["other/[x].txt"]],
  ["other/\\[x\\].txt", ["other/[x].txt"]],
  [".hidden/*", [".hidden/e.txt"]],
  [".*/e.txt", [".hidden/e.txt"]],
  ["dir/a.txt", ["dir/a.txt"]],
  ["none/*", []],
  ["none", []],
  [["*.md", "b.*"], ["b.md"]],
];

async function found(fs: Glob, pattern: string | readonly string[], options: object): Promise<string[]> {
  const names: string[] = [];
  for await (const name of fs.glob(pattern, options)) names.push(name);
  return names.sort();
}

async function matchesAll(fs: UriFileSystem, root: string): Promise<void> {
  for (const file of FILES) {
    await fs.mkdir(`${root}/${file.slice(0, Math.max(0, file.lastIndexOf("/")))}`.replace(/\/$/, ""), {
      recursive: true,
    });
    await fs.writeFile(`${root}/${file}`, "");
  }
  for (const [pattern, expected] of PATTERNS) {
    const about = `${pattern} below ${root}`;
    assert.deepEqual(await found(fs, pattern, { cwd: root }), expected, about);
    if (typeof pattern !== "string") continue;
    const whole = expected.map((name) => `${root}/${name}`);
    assert.deepEqual(await found(fs, `${root}/${pattern}`, {}), whole, about);
  }
  const exclude = (name: string) => name === "dir";
  assert.deepEqual(await found(fs, "**/*.txt", { cwd: root, exclude }), ["a.txt", "other/[x].txt"]);
  const types: unknown[] = [];
  for await (const entry of fs.glob("*", { cwd: root, withFileTypes: true })) {
    types.push([entry.name, entry.parentPath, entry.isFile(), entry.isDirectory()]);
  }
  assert.deepEqual(types.sort(), [
    ["a.txt", root, true, false],
    ["b.md", root, true, false],
    ["dir", root, false, true],
    ["other", root, false, true],
  ]);
}

test("glob finds on file: what it finds in Node", async () => {
  await using env = await Environment.open();
  await using folder = await temporaryFolder();
  await matchesAll(env.fs, folder.path);
  if (!("glob" in node)) return; // Node 20 has none to compare with; the list above holds all the same
  for (const [pattern, expected] of PATTERNS) {
    // A backslash is a separator to Node's, on every system; here it takes the next character as it is.
    if (String(pattern).includes("\\")) continue;
    assert.deepEqual(
      await found(node as unknown as Glob, pattern, { cwd: folder.path }),
      expected,
      `${pattern}`,
    );
  }
});

test("glob finds the same on mem: and oss:", async () => {
  await using home = await ossHome();
  const env = await home.open();
  env.register(new MemoryFileSystemFactory());
  await matchesAll(env.fs, "mem://x/globs");
  await matchesAll(env.fs, "oss://demo/globs");
  assert.deepEqual(await found(env.fs, "oss://demo/*", {}), ["oss://demo/globs"]);
});

test("a whole subtree costs one listing, a pattern by levels one for each folder it can match in", async () => {
  await using home = await ossHome();
  const env = await home.open();
  for (const name of ["a/1/x", "a/2/x", "b/1/x"]) await env.fs.writeFile(`oss://demo/${name}`, "");
  const listings = async (pattern: string) => {
    home.server.log.clear();
    await found(env.fs, pattern, {});
    return home.server.log.entries().map(({ operation }) => operation);
  };
  assert.deepEqual(await listings("oss://demo/**/x"), ["ListObjectsV2"]);
  assert.deepEqual(await listings("oss://demo/a/*/x"), Array(3).fill("ListObjectsV2"));
});
