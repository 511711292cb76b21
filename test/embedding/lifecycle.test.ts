/** Environments in one process: independent while they live, and nothing left when they are closed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Environment, Path } from "plugfs";
import { versionedPlugin } from "../isolation/versioned-plugin.ts";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** What keeps the process alive, but for what ends by itself within a turn of the loop. */
async function resources(): Promise<string[]> {
  await setImmediate();
  return process
    .getActiveResourcesInfo()
    .filter((name) => name !== "Immediate" && name !== "FSReqPromise")
    .sort();
}

/** A plugin `stuck` whose file system, or factory, never closes. */
function stuckPlugin(where: "file system" | "factory") {
  return {
    "package.json": {
      name: "stuck",
      exports: "./index.js",
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: ["stuck"] },
    },
    "index.js": `
      const { FileSystem } = require("plugfs");
      const never = () => new Promise(() => {});
      class Stuck extends FileSystem {
        capabilities = new Set();
        getFileStatus(path) { return Promise.resolve({ path, kind: "file", length: 1, modificationTime: 0 }); }
        ${where === "file system" ? "close() { return never(); }" : ""}
      }
      module.exports = class {
        scheme = "stuck";
        create() { return new Stuck(); }
        ${where === "factory" ? "close() { return never(); }" : ""}
      };
    `,
  };
}

test("several environments at once: homes, configurations and versions of one plugin of their own", async () => {
  await using folder = await temporaryFolder();
  const open = async (version: number) => {
    const home = await writeFiles(join(folder.path, `home-${version}`), {
      "conf/config.yaml": `fs:\n  default-scheme: v://of-${version}\n`,
    });
    await writeFiles(join(home, "plugins/versioned"), versionedPlugin("cjs", version));
    return Environment.open({ home, logger: quiet });
  };
  const envs = await Promise.all([1, 2, 3].map(open));
  const sizes = () => Promise.all(envs.map(async (env) => (await env.fs.stat("/lazy")).size));
  assert.deepEqual(await sizes(), [1, 2, 3]);
  await Promise.all(envs.map((env) => env.plugins.reload("versioned")));
  assert.deepEqual(await sizes(), [1, 2, 3]);
  await envs[0]?.close();
  await assert.rejects(envs[0]?.fs.stat("/lazy") ?? assert.fail(), { code: "ERR_JOB_CLOSED" });
  assert.equal((await envs[1]?.fs.stat("/entry"))?.size, 2);
  await Promise.all(envs.map((env) => env.close()));
});

test("environments with one plugins folder but configurations of their own", async () => {
  await using folder = await temporaryFolder();
  const open = (base: string) =>
    Environment.open({ home: folder.path, configuration: { "fs.file.read-only": base } });
  await using one = await open("true");
  await using two = await open("false");
  const file = join(folder.path, "file");
  await assert.rejects(one.fs.writeFile(file, "x"), { code: "EROFS" });
  await two.fs.writeFile(file, "x");
  assert.equal(await one.fs.readFile(file, "utf8"), "x");
});

test("close ends what is open, publishes nothing half, leaves no resource, and may be called twice", async () => {
  await using folder = await temporaryFolder();
  const before = await resources();
  const env = await Environment.open({
    home: folder.path,
    configuration: { "fs.file.timeout": "1 min", "fs.file.limit.requests-per-second": 2 },
  });
  const at = (name: string) => Path.parse(join(folder.path, name));
  await env.fs.writeFile(at("file"), "hello");
  const fs = await env.fileSystem(folder.path);
  const input = await fs.open(at("file"));
  const waiting = Promise.allSettled(Array.from({ length: 5 }, () => fs.getFileStatus(at("file"))));
  const output = await fs.create(at("half")).catch((error) => error as Error);
  const closing = env.close();
  assert.equal(env.close(), closing);
  await closing;
  await waiting;
  await assert.rejects(input.read(new Uint8Array(1)));
  if (!(output instanceof Error)) await assert.rejects(output.close());
  await assert.rejects(fs.getFileStatus(at("file")), { code: "ERR_JOB_CLOSED" });
  await using other = await Environment.open({ home: folder.path });
  assert.deepEqual(await other.fs.readdir(folder.path), ["file"]);
  await other.close();
  assert.deepEqual(await resources(), before);
});

for (const where of ["file system", "factory"] as const) {
  test(`a plugin whose ${where} never closes is left behind after closeTimeout`, async () => {
    await using folder = await temporaryFolder();
    await writeFiles(join(folder.path, "plugins/stuck"), stuckPlugin(where));
    await writeFiles(join(folder.path, "plugins/versioned"), versionedPlugin("cjs", 1));
    const env = await Environment.open({ home: folder.path, closeTimeout: 50, logger: quiet });
    assert.equal((await env.fs.stat("stuck://x/y")).size, 1);
    assert.equal((await env.fs.stat("v://x/entry")).size, 1);
    await assert.rejects(env.close(), {
      code: "ERR_PLUGIN_TIMEOUT",
      message: where === "factory" ? /50 ms.*factories/ : /50 ms.*stuck:\/\/x \(plugin "stuck"\)/,
    });
  });
}

test("await using closes", async () => {
  await using folder = await temporaryFolder();
  let kept: Environment;
  {
    await using env = await Environment.open({ home: folder.path });
    kept = env;
  }
  await assert.rejects(kept.fs.stat(folder.path), { code: "ERR_JOB_CLOSED" });
});
