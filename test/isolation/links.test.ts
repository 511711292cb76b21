/** Links: inside a plugin's folder, out of it, in a circle, and to packages under development. */
import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Files, writeFiles } from "../support/files.ts";
import { runNode } from "./run-host.ts";
import { pkg, type Scene, scene } from "./scene.ts";

/** A plugin whose load publishes `found` on `globalThis`. */
function plugin(found: string): Files {
  return {
    "package.json": {
      name: "linked",
      type: "module",
      exports: "./index.js",
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: ["linked"] },
    },
    "index.js": `
      import { FileSystem } from "plugfs";
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      class Fs extends FileSystem { capabilities = new Set(); getFileStatus() {} listStatus() {} open() {} }
      globalThis.found = await (async () => { ${found} })().catch((error) => error.code);
      export default class { scheme = "linked"; create() { return new Fs(); } }
    `,
  };
}

async function found(at: Scene, configuration: Record<string, unknown> = {}, more = ""): Promise<unknown> {
  await writeFiles(at.host, {
    "links.mjs": `
      import { Environment, FileSystem } from "plugfs";
      globalThis.hostFileSystem = FileSystem;
      const env = await Environment.open({
        pluginsDir: ${JSON.stringify(at.pluginsDir)},
        configuration: ${JSON.stringify(configuration)},
      });
      await env.fileSystem("linked://x").catch((error) => { globalThis.found = error.message; });
      ${more}
      await env.close();
      console.log(JSON.stringify(globalThis.found ?? null));
    `,
  });
  return JSON.parse(await runNode(["--no-warnings", join(at.host, "links.mjs")], { cwd: at.path }));
}

test("pnpm's layout inside a plugin", async () => {
  await using at = await scene("outside", []);
  const target = await writeFiles(
    join(at.pluginsDir, "linked"),
    plugin("return [(await import('outer')).default.inner.from, require('outer').inner.from];"),
  );
  const store = join(target, "node_modules/.pnpm");
  await writeFiles(
    join(store, "outer@1/node_modules/outer"),
    pkg("outer", "exports.inner = require('inner');"),
  );
  await writeFiles(join(store, "inner@1/node_modules/inner"), pkg("inner", "exports.from = 'inner';"));
  await symlink("../../inner@1/node_modules/inner", join(store, "outer@1/node_modules/inner"));
  await symlink(".pnpm/outer@1/node_modules/outer", join(target, "node_modules/outer"));
  assert.deepEqual(await found(at), ["inner", "inner"]);
  const reload = 'await env.plugins.reload("linked");';
  assert.deepEqual(await found(at, {}, reload), ["inner", "inner"], "and in a copy of it");
});

/** A package outside of every plugin, linked into one: what `npm link` makes. */
async function linkedPackage(at: Scene, body: string): Promise<string> {
  const outside = await writeFiles(join(at.path, "development/library"), {
    "package.json": { name: "library", type: "module", exports: "./index.js" },
    "index.js": body,
    "node_modules/own-dependency/package.json": { name: "own-dependency" },
    "node_modules/own-dependency/index.js": "exports.from = 'own';",
  });
  await mkdir(join(at.pluginsDir, "linked/node_modules"), { recursive: true });
  await symlink(outside, join(at.pluginsDir, "linked/node_modules/library"));
  return outside;
}

test("a link that leads out of the plugin is refused", async () => {
  await using at = await scene("outside", []);
  await writeFiles(join(at.pluginsDir, "linked"), plugin("return (await import('library')).value;"));
  await linkedPackage(at, "export const value = 1;");
  assert.equal(await found(at), "ERR_MODULE_NOT_FOUND");
});

test("plugin.extra-roots allows it, and its modules share plugfs", async () => {
  await using at = await scene("outside", []);
  await writeFiles(join(at.pluginsDir, "linked"), plugin("return (await import('library')).value;"));
  const outside = await linkedPackage(
    at,
    `
      import { FileSystem } from "plugfs";
      import dependency from "own-dependency";
      export const value = [FileSystem === globalThis.hostFileSystem, dependency.from];
    `,
  );
  assert.deepEqual(await found(at, { "plugin.extra-roots": outside }), [true, "own"]);
});

test("a circle of links inside a plugin disturbs neither its load nor its copy", async () => {
  await using at = await scene("outside", []);
  const target = await writeFiles(join(at.pluginsDir, "linked"), plugin("return 'loaded';"));
  await symlink(".", join(target, "self"));
  await symlink("b", join(target, "a"));
  await symlink("a", join(target, "b"));
  assert.equal(await found(at, {}, 'await env.plugins.reload("linked");'), "loaded");
});

test("a link to a folder that holds the host is refused", async () => {
  await using at = await scene("outside", []);
  await writeFiles(at.host, { ...plugin("return 1;"), "package.json": plugin("")["package.json"] });
  await symlink(at.host, join(at.pluginsDir, "linked"));
  assert.match(String(await found(at)), /holds the host itself/);
});
