import assert from "node:assert/strict";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Environment } from "plugfs";
import "./fixtures/plugins/memory-fs/contract.test.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const PLUGIN = fileURLToPath(new URL("fixtures/plugins/memory-fs", import.meta.url));

test("the memory plugin works by being copied into plugins/", async () => {
  await using home = await temporaryFolder();
  await mkdir(join(home.path, "conf"));
  await cp(PLUGIN, join(home.path, "plugins/memory-fs"), { recursive: true });
  await writeFile(join(home.path, "conf/flink-conf.yaml"), "fs.mem.limit: 1 kb\n");
  await using env = await Environment.open({ home: home.path });
  assert.equal(env.plugins.list()[0]?.state, "available");
  assert.equal(await env.fs.mkdir("mem://a/folder/sub", { recursive: true }), "mem://a/folder");
  await env.fs.writeFile("mem://a/folder/file", "hello");
  assert.equal(await env.fs.readFile("mem://a/folder/file", "utf8"), "hello");
  await assert.rejects(env.fs.readFile("mem://b/file"), {
    code: "ENOENT",
    plugin: "memory-fs",
    operation: "open",
    path: "mem://b/file",
  });
  await assert.rejects(env.fs.writeFile("mem://a/big", Buffer.alloc(2000)), { code: "ENOSPC" });
  assert.equal(env.plugins.list()[0]?.state, "active");

  const local = join(home.path, "copied");
  await env.fs.copyFile("mem://a/folder/file", local);
  await env.fs.copyFile(local, "mem://b/file");
  assert.equal(await env.fs.readFile("mem://b/file", "utf8"), "hello");
  await assert.rejects(env.fs.rename("mem://a/folder/file", "mem://b/x"), { code: "EXDEV" });
});
