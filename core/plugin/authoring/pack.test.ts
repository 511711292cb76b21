import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { type TemporaryFolder, temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { pack } from "./pack.ts";

const node = (...args: string[]) => promisify(execFile)(process.execPath, args);

/** A plugin that uses `greet`, which uses version 1 of `words` while the plugin uses version 2. */
const PLUGIN: Record<string, string> = {
  "plugin/package.json": JSON.stringify({
    name: "demo-fs",
    version: "2.0.0",
    type: "module",
    exports: "./src/index.ts",
    scripts: { test: "node --test" },
    dependencies: { greet: "^1.0.0", words: "^2.0.0" },
    devDependencies: { tsx: "*" },
    peerDependencies: { plugfs: "^1.0.0" },
    plugfs: { schemes: ["demo"], contract: "./contract.test.ts" },
  }),
  "plugin/README.md": "# demo-fs\n",
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
  const bundle = await pack({ directory, outDirectory, license: join(root, "own-licence") });
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

  assert.deepEqual(
    [...here.keys()],
    ["LICENSE", "README.md", "THIRD-PARTY-NOTICES", "index.cjs", "index.cjs.map", "package.json"],
  );
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
  await assert.rejects(
    pack({ directory, outDirectory }),
    /"absent" \(src\/index\.ts:1:14\).*npm install absent/,
  );
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
  await assert.rejects(pack({ directory }), /would ship its own copy of plugfs/);
});

test("the manifest names the bundle and its files, and nothing that only the author needs", async () => {
  await using folder = await temporaryFolder();
  const { outDirectory } = await bundled(folder, "source");
  assert.deepEqual(JSON.parse(await readFile(join(outDirectory, "package.json"), "utf8")), {
    name: "demo-fs",
    version: "2.0.0",
    type: "module",
    exports: "./index.cjs",
    peerDependencies: { plugfs: "^1.0.0", "proxy-agent": "*" },
    peerDependenciesMeta: { "proxy-agent": { optional: true } },
    plugfs: { schemes: ["demo"] },
    files: ["LICENSE", "README.md", "THIRD-PARTY-NOTICES", "index.cjs", "index.cjs.map"],
  });
});

test("a second pack replaces the first, and a folder that holds something else is left alone", async () => {
  await using folder = await temporaryFolder();
  const { outDirectory } = await bundled(folder, "source");
  const directory = join(folder.path, "source/plugin");
  await writeTree(directory, { "src/index.ts": 'export { words } from "words";\n' });
  await pack({ directory, outDirectory, license: join(folder.path, "source/own-licence") });
  assert.ok(!(await readFile(join(outDirectory, "index.cjs"), "utf8")).includes("greet"));
  await writeTree(outDirectory, { "my-notes.txt": "precious" });
  await assert.rejects(pack({ directory, outDirectory }), { code: "EEXIST", message: /my-notes\.txt/ });
});

const REFUSED: readonly [what: string, source: string, expected: RegExp][] = [
  ["top-level await", "await 1;\n", /Top-level await.*src\/index\.ts:1:0.*--format esm/],
  ["import.meta", "console.log(import.meta.url);\n", /import\.meta.*--format esm/],
  ["a native addon", 'import "./addon.node";\n', /native addon cannot be bundled.*npm install --omit=dev/],
];
for (const [what, source, message] of REFUSED) {
  test(`${what} is refused with the way out`, async () => {
    await using folder = await temporaryFolder();
    const files = { ...PLUGIN, "plugin/src/index.ts": source, "plugin/src/addon.node": "\0" };
    const directory = await makePlugin(folder.path, "plugin/node_modules", files);
    await assert.rejects(pack({ directory }), { code: "ERR_PLUGIN_PACK", id: "demo-fs", message });
  });
}

test("as an ES module it may await at the top level, use import.meta and hold CommonJS packages", async () => {
  await using folder = await temporaryFolder();
  const files = {
    ...PLUGIN,
    "plugin/src/index.ts": `
      import { createHash } from "node:crypto";
      import greet from "greet";
      export default await Promise.resolve(greet() + import.meta.url.slice(-9) + createHash("md5").digest("hex").length);
    `,
    "modules/greet/lib/index.js": "require('path'); module.exports = () => require('words').words;",
  };
  const directory = await makePlugin(folder.path, "plugin/node_modules", files);
  const { outDirectory } = await pack({ directory, format: "esm" });
  const program = `console.log((await import(${JSON.stringify(join(outDirectory, "index.mjs"))})).default)`;
  assert.equal((await node("--input-type=module", "-e", program)).stdout, "oneindex.mjs32\n");
});

test("a package that is an ES module only is held by a CommonJS bundle too", async () => {
  await using folder = await temporaryFolder();
  const files = {
    ...PLUGIN,
    "plugin/src/index.ts": 'import { words } from "words";\nexport default () => "modern " + words;\n',
    "modules/words/package.json":
      '{"name":"words","version":"3.0.0","type":"module","exports":{"import":"./index.js"}}',
    "modules/words/index.js": "export const words = 'three';",
  };
  const directory = await makePlugin(folder.path, "plugin/node_modules", files);
  const { outDirectory } = await pack({ directory });
  const program = `console.log(require(${JSON.stringify(join(outDirectory, "index.cjs"))}).default())`;
  assert.equal((await node("-e", program)).stdout, "modern three\n");
});

test("a module that is loaded by a computed name and a native addon further down are warned of", async () => {
  await using folder = await temporaryFolder();
  const files = {
    ...PLUGIN,
    "modules/greet/lib/index.js": "module.exports = (name) => require(name);",
    "modules/words/package.json": '{"name":"words","version":"2.0.0","dependencies":{"bindings":"1"}}',
  };
  const directory = await makePlugin(folder.path, "plugin/node_modules", files);
  const { warnings } = await pack({ directory });
  assert.match(warnings[0] ?? "", /^greet@1\.2\.3\/lib\/index\.js:1: loads a module by a computed name/);
  assert.match(warnings[1] ?? "", /^words@2\.0\.0 has a native addon/);
});

test("a manifest without a range of plugfs is refused, because plugfs would be bundled", async () => {
  await using folder = await temporaryFolder();
  const manifest = { name: "demo-fs", version: "1.0.0", exports: "./src/index.ts" };
  const files = { ...PLUGIN, "plugin/package.json": JSON.stringify(manifest) };
  const directory = await makePlugin(folder.path, "plugin/node_modules", files);
  await assert.rejects(pack({ directory }), { code: "ERR_PLUGIN_PACK", message: /peerDependencies\.plugfs/ });
});
