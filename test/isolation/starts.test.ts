/** Hosts that were started in another way than by plain Node, and hosts that are not plain programs. */
import assert from "node:assert/strict";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { build } from "esbuild";
import { writeFiles } from "../support/files.ts";
import { type Format, schemeOf } from "./probe-plugin.ts";
import { type HostReport, type HostStart, nodeVersion, runHost, runNode } from "./run-host.ts";
import { repository, type Scene, scene } from "./scene.ts";

const FORMATS: readonly Format[] = ["cjs", "esm", "ts", "ts-cjs"];
const SHARED = {
  shared: ["shared-cjs", "shared-esm"],
  configuration: { "plugin.classloader.parent-first-patterns.additional": "shared-cjs;shared-esm;@shared/" },
};

/** One process with a plugin of every format, each with all its probes. */
async function probeAll(
  t: TestContext,
  at: Scene,
  start: HostStart = {},
  shared = SHARED.shared,
): Promise<void> {
  const report = await runHost(at, { schemes: FORMATS.map(schemeOf), ...SHARED, shared }, start);
  for (const [scheme, probes] of Object.entries({ ...report.results, host: report.host })) {
    const wrong = Object.entries(probes).filter(([, outcome]) => outcome !== true);
    await t.test(scheme, () => assert.deepEqual(wrong, []));
  }
}

async function bundle(at: Scene): Promise<void> {
  await build({
    entryPoints: [join(at.host, "host.mjs")],
    outfile: join(at.host, "bundle.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
  });
}

test("a host bundled to one file, plugfs installed beside it", async (t) => {
  await using at = await scene("inside", FORMATS);
  await bundle(at);
  // What the bundle has swallowed it can only pass by value.
  await probeAll(t, at, { program: "bundle.mjs" }, [...SHARED.shared, "@shared/scoped"]);
});

test("a host bundled to one file, without plugfs beside it", async (t) => {
  await using at = await scene("outside", FORMATS);
  await bundle(at);
  await rm(join(at.host, "node_modules/plugfs"));
  await rm(join(at.path, "node_modules"), { recursive: true });
  const report = await runHost(at, { schemes: FORMATS.map(schemeOf) }, { program: "bundle.mjs" });
  const [major = 0, minor = 0] = await nodeVersion();
  const synchronous = major > 22 || (major === 22 && minor >= 15);
  const works = (scheme: string) => Object.keys(report.results[scheme] ?? {}).length > 10;
  await t.test("ES modules need it before Node 22.15 only", () => assert.equal(works("esm"), synchronous));
  await t.test("TypeScript needs it", () => {
    assert.match(String(report.results.ts?.loads), /"ts": .*lacks.*npm install plugfs/s);
    assert.match(String(report.results.tscjs?.loads), /"ts-cjs": .*lacks.*npm install plugfs/s);
  });
});

test("another tool's load hook is there", async (t) => {
  await using at = await scene("inside", ["cjs", "esm"]);
  await writeFiles(at.host, {
    "foreign.mjs": `
      import module from "node:module";
      module.registerHooks?.({ load: (url, context, next) => next(url, context) });
    `,
  });
  const flags = ["--import", join(at.host, "foreign.mjs")];
  const report = await runHost(at, { schemes: ["cjs", "esm"] }, { flags });
  for (const [scheme, probes] of Object.entries(report.results)) {
    // On Node 22.15 to 22.22.2 and 24.0 to 24.11.0 such a hook breaks Node's own require of ES modules.
    const wrong = Object.entries(probes).filter(([, outcome]) => outcome !== true);
    await t.test(scheme, () => assert.deepEqual(wrong, []));
  }
});

test("a host in CommonJS", async () => {
  await using at = await scene("inside", ["esm"]);
  await writeFiles(at.host, {
    "host.cjs": `
      const { Environment, FileSystem } = require("plugfs");
      globalThis.hostPlugfs = require("plugfs");
      globalThis.probes = {};
      (async () => {
        const env = await Environment.open({ pluginsDir: ${JSON.stringify(at.pluginsDir)} });
        await env.fileSystem("esm://x");
        const probes = await globalThis.probes.esm({ host: ${JSON.stringify(at.host)}, path: "" });
        await env.close();
        console.log(JSON.stringify(Object.entries(probes).filter(([, outcome]) => outcome !== true)));
      })();
    `,
  });
  const wrong = await runNode(["--no-warnings", join(at.host, "host.cjs")], {
    cwd: at.path,
    env: { NODE_PATH: join(at.path, "node-path") },
  });
  assert.deepEqual(JSON.parse(wrong), []);
});

test("a host in a Worker", async () => {
  await using at = await scene("outside", ["cjs", "esm"]);
  await writeFiles(at.host, {
    "main.mjs": `
      import { Worker } from "node:worker_threads";
      new Worker(new URL("./host.mjs", import.meta.url), { argv: process.argv.slice(2), stdout: false });
    `,
  });
  const report: HostReport = await runHost(at, { schemes: ["cjs", "esm"] }, { program: "main.mjs" });
  for (const probes of [...Object.values(report.results), report.host]) {
    assert.deepEqual(
      Object.entries(probes).filter(([, outcome]) => outcome !== true),
      [],
    );
  }
});

test("nothing is installed before the first plugin is loaded", async () => {
  await using at = await scene("inside", ["cjs"]);
  await writeFiles(at.host, {
    "quiet.mjs": `
      import module from "node:module";
      import { Environment } from "plugfs";
      const before = [module._load, module._resolveFilename, ...Object.getOwnPropertySymbols(globalThis)];
      const listeners = process.eventNames().length;
      const env = await Environment.open({ pluginsDir: ${JSON.stringify(at.pluginsDir)} });
      const state = env.plugins.list()[0].state;
      await env.close();
      const after = [module._load, module._resolveFilename, ...Object.getOwnPropertySymbols(globalThis)];
      console.log(JSON.stringify({
        state,
        same: before.length === after.length && before.every((value, index) => value === after[index]),
        listeners: process.eventNames().length - listeners,
      }));
    `,
  });
  const stdout = await runNode([join(at.host, "quiet.mjs")]);
  assert.deepEqual(JSON.parse(stdout), { state: "available", same: true, listeners: 0 });
});

test("two versions of the core in one process, one plugins folder", async () => {
  await using at = await scene("outside", []);
  await writeFiles(join(at.pluginsDir, "one"), {
    "package.json": {
      name: "one",
      type: "module",
      peerDependencies: { plugfs: "*" },
      plugfs: { schemes: ["one"] },
    },
    "index.js": `
      import * as plugfs from "plugfs";
      import dep from "dep";
      import { createRequire } from "node:module";
      const required = createRequire(import.meta.url)("plugfs");
      class Fs extends plugfs.FileSystem {
        capabilities = new Set();
        getFileStatus() {} listStatus() {} open() {}
      }
      globalThis.loads ??= [];
      globalThis.loads.push({ plugfs: plugfs.FileSystem, required: required.FileSystem, inDep: dep.plugfs.FileSystem });
      export default class { scheme = "one"; create() { return new Fs(); } }
    `,
    "node_modules/dep/index.js": "exports.plugfs = require('plugfs');",
  });
  // The same files at another place are another core for Node.
  const { cp } = await import("node:fs/promises");
  const other = join(at.path, "other/node_modules/plugfs");
  await cp(join(repository, "dist"), join(other, "dist"), { recursive: true });
  await cp(join(repository, "package.json"), join(other, "package.json"));
  await symlink(join(repository, "node_modules"), join(other, "node_modules"));
  await writeFiles(at.host, {
    "two.mjs": `
      import * as first from "plugfs";
      import * as second from ${JSON.stringify(join(other, "dist/core/index.js"))};
      const options = { pluginsDir: ${JSON.stringify(at.pluginsDir)} };
      const a = await first.Environment.open(options);
      const b = await second.Environment.open(options);
      await Promise.all([a.fileSystem("one://x"), b.fileSystem("one://x")]);
      const owners = globalThis.loads.map((load) =>
        Object.values(load).map((found) => (found === first.FileSystem ? "first" : found === second.FileSystem ? "second" : "neither")).join(),
      );
      await a.close();
      await b.close();
      console.log(JSON.stringify({ different: first.FileSystem !== second.FileSystem, owners: owners.sort() }));
    `,
  });
  const stdout = await runNode([join(at.host, "two.mjs")]);
  assert.deepEqual(JSON.parse(stdout), {
    different: true,
    owners: ["first,first,first", "second,second,second"],
  });
});

test("two environments with different shared packages", async () => {
  await using at = await scene("outside", []);
  await writeFiles(join(at.pluginsDir, "one"), {
    "package.json": {
      name: "one",
      type: "module",
      peerDependencies: { plugfs: "*" },
      plugfs: { schemes: ["one"] },
    },
    "index.js": `
      import { FileSystem } from "plugfs";
      import * as lib from "lib";
      class Fs extends FileSystem { capabilities = new Set(); getFileStatus() {} listStatus() {} open() {} }
      globalThis.libs ??= [];
      globalThis.libs.push(lib.from);
      export default class { scheme = "one"; create() { return new Fs(); } }
    `,
    "node_modules/lib/index.js": "exports.from = 'own';",
  });
  await writeFiles(at.host, {
    "shared.mjs": `
      import { Environment } from "plugfs";
      const key = "plugin.classloader.parent-first-patterns.additional";
      const open = (shared, patterns) => Environment.open({ pluginsDir: ${JSON.stringify(at.pluginsDir)}, shared, configuration: { [key]: patterns } });
      const environments = [
        await open({ lib: { from: "first" } }, "lib"),
        await open({ lib: { from: "second" } }, "lib"),
        await open({}, ""),
        await open({}, ""),
      ];
      for (const env of environments) await env.fileSystem("one://x");
      for (const env of environments) await env.close();
      console.log(JSON.stringify(globalThis.libs));
    `,
  });
  const stdout = await runNode([join(at.host, "shared.mjs")]);
  assert.deepEqual(JSON.parse(stdout), ["first", "second", "own"], "the last shares the third one's code");
});
