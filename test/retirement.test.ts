import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Environment } from "plugfs";
import { collecting } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

/** Says on `globalThis.retirement` what is closed. */
const PLUGIN = `
const { FileSystem } = require("plugfs");
const told = globalThis.retirement;
class Told extends FileSystem {
  capabilities = new Set();
  async getFileStatus(path) { return { path, kind: "file", length: 0, modificationTime: 0 }; }
  async *listStatus() {}
  async open() {}
  async close() { told.push("file system"); }
}
module.exports = class {
  scheme = "told";
  create() { return new Told(); }
  async close() { told.push("factory"); }
};`;

async function addPlugin(home: string): Promise<void> {
  const folder = join(home, "plugins", "told-fs");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "index.js"), PLUGIN);
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({
      name: "told-fs",
      version: "1.0.0",
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: ["told"], options: { "fs.told.pin": { type: "string", secret: true } } },
    }),
  );
}

test("a reloaded and a removed plugin are closed without waiting for the next call or for the environment", async () => {
  await using folder = await temporaryFolder();
  const told: string[] = [];
  let heard = () => {};
  const push = (what: string) => {
    told.push(what);
    if (what === "factory") heard();
  };
  Object.assign(globalThis, { retirement: { push } });
  const closed = () => new Promise<void>((resolve) => (heard = resolve));
  await addPlugin(folder.path);
  await using env = await Environment.open({ home: folder.path, logger: collecting([]) });
  await env.fs.stat("told://x/y");

  const first = closed();
  await env.plugins.reload("told-fs");
  await first;
  assert.deepEqual(told.splice(0), ["file system", "factory"]);

  await env.fs.stat("told://x/y");
  const second = closed();
  await rm(join(folder.path, "plugins", "told-fs"), { recursive: true });
  assert.deepEqual((await env.plugins.refresh()).removed, ["told-fs"]);
  await second;
  assert.deepEqual(told, ["file system", "factory"]);
  await assert.rejects(env.fs.stat("told://x/y"), { code: "ERR_PLUGIN_GONE" });
});

test("what a plugin that comes later declares secret is redacted too", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "plugins"));
  await using env = await Environment.open({
    home: folder.path,
    logger: collecting([]),
    configuration: { "fs.told.pin": "1234" },
  });
  Object.assign(globalThis, { retirement: [] });
  await addPlugin(folder.path);
  await env.plugins.refresh();
  assert.doesNotMatch(JSON.stringify(env.configuration), /1234/);
});
