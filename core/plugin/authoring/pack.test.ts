import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { type TemporaryFolder, temporaryFolder } from "../../test/support/temporary-folder.ts";
import { bundlePlugin } from "./bundle-plugin.ts";

const node = (...args: string[]) => promisify(execFile)(process.execPath, args);

/** A plugin that uses `greet`, which uses version 1 of `words` while the plugin uses version 2. */
const PLUGIN: Record<string, string> = {
  "plugin/package.json": JSON.stringify({
    name: "demo-fs",
    version: "2.0.0",
    type: "module",
    peerDependencies: { plugfs: "^1.0.0" },
  }),
  "plugin/src/index.ts": `
    import greet, { fail, proxied } from "greet";
    import { Path } from "plugfs";
    import { words } from "words";
    export default class Demo { say = (): string => [greet(), words, Path.name].join(" "); }
    export { fail, proxied };
  `,
  "modules/greet/package.json": JSON.stringify({
    name: "greet",
    version: "1.2.3",
    license: "MIT",
    author: { name: "G. Reeter" },
    main: "./lib/index.js",
    peerDependenciesMeta: { "proxy-agent": { optional: true } },
  }),
  "modules/greet/lib/package.json": '{"type":"commonjs"}',
  "modules/greet/lib/index.js": [
    "/*! greet, (c) G. Reeter */",
    "const { words } = require('words');",
    "module.exports = () => 'old ' + words;",
    "module.exports.proxied = () => require('proxy-agent');",
    "module.exports.fail = () => { throw new Error('on line five'); };",
  ].join("\n"),
  "modules/greet/LICENSE": "The licence of greet.\r\n",
  "modules/greet/node_modules/words/package.json": '{"name":"words","version":"1.0.0","license":"ISC"}',
  "modules/greet/node_modules/words/index.js": "exports.words = 'one';",
  "modules/greet/node_modules/words/README.md":
    "# words\n\n## License\n\nAs you like, version 1.\n\n## More\n\nno",
  "modules/words/package.json": '{"name":"words","version":"2.0.0","licenses":[{"type":"ISC"}]}',
  "modules/words/index.js": "exports.words = 'two';",
  "own-licence": "The licence of demo-fs.\n",
};

async function writeTree(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

/** `modules`: where the packages lie, relative to `root`; Node finds them in the plugin's folder or above. */
async function makePlugin(root: string, modules: string, files = PLUGIN): Promise<string> {
  await writeTree(root, files);
  await mkdir(dirname(join(root, modules)), { recursive: true });
  await cp(join(root, "modules"), join(root, modules), { recursive: true });
  return join(root, "plugin");
}

async function bundled(folder: TemporaryFolder, name: string, modules = "plugin/node_modules") {
  const root = join(folder.path, name);
  const directory = await makePlugin(root, modules);
  const outDirectory = join(root, "out");
  const bundle = await bundlePlugin({ directory, outDirectory, license: join(root, "own-licence") });
  return { ...bundle, outDirectory };
}

async function contents(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(names.map(async (n) => [n, await readFile(join(folder, n), "utf8")] as const)),
  );
}

test("a bundle runs where only the host's plugfs can be found, with both versions of a package inside", async () => {
  await using folder = await temporaryFolder();
  const { outDirectory, packages } = await bundled(folder, "source");
  const home = join(folder.path, "home");
  await cp(outDirectory, join(home, "plugins/demo-fs"), { recursive: true });
  await writeTree(home, { "node_modules/plugfs/index.js": "exports.Path = class Path {};" });

  const program = `
    const { default: Demo, proxied } = require(${JSON.stringify(join(home, "plugins/demo-fs/index.cjs"))});
    let proxy; try { proxied(); } catch (error) { proxy = error.code; }
    console.log(new Demo().say(), proxy);`;
  assert.equal((await node("-e", program)).stdout, "old one two Path MODULE_NOT_FOUND\n");
  assert.deepEqual(
    packages.map(({ name, version }) => `${name}@${version}`),
    ["greet@1.2.3", "words@1.0.0", "words@2.0.0"],
  );
});

test("the bytes are the same wherever the plugin and its packages lie, and name no folder of the machine", async () => {
  await using folder = await temporaryFolder();
  const here = await contents((await bundled(folder, "source")).outDirectory);
  const there = await contents((await bundled(folder, "some/deeper place", "node_modules")).outDirectory);

  assert.deepEqual([...here.keys()], ["LICENSE", "THIRD-PARTY-NOTICES", "index.cjs", "index.cjs.map"]);
  assert.deepEqual(there, here);
  for (const [name, text] of here) {
    assert.ok(!text.includes(folder.path), `${name} names ${folder.path}`);
    assert.ok(!/\.\.\/|node_modules/.test(text), `${name} holds a path that leads out of the bundle`);
  }
});

test("the source map leads from a bundled package to its line", async () => {
  await using folder = await temporaryFolder();
  const { outDirectory } = await bundled(folder, "source");
  await writeTree(folder.path, { "source/node_modules/plugfs/index.js": "exports.Path = class Path {};" });
  const map = JSON.parse(await readFile(join(outDirectory, "index.cjs.map"), "utf8"));
  assert.deepEqual(map.sources, [
    "words@1.0.0/index.js",
    "greet@1.2.3/lib/index.js",
    "words@2.0.0/index.js",
    "src/index.ts",
  ]);

  const program = `try { require(${JSON.stringify(join(outDirectory, "index.cjs"))}).fail(); } catch (e) { console.log(e.stack); }`;
  const { stdout } = await node("--enable-source-maps", "-e", program);
  assert.match(stdout, /on line five.*greet@1\.2\.3\/lib\/index\.js:5:/s);
});

test("the notices name each bundled package once, with its licence and its text", async () => {
  await using folder = await temporaryFolder();
  const text =
    (await contents((await bundled(folder, "source")).outDirectory)).get("THIRD-PARTY-NOTICES") ?? "";
  assert.match(text, /^demo-fs 2\.0\.0 holds code of the packages below/);
  assert.match(text, /\ngreet 1\.2\.3\nLicence: MIT\nAuthor: G\. Reeter\n\nThe licence of greet\.\n/);
  assert.match(text, /\nwords 1\.0\.0\nLicence: ISC\n\nAs you like, version 1\.\n\n=/);
  assert.match(text, /\nwords 2\.0\.0\nLicence: ISC\n\n\(The package ships no licence text\.\)\n/);
  assert.match(text, /greet\/lib\/index\.js:\n {2}\/?\(?\*! greet, \(c\) G\. Reeter/);
});

test("a package that does not resolve is named with the file that imports it, and nothing is written", async () => {
  await using folder = await temporaryFolder();
  const files = { ...PLUGIN, "plugin/src/index.ts": 'export * from "absent";\n' };
  const directory = await makePlugin(folder.path, "plugin/node_modules", files);
  const outDirectory = join(folder.path, "out");
  await assert.rejects(bundlePlugin({ directory, outDirectory }), /src\/index\.ts:1:14.*"absent"/s);
  await assert.rejects(readdir(outDirectory), { code: "ENOENT" });
});

test("a copy of what the host provides is refused", async () => {
  await using folder = await temporaryFolder();
  const files = {
    ...PLUGIN,
    "plugin/src/index.ts": 'export { Path } from "../../plugfs/path.ts";\n',
    "plugfs/package.json": '{"name":"plugfs","version":"1.0.0"}',
    "plugfs/path.ts": "export class Path {}\n",
  };
  const directory = await makePlugin(folder.path, "plugin/node_modules", files);
  await assert.rejects(bundlePlugin({ directory }), /would ship its own copy of plugfs/);
});
