import assert from "node:assert/strict";
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { plugfs } from "./plugfs.ts";

/** A plugin that says so when it is imported, and files that are not for shipping. */
const MARKED = {
  "package.json": {
    name: "marked-fs",
    version: "1.2.3",
    type: "module",
    exports: "./index.js",
    files: ["index.js", "lib/", "!lib/notes.txt"],
    peerDependencies: { plugfs: "^1.0.0" },
    plugfs: {
      schemes: ["marked"],
      options: {
        "fs.marked.limit": { type: "memory", default: "64 mb" },
        "fs.marked.pin": { type: "string", secret: true },
      },
    },
  },
  "index.js": 'console.log("IMPORTED"); export default class { scheme = "marked"; create() {} }',
  "lib/a.js": "1",
  "lib/notes.txt": "not shipped",
  "src/index.ts": "not shipped",
};

async function home(files: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await writeFiles(folder.path, { "conf/config.yaml": "", "plugins/README.md": "", ...files });
  await writeFiles(join(folder.path, "opt/marked-fs"), MARKED);
  return folder;
}

test("enable copies what the manifest ships, list reads manifests only, disable keeps the folder", async () => {
  await using folder = await home({ "conf/config.yaml": "# mine\nfs.marked.pin: 'p1n' # secret\n" });
  const at = (name: string) => join(folder.path, name);
  await chmod(at("conf/config.yaml"), 0o600);
  await mkdir(at("deep/er"), { recursive: true });
  const run = (...args: string[]) => plugfs(args, { cwd: at("deep/er") });

  const enabled = await run("plugins", "enable", "marked-fs");
  assert.deepEqual(enabled, {
    code: 0,
    stdout: `Copied ${at("opt/marked-fs")} to ${at("plugins/marked-fs")} (3 files, version 1.2.3).\nmarked:// is offered by marked-fs.\n`,
    stderr: "",
  });
  assert.deepEqual((await readdir(at("plugins/marked-fs"), { recursive: true })).sort(), [
    "index.js",
    "lib",
    "lib/a.js",
    "package.json",
  ]);

  const disabled = await run("plugins", "disable", "marked-fs");
  assert.equal(disabled.stdout, `Wrote marked-fs into plugin.disabled in ${at("conf/config.yaml")}.\n`);
  assert.equal(
    await readFile(at("conf/config.yaml"), "utf8"),
    "# mine\nfs.marked.pin: 'p1n' # secret\nplugin.disabled: [marked-fs]\n",
  );
  assert.equal((await stat(at("conf/config.yaml"))).mode & 0o777, 0o600);

  const list = await run("plugins", "list");
  assert.match(
    list.stdout,
    /^ID +VERSION +SCHEMES +STATE +REASON\nmarked-fs +1\.2\.3 +marked:\/\/ +disabled\n$/,
  );

  const conf = await run("conf", "--defaults", "--json");
  assert.deepEqual(
    conf.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { key: "fs.marked.limit", value: "64 mb", source: "default" },
      { key: "fs.marked.pin", value: "******", source: `${at("conf/config.yaml")}:2` },
      { key: "plugin.disabled", value: "marked-fs", source: `${at("conf/config.yaml")}:3` },
    ],
  );

  const again = await run("plugins", "enable", "marked-fs");
  assert.match(again.stdout, /^marked-fs is in .* already\.\nTook marked-fs out of plugin\.disabled/);
  assert.equal(
    await readFile(at("conf/config.yaml"), "utf8"),
    "# mine\nfs.marked.pin: 'p1n' # secret\nplugin.disabled: []\n",
  );
  for (const { stdout, stderr } of [enabled, disabled, list, conf, again]) {
    assert.doesNotMatch(stdout + stderr, /IMPORTED|p1n/);
  }
});

test("enable never replaces a changed plugin without --force, nor leaves anything behind", async () => {
  await using folder = await home();
  const at = (name: string) => join(folder.path, name);
  const run = (...args: string[]) => plugfs(["plugins", ...args], { cwd: folder.path });

  assert.equal((await run("enable", "marked-fs")).code, 0);
  await writeFile(at("plugins/marked-fs/index.js"), "mine");
  await writeFile(at("plugins/marked-fs/more.txt"), "mine too");
  const refused = await run("enable", "marked-fs");
  assert.equal(refused.code, 1);
  assert.equal(
    refused.stderr,
    `plugfs plugins enable: EEXIST: ${at("plugins/marked-fs")} is not what ${at("opt/marked-fs")} holds: index.js differs, more.txt is not in it. Use --force to replace marked-fs\n`,
  );
  assert.equal(await readFile(at("plugins/marked-fs/index.js"), "utf8"), "mine");

  assert.equal((await run("enable", "--force", "marked-fs")).code, 0);
  assert.equal(await readFile(at("plugins/marked-fs/index.js"), "utf8"), MARKED["index.js"]);
  assert.deepEqual((await readdir(at("plugins"))).sort(), ["README.md", "marked-fs"]);

  const linked = await run("enable", "--link", "--force", "--from", at("opt"), "marked-fs");
  assert.equal(linked.code, 0, linked.stderr);
  assert.ok((await lstat(at("plugins/marked-fs"))).isSymbolicLink());
  assert.ok((await stat(at("opt/marked-fs/index.js"))).isFile());
});

test("a plugin that was only switched off is switched on as it stands, linked or changed", async () => {
  await using folder = await home();
  const at = (name: string) => join(folder.path, name);
  const run = (...args: string[]) => plugfs(["plugins", ...args], { cwd: folder.path });
  const offAndOn = async () => {
    assert.equal((await run("disable", "marked-fs")).code, 0);
    const { code, stdout } = await run("enable", "marked-fs");
    assert.equal(code, 0);
    assert.match(stdout, /^marked-fs is in .* already\.\nTook marked-fs out of plugin\.disabled/);
  };
  await run("enable", "marked-fs");
  await writeFile(at("plugins/marked-fs/index.js"), "mine");
  await offAndOn();
  assert.equal(await readFile(at("plugins/marked-fs/index.js"), "utf8"), "mine");
  await run("enable", "--link", "--force", "marked-fs");
  await offAndOn();
  assert.ok((await lstat(at("plugins/marked-fs"))).isSymbolicLink());
});

test("a name that is not there is answered with what is, and a plugin that is not built is not copied", async () => {
  await using folder = await home();
  const at = (name: string) => join(folder.path, name);
  const run = (...args: string[]) => plugfs(["plugins", ...args], { cwd: folder.path });

  const unknown = await run("enable", "marked");
  assert.equal(unknown.code, 1);
  assert.match(
    unknown.stderr,
    /^plugfs plugins enable: ERR_PLUGIN_UNKNOWN: plugin "marked": .*Did you mean marked-fs\?\n$/,
  );
  const disabled = await run("disable", "marked-fs");
  assert.match(disabled.stderr, /^plugfs plugins disable: ERR_PLUGIN_UNKNOWN: .* no such folder in .*\n$/);
  assert.equal((await run("enable", "../x")).code, 2);

  await rm(at("opt/marked-fs/index.js"));
  const unbuilt = await run("enable", "marked-fs");
  assert.match(
    unbuilt.stderr,
    /ERR_PLUGIN_MANIFEST: .* its entry index\.js is not among its files .*Build the plugin/,
  );
  assert.deepEqual(await readdir(at("plugins")), ["README.md"]);
});

test("a file that cannot be changed without touching more than plugin.disabled is left alone", async () => {
  const config = "{ fs.marked.pin: p1n }\n";
  await using folder = await home({ "conf/config.yaml": config });
  const run = (...args: string[]) => plugfs(["plugins", ...args], { cwd: folder.path });
  await run("enable", "marked-fs");
  const { code, stderr } = await run("disable", "marked-fs");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /ERR_CONFIG_PARSE: plugin\.disabled cannot be changed .*Set it by hand, to marked-fs\n$/,
  );
  assert.equal(await readFile(join(folder.path, "conf/config.yaml"), "utf8"), config);
});
