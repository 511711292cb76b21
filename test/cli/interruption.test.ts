import assert from "node:assert/strict";
import { once } from "node:events";
import { open, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ossHome } from "./oss-home.ts";
import { start } from "./plugfs.ts";
import { until } from "./until.ts";

test("Ctrl-C ends an upload: exit code 130, nothing appears, nothing is left unfinished", async () => {
  await using home = await ossHome();
  const file = join(home.work, "big");
  await writeFile(file, "");
  await truncate(file, 64 << 20);
  home.server.shape.rate = 1 << 20;
  const child = start(["cp", file, "oss://demo/big"], { cwd: home.work });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const exit = once(child, "close");
  // An upload in parts is under way.
  await until(() => home.server.uploads("demo").length > 0, exit);
  home.server.shape.rate = Number.POSITIVE_INFINITY;
  child.kill("SIGINT");
  assert.deepEqual(await exit, [130, null], stderr);
  assert.deepEqual(home.server.keys("demo"), []);
  assert.deepEqual(home.server.uploads("demo"), []);
});

test("Ctrl-C ends a download and leaves no temporary file", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "big", Buffer.alloc(32 << 20));
  home.server.shape.rate = 1 << 20;
  const child = start(["cp", "oss://demo/big", "copy"], { cwd: home.work });
  const exit = once(child, "close");
  await until(async () => (await readdir(home.work)).length > 0, exit);
  child.kill("SIGINT");
  assert.deepEqual(await exit, [130, null]);
  assert.deepEqual(await readdir(home.work), []);
});

test("Ctrl-C ends the wait for standard input, and nothing appears", async () => {
  await using folder = await temporaryFolder();
  const child = start(["cp", "-", "target"], { cwd: folder.path });
  const exit = once(child, "close");
  child.stdin.write("half of it");
  await until(async () => (await readdir(folder.path)).length > 0, exit);
  child.kill("SIGINT");
  assert.deepEqual(await exit, [130, null]);
  assert.deepEqual(await readdir(folder.path), []);
});

test("a reader that goes away ends the command quietly", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "big");
  await writeFile(file, "x\n".repeat(4 << 20));
  for (const args of [
    ["cat", file],
    ["ls", ...Array.from({ length: 3000 }, () => file)],
  ]) {
    const child = start(args, { cwd: folder.path });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const exit = once(child, "close");
    await once(child.stdout, "data");
    child.stdout.destroy();
    assert.deepEqual([await exit, stderr], [[0, null], ""], args[0]);
  }
});

test("output that cannot be written is a failure with one line", async (t) => {
  if (process.platform !== "linux") return t.diagnostic("only Linux has /dev/full");
  await using folder = await temporaryFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "x");
  await using full = await open("/dev/full", "w");
  const child = start(["cat", file], { cwd: folder.path, stdout: full.fd });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 1);
  assert.match(stderr, /^plugfs cat: ENOSPC: .*Free some space.*\n$/);
});
