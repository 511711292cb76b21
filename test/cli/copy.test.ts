import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { plugfs } from "./plugfs.ts";

async function folderWith(files: Record<string, string>) {
  const folder = await temporaryFolder();
  await writeFiles(folder.path, files);
  const run = (...args: string[]) => plugfs(args, { cwd: folder.path });
  const at = (name: string) => join(folder.path, name);
  return {
    at,
    run,
    read: (name: string) => readFile(at(name), "utf8"),
    /** Every file below, relative. */
    async files(name = ".") {
      const entries = await readdir(at(name), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(at(name).length + 1))
        .sort();
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("cp names its target as cp does, and goes on after a source that fails", async () => {
  await using f = await folderWith({ "a/x": "1", "a/sub/y": "2", b: "old", "into/.keep": "" });
  const { code, stderr } = await f.run("cp", "a/x", "a/sub", "nope", "b", "into");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^plugfs cp: EISDIR: this is a folder, .*Use -r for folders\nplugfs cp: ENOENT: .*nope.*\n$/,
  );
  assert.deepEqual(await f.files("into"), [".keep", "b", "x"]);

  assert.equal((await f.run("cp", "-r", "a", "into")).code, 0);
  assert.equal((await f.run("cp", "-r", "a", "new/deep")).code, 0);
  assert.deepEqual(await f.files("new"), ["deep/sub/y", "deep/x"]);
  assert.deepEqual(await f.files("into/a"), ["sub/y", "x"]);

  const pattern = await f.run("cp", "-v", "a/*", "{a,nope}/**/y", "made/");
  assert.match(pattern.stderr, /EISDIR/);
  assert.deepEqual(await f.files("made"), ["x", "y"]);

  assert.match((await f.run("cp", "-n", "a/x", "b")).stderr, /EEXIST/);
  assert.equal(await f.read("b"), "old");
  assert.match(
    (await f.run("cp", "a/x", "into/x", "other/")).stderr,
    /EEXIST: another source of the same name/,
  );
  assert.match(
    (await f.run("cp", "a/x", "a/sub/y", "b")).stderr,
    /ENOTDIR: this is a file, and a folder is needed/,
  );
});

test("cp refuses what would never end or destroy its own source", async () => {
  await using f = await folderWith({ "a/x": "1" });
  await symlink("a", f.at("link"));
  for (const [source, target, message] of [
    ["a/x", "./a/../a/x", "source and target are the same"],
    ["link/x", "a", "source and target are the same"],
    ["a", "a/b", "the target is inside the source"],
    ["a", "link/b/c", "the target is inside the source"],
  ] as const) {
    const { code, stderr } = await f.run("cp", "-r", source, target);
    assert.match(stderr, new RegExp(`^plugfs cp: EINVAL: ${message}, .*\\n$`));
    assert.equal(code, 1);
  }
  assert.deepEqual(await f.files(), ["a/x", "link"]);
  assert.match((await f.run("sync", "a", "a/b")).stderr, /EINVAL: the target is inside the source/);
  assert.match((await f.run("sync", "a", ".")).stderr, /EINVAL: the source is inside the target/);
});

test("--continue leaves out what has arrived, and finds the copy that an earlier run began", async () => {
  await using f = await folderWith({
    "a/1": "one",
    "a/2": "two",
    "a/3": "three",
    "copy/1": "ONE",
    "copy/2": "tw",
  });
  const { code, stdout, stderr } = await f.run("cp", "-r", "--continue", "--json", "a", "copy");
  assert.deepEqual([code, stderr], [0, ""]);
  const targets = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).target.split("/").at(-1));
  assert.deepEqual(targets.sort(), ["2", "3"]);
  assert.equal(await f.read("copy/1"), "ONE");
  assert.deepEqual(await f.files("copy"), ["1", "2", "3"]);

  await utimes(f.at("copy/1"), 1, 1);
  await f.run("cp", "-r", "--continue", "a", "copy");
  assert.equal(await f.read("copy/1"), "one");

  await mkdir(f.at("a/a"));
  await mkdir(f.at("copy/a"));
  assert.match((await f.run("cp", "-r", "--continue", "a", "copy")).stderr, /EINVAL: it is not clear/);
});

test("sync copies what changed, says so beforehand, and deletes last and only when all is copied", async () => {
  await using f = await folderWith({
    "a/same": "1",
    "a/new/x": "2",
    "a/longer": "12",
    "b/longer": "1",
    "b/extra": "3",
    "b/gone/y": "4",
  });
  await f.run("cp", "a/same", "b/same");
  const dry = await f.run("sync", "--dry-run", "--delete", "a", "b");
  assert.equal(
    dry.stdout,
    `copy ${f.at("b/longer")}\ncopy ${f.at("b/new/x")}\nremove ${f.at("b/extra")}\nremove ${f.at("b/gone")}\n2 files to copy (3 B), 1 up to date, 2 removals.\n`,
  );
  assert.deepEqual(await f.files("b"), ["extra", "gone/y", "longer", "same"]);

  const done = await f.run("sync", "--delete", "a", "b");
  assert.equal(done.stdout, "2 files copied (3 B), 1 up to date, 2 removals.\n");
  assert.deepEqual(await f.files("b"), ["longer", "new/x", "same"]);
  assert.ok(!(await readdir(f.at("b"))).includes("gone"));
  assert.equal((await f.run("sync", "b/new", "a/new")).stdout, "0 files copied (0 B), 1 up to date.\n");

  await writeFile(f.at("a/same"), "9");
  await utimes(f.at("a/same"), 1, 1);
  assert.match((await f.run("sync", "a", "b")).stdout, /^0 files copied/);
  assert.match(
    (await f.run("sync", "--checksum", "a", "b")).stdout,
    /^1 file copied \(1 B\), 2 up to date\.$/m,
  );
  assert.equal(await f.read("b/same"), "9");

  // A link that leads nowhere cannot be copied: then nothing is deleted either.
  await symlink("nowhere", f.at("a/broken"));
  await writeFile(f.at("b/extra"), "");
  const failed = await f.run("sync", "--delete", "a", "b");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /ENOENT.*broken.*\n.*warning: nothing was removed/);
  assert.ok((await f.files("b")).includes("extra"));
});
