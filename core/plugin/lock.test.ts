import assert from "node:assert/strict";
import { cp, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFiles } from "../../test/support/files.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { folderDigest, readLock, writeLock } from "./lock.ts";

test("the digest is of names, links and bytes, and of nothing else", async () => {
  await using folder = await temporaryFolder();
  const one = await writeFiles(join(folder.path, "one"), {
    "index.js": "1",
    "lib/a.js": "a",
    "node_modules/x/index.js": "x",
  });
  const two = join(folder.path, "two");
  const digest = await folderDigest(one);
  assert.match(digest, /^sha256-[A-Za-z0-9+/]{43}=$/);
  await cp(one, two, { recursive: true });
  await utimes(join(two, "index.js"), 1, 1);
  await mkdir(join(two, "empty"));
  assert.equal(await folderDigest(two), digest, "times and empty folders make no difference");

  const seen = new Set([digest]);
  const differs = async (change: () => Promise<unknown>) => {
    await change();
    const now = await folderDigest(two);
    assert.ok(!seen.has(now));
    seen.add(now);
  };
  await differs(() => writeFile(join(two, "index.js"), "2"));
  await differs(() => writeFile(join(two, "node_modules/x/index.js"), "y"));
  await differs(() => writeFile(join(two, ".hidden"), ""));
  await differs(() => rename(join(two, "lib/a.js"), join(two, "lib/b.js")));
  await differs(() => symlink("lib/b.js", join(two, "link")));
  await differs(() => rm(join(two, "link")).then(() => symlink("index.js", join(two, "link"))));
  await differs(() => rm(join(two, "lib"), { recursive: true }));
});

test("names and bytes cannot be moved into one another", async () => {
  await using folder = await temporaryFolder();
  const digests = await Promise.all(
    [{ a: "bc" }, { ab: "c" }, { a: "b", c: "" }, { "a/b": "c" }, { abc: "" }].map(async (files, index) =>
      folderDigest(await writeFiles(join(folder.path, String(index)), files)),
    ),
  );
  assert.equal(new Set(digests).size, digests.length);
});

test("a lock file is read as it was written, and a broken one is an error", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "conf/plugins.lock.json");
  assert.equal(await readLock(file), undefined);
  const lock = { b: { digest: "sha256-b" }, a: { version: "1.0.0", digest: "sha256-a" } };
  await writeLock(file, lock);
  assert.deepEqual(await readLock(file), lock);
  for (const text of [
    "",
    "{",
    "null",
    "{}",
    '{"lockfileVersion":2,"plugins":{}}',
    '{"lockfileVersion":1,"plugins":{"a":{}}}',
  ]) {
    await writeFile(file, text);
    await assert.rejects(readLock(file), { code: "ERR_PLUGIN_VERIFY" }, text);
  }
});
