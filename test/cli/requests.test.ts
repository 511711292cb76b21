import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { writeFiles } from "../support/files.ts";
import { type OssHome, ossHome } from "./oss-home.ts";
import { plugfs } from "./plugfs.ts";

const FILES = 60;

let home: OssHome;
before(async () => {
  home = await ossHome();
  const names = Array.from({ length: FILES }, (_, i) => `d${i % 3}/f${i}`);
  await writeFiles(join(home.work, "tree"), Object.fromEntries(names.map((name) => [name, name])));
});
after(() => home[Symbol.asyncDispose]());
beforeEach(() => home.server.log.clear());

/** Runs in `work`, and counts what the server was asked. */
async function requests(...args: string[]): Promise<Record<string, number>> {
  const { code, stderr } = await plugfs(args, { cwd: home.work });
  assert.deepEqual([code, stderr], [0, ""]);
  const counts: Record<string, number> = {};
  for (const { operation } of home.server.log.entries()) counts[operation] = (counts[operation] ?? 0) + 1;
  home.server.log.clear();
  return counts;
}

test("a tree of small files costs one request a file, whether the target is there or not", async () => {
  for (const args of [
    ["cp", "-r", "tree", "oss://demo/cp"],
    ["cp", "-r", "tree", "oss://demo/cp/"],
    ["cp", "-r", "tree", "oss://demo/cp/"],
    ["put", "-r", "tree", "oss://demo/put"],
    ["sync", "tree", "oss://demo/sync"],
    ["cp", "-r", "--continue", "tree", "oss://demo/continue"],
  ]) {
    const { PutObject, ...others } = await requests(...args);
    assert.equal(PutObject, FILES, args.join(" "));
    const more = Object.values(others).reduce((sum, count) => sum + count, 0);
    assert.ok(more <= 8, `${args.join(" ")}: ${JSON.stringify(others)}`);
  }
  const { CopyObject, HeadObject = 0 } = await requests(
    "cp",
    "-r",
    "oss://demo/cp/tree",
    "oss://demo/copied",
  );
  assert.deepEqual([CopyObject, HeadObject <= FILES + 4], [FILES, true]);
  const { GetObject, ...others } = await requests("get", "-r", "oss://demo/copied", "back");
  assert.equal(GetObject, FILES);
  assert.ok(
    Object.values(others).every((count) => count <= 4),
    JSON.stringify(others),
  );
  const nothing = await requests("sync", "tree", "oss://demo/sync");
  assert.ok(
    Object.values(nothing).every((count) => count <= 4),
    JSON.stringify(nothing),
  );
});

test("a file is never put in a folder's place, nor below a file", async () => {
  const folder = ["in/the-way/f/x", "in/the-way/f-1", "in/the-way/f.txt", "in/the-way/d", "in/the-way/d-"];
  for (const key of folder) await home.server.put("demo", key, key);
  await writeFiles(join(home.work, "new/the-way"), { f: "1", "d/x": "2", "f.txt": "3", "e/y": "4", g: "5" });
  for (const args of [
    ["cp", "-r", "new/the-way", "oss://demo/in"],
    ["cp", "-r", "--continue", "new/the-way", "oss://demo/in/"],
    ["sync", "new/the-way", "oss://demo/in/the-way"],
  ]) {
    const { code, stderr } = await plugfs(args, { cwd: home.work });
    assert.equal(code, 1);
    assert.match(stderr, /ENOTDIR: .*the-way\/d/, args.join(" "));
    assert.match(stderr, /EISDIR: .*the-way\/f'/, args.join(" "));
    const keys = home.server.keys("demo").filter((key) => key.startsWith("in/") && !folder.includes(key));
    assert.deepEqual(keys, ["in/the-way/e/y", "in/the-way/g"]);
  }
  const { code, stderr } = await plugfs(["cp", "-r", "new", "oss://demo/in/the-way/d"], { cwd: home.work });
  assert.equal(code, 1);
  assert.match(stderr, /^plugfs cp: ENOTDIR: this is a file, and a folder is needed, .*\n$/);
});
