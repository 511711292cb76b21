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

/** What keeps the process alive and did not before, once what ends by itself has ended. */
async function added(before: readonly string[]): Promise<string[]> {
  for (let turns = 0; ; turns++) {
    const left = [...before];
    const more = process.getActiveResourcesInfo().filter((name) => {
      const index = left.indexOf(name);
      if (index !== -1) left.splice(index, 1);
      return index === -1 && name !== "Immediate";
    });
    if (more.length === 0 || turns === 1000) return more;
    await setImmediate();
  }
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

/** One life of an environment, with calls that wait, streams that are open and one that is half written at its end. */
async function life(folder: string): Promise<void> {
  const env = await Environment.open({
    home: folder,
    configuration: { "fs.file.timeout": "1 min", "fs.file.limit.requests-per-second": 2 },
  });
  const at = (name: string) => Path.parse(join(folder, name));
  await env.fs.writeFile(at("file"), "hello");
  const fs = await env.fileSystem(folder);
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
  await using other = await Environment.open({ home: folder });
  assert.deepEqual(await other.fs.readdir(folder), ["file"]);
  await other.close();
}

test("close ends what is open, publishes nothing half, leaves no resource, and may be called twice", async () => {
  await using folder = await temporaryFolder();
  // In the first the test's own compiler may start, and stay.
  await life(folder.path);
  const before = process.getActiveResourcesInfo();
  await life(folder.path);
  assert.deepEqual(await added(before), []);
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
