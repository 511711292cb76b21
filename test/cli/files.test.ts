import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeFiles } from "../support/files.ts";
import { type OssHome, ossHome } from "./oss-home.ts";
import { plugfs, type RunOptions, start } from "./plugfs.ts";
import { until } from "./until.ts";

let home: OssHome;
before(async () => {
  home = await ossHome();
});
after(() => home[Symbol.asyncDispose]());

/** Runs in `work`; anything on stderr and any code but 0 fails the test. */
async function ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await plugfs(args, { cwd: home.work, ...options });
  assert.deepEqual({ args, code, stderr }, { args, code: 0, stderr: "" });
  return stdout;
}

async function fails(args: readonly string[], expected: RegExp, code = 1): Promise<void> {
  const ended = await plugfs(args, { cwd: home.work });
  assert.match(ended.stderr, expected);
  assert.equal(ended.code, code, ended.stderr);
}

function objects(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const TREE = {
  "a b.txt": "blank\n",
  "100%.txt": "per cent",
  "new\nline": "two lines",
  "日本/é.txt": "wide",
  "deep/er/last": "x".repeat(100_000),
  "deep/none": "",
};

test("a tree goes to a bucket and back unchanged, whatever its names hold", async () => {
  const at = (name: string) => join(home.work, name);
  await writeFiles(at("tree"), TREE);
  await mkdir(at("tree/empty"));
  await ok(["cp", "-r", "tree", "oss://demo/tree"]);
  const keys = home.server.keys("demo");
  assert.deepEqual(
    keys.filter((key) => !key.endsWith("/")),
    Object.keys(TREE)
      .map((name) => `tree/${name}`)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  await ok(["cp", "-r", "oss://demo/tree", "back"]);
  for (const [name, text] of Object.entries(TREE)) {
    assert.equal(await readFile(at(`back/${name}`), "utf8"), text, name);
  }
  assert.deepEqual((await readdir(at("back"))).sort(), (await readdir(at("tree"))).sort());
});

test("objects that no path can name are named, and a copy without them is no success", async () => {
  await home.server.put("demo", "odd/a//b", "1");
  await home.server.put("demo", "odd/c", "2");
  const warning = /^plugfs cp: warning: \d+ objects? .*; one of them is "odd\/a\/\/b?"\n$/;
  await fails(["cp", "-r", "oss://demo/odd", "odd"], warning);
  assert.equal(await readFile(join(home.work, "odd/c"), "utf8"), "2");
  await fails(["sync", "--delete", "oss://demo/odd", "odd"], /one of them is .*\n.*nothing was removed/);
});

test("listings: one line a file whatever its name, JSON with the exact name", async () => {
  await home.server.put("demo", "list/a\nb\u001b[2J.txt", "12345");
  await home.server.put("demo", "list/sub/日本.txt", "x".repeat(2048));
  const lines = (await ok(["ls", "-R", "oss://demo/list"])).trimEnd().split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /^ {7}5 B {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}a\\nb\\e\[2J\.txt$/);
  assert.match(lines[1] ?? "", /^ +- {2}.* {2}sub\/$/);
  assert.match(lines[2] ?? "", /^ {3}2\.0 KiB {2}.* {2}sub\/日本\.txt$/);

  const [first] = objects(await ok(["ls", "--json", "oss://demo/list"]));
  assert.equal(first?.path, "oss://demo/list/a\nb\u001b[2J.txt");
  assert.equal(first?.length, 5);
  const [status] = objects(await ok(["stat", "--json", "oss://demo/list/sub/日本.txt"]));
  assert.deepEqual([status?.kind, status?.length, typeof status?.crc64], ["file", 2048, "string"]);

  const found = await ok([
    "find",
    "oss://demo/list",
    "--type",
    "f",
    "--smaller",
    "1kb",
    "--newer",
    "1d",
    "-0",
  ]);
  assert.equal(found, "oss://demo/list/a\nb\u001b[2J.txt\0");
  assert.deepEqual(objects(await ok(["du", "--json", "oss://demo/list"])), [
    { path: "oss://demo/list/sub", files: 1, bytes: 2048 },
    { path: "oss://demo/list", files: 2, bytes: 2053 },
  ]);
});

test("cat, head and tail give the bytes, also of patterns and of standard input", async () => {
  const numbers = Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join("");
  assert.equal(await ok(["cp", "-", "oss://demo/text/numbers"], { input: numbers }), "");
  await home.server.put("demo", "text/nothing", "");
  assert.equal(await ok(["cp", "oss://demo/text/numbers", "-"]), numbers);
  assert.equal(await ok(["cat", "oss://demo/text/n{umbers,othing}", "-"], { input: "end" }), `${numbers}end`);
  assert.equal(await ok(["head", "-n", "2", "oss://demo/text/numbers"]), "0\n1\n");
  assert.equal(await ok(["tail", "-n2", "oss://demo/text/numbers"]), "19998\n19999\n");
  assert.equal(await ok(["tail", "-c", "100kb", "oss://demo/text/numbers"]), numbers.slice(-102_400));
  assert.equal(
    await ok(["tail", "-n", "15000", "oss://demo/text/numbers"]),
    numbers.slice(numbers.indexOf("\n5000\n") + 1),
  );
});

test("mv moves within a bucket and between stores; rm removes, and asks before it removes much", async () => {
  await writeFiles(join(home.work, "mv"), { a: "1", "sub/b": "2" });
  await ok(["mv", "mv", "oss://demo/moved"]);
  assert.deepEqual((await readdir(home.work)).includes("mv"), false);
  await ok(["mv", "oss://demo/moved/a", "oss://demo/moved/sub/"]);
  const moved = () =>
    home.server.keys("demo").filter((key) => key.startsWith("moved/") && !key.endsWith("/"));
  assert.deepEqual(moved(), ["moved/sub/a", "moved/sub/b"]);

  await fails(
    ["rm", "-r", "oss://demo/moved"],
    /no terminal to ask on \(Remove .*2 files, 2 B\)\?\): add --yes/,
    2,
  );
  await fails(["rm", "oss://demo/moved"], /EISDIR.*Use -r for folders/);
  await fails(["rm", "oss://demo/moved/nothing"], /ENOENT/);
  assert.deepEqual(moved(), ["moved/sub/a", "moved/sub/b"]);
  assert.equal(await ok(["rm", "-v", "oss://demo/moved/sub/a"]), "removed oss://demo/moved/sub/a\n");
  await ok(["rm", "-rf", "--yes", "oss://demo/moved", "oss://demo/moved/nothing"]);
  assert.deepEqual(moved(), []);
});

test("put and get mean local files whatever the default scheme is", async () => {
  await writeFile(join(home.work, "local.txt"), "local");
  const define = ["-D", "fs.default-scheme=oss://demo"];
  await ok(["put", ...define, "local.txt", "put/"]);
  await ok(["get", ...define, "put/local.txt", "got.txt"]);
  assert.equal(await readFile(join(home.work, "got.txt"), "utf8"), "local");
});

test("what a killed upload leaves is listed, and swept by age", async () => {
  const big = join(home.work, "big");
  await writeFile(big, "");
  await truncate(big, 64 << 20);
  home.server.shape.rate = 1 << 20;
  const child = start(["cp", big, "oss://demo/left/big"], { cwd: home.work });
  const exit = once(child, "close");
  await until(() => home.server.uploads("demo").length > 0, exit);
  child.kill("SIGKILL");
  await exit;
  home.server.shape.rate = Number.POSITIVE_INFINITY;

  const [upload, ...others] = objects(await ok(["uploads", "list", "--json", "oss://demo/left"]));
  assert.deepEqual([upload?.target, others], ["oss://demo/left/big", []]);
  assert.ok(Math.abs(Date.now() - Number(upload?.started)) < 60_000);
  await fails(["uploads", "sweep", "oss://demo"], /--older-than AGE is needed/, 2);
  assert.match(
    await ok(["uploads", "sweep", "--older-than", "1d", "oss://demo"]),
    /^0 unfinished writes discarded/,
  );
  assert.match(
    await ok(["uploads", "sweep", "--older-than", "0", "--dry-run", "oss://demo"]),
    /^1 unfinished write to discard/m,
  );
  assert.equal(home.server.uploads("demo").length, 1);
  assert.match(
    await ok(["uploads", "sweep", "--older-than", "0", "oss://demo"]),
    /^oss:\/\/demo\/left\/big of .*\n1 unfinished write discarded/,
  );
  assert.equal(home.server.uploads("demo").length, 0);
});

test("doctor looks at plugins, at what is named and at what the configuration holds", async () => {
  const define = ["-D", "state.checkpoints.dir=oss://demo/checkpoints"];
  const well = await ok(["doctor", "--write", ...define, "oss://demo/tmp"]);
  assert.match(well, /^ok +plugin oss-fs: 1\.0\.0, loaded and configured in \d+ ms, offers oss:\/\/$/m);
  assert.match(well, /^ok +oss:\/\/demo\/tmp, writing: a file was written, read back and removed$/m);
  assert.deepEqual(
    home.server.keys("demo").filter((key) => key.startsWith("tmp/.")),
    [],
  );

  const ill = await plugfs(["doctor", "--json", ...define, "-D", "fs.oss.accessKeySecret=wr0ng"], {
    cwd: home.work,
  });
  assert.equal(ill.code, 1);
  const failed = objects(ill.stdout).find(({ verdict }) => verdict === "failed");
  assert.equal(failed?.subject, "oss://demo");
  assert.match(String(failed?.detail), /EACCES: .*accessKeySecret/);
  assert.doesNotMatch(ill.stdout + ill.stderr, /wr0ng/);
});
