import assert from "node:assert/strict";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Loader, transform } from "esbuild";
import { Environment, SPI_VERSION } from "plugfs";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { plugfs } from "./plugfs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const template = (file: string) => readFile(join(root, "core/cli/templates", file), "utf8");

describe("the templates", () => {
  test("in TypeScript and JavaScript are the same program", async () => {
    const program = async (file: string, loader: Loader) => {
      const { code } = await transform(await template(file), {
        loader,
        minifyWhitespace: true,
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      });
      return code.replaceAll("./index.ts", "./index.js");
    };
    for (const file of ["index", "contract.test"]) {
      assert.equal(
        await program(`javascript/${file}.js`, "js"),
        await program(`typescript/${file}.ts`, "ts"),
        file,
      );
    }
  });

  test("are under 150 lines and ask for this version of the SPI", async () => {
    for (const [folder, ending] of [
      ["typescript", "ts"],
      ["javascript", "js"],
    ] as const) {
      const lines = (await template(`${folder}/index.${ending}`)).trimEnd().split("\n");
      assert.ok(lines.length < 150, `${lines.length} lines`);
      const manifest = JSON.parse(await template(`${folder}/package.json`));
      assert.deepEqual(manifest.peerDependencies, { plugfs: `^${SPI_VERSION}` });
    }
  });
});

for (const [language, flags, entry] of [
  ["TypeScript", [], "index.ts"],
  ["JavaScript", ["--js"], "index.js"],
] as const) {
  describe(`a new plugin in ${language}`, () => {
    let folder: TemporaryFolder;
    let directory: string;
    before(async () => {
      folder = await temporaryFolder();
      directory = join(folder.path, "sky-fs");
      const made = await plugfs(["plugins", "new", "sky-fs", "--scheme", "sky", ...flags], {
        cwd: folder.path,
      });
      assert.equal(made.code, 0, made.stderr);
      await provide(directory, "plugfs");
    });

    test("names itself everywhere", async () => {
      for (const file of [entry, "package.json", "README.md"]) {
        const text = await readFile(join(directory, file), "utf8");
        assert.ok(!/example-?template/i.test(text), file);
        assert.match(text, /sky/, file);
      }
      assert.match(await readFile(join(directory, entry), "utf8"), /class SkyFileSystem extends/);
    });

    test("runs in plugins/ as it is", async () => {
      await using home = await temporaryFolder();
      await cp(directory, join(home.path, "plugins/sky-fs"), { recursive: true, verbatimSymlinks: true });
      await using env = await Environment.open({
        home: home.path,
        configuration: { "fs.sky.file.maximum": "1 kb" },
      });
      await env.fs.writeFile("sky://a/b/c", "hello");
      assert.equal(await env.fs.readFile("sky://a/b/c", "utf8"), "hello");
      await assert.rejects(env.fs.writeFile("sky://a/big", Buffer.alloc(1025)), { code: "EFBIG" });
    });

    test("passes its check, with the contract", async () => {
      const { code, stdout } = await plugfs(["plugins", "check", "--json", directory]);
      assert.equal(code, 0, stdout);
      const { sections } = JSON.parse(stdout);
      const errors = sections.flatMap(({ findings }: { findings: { level: string }[] }) =>
        findings.filter(({ level }) => level === "error"),
      );
      assert.deepEqual(errors, []);
      const { summary } = sections.find(({ area }: { area: string }) => area === "contract");
      assert.match(summary, /^[4-9]\d passed, \d+ not owed by its capabilities$/);
    });

    test("is worked on in place: a link, an edit, a reload", async () => {
      await using home = await temporaryFolder();
      await mkdir(join(home.path, "conf"));
      const args = ["plugins", "enable", "sky-fs", "--from", directory, "--link", "--home", home.path];
      const linked = await plugfs(args);
      assert.equal(linked.code, 0, linked.stderr);
      await using env = await Environment.open({ home: home.path });
      await assert.rejects(env.fs.readFile("sky://a/missing"), { code: "ENOENT" });
      const source = await readFile(join(directory, entry), "utf8");
      await writeFile(
        join(directory, entry),
        source.replaceAll('refuse("ENOENT", path)', 'refuse("EACCES", path)'),
      );
      try {
        await env.plugins.reload("sky-fs");
        await assert.rejects(env.fs.readFile("sky://a/missing"), { code: "EACCES" });
      } finally {
        await writeFile(join(directory, entry), source);
      }
    });

    test("packs into a folder that works alone", async () => {
      const { code, stderr } = await plugfs(["plugins", "pack"], { cwd: directory });
      assert.equal(code, 0, stderr);
      await using home = await temporaryFolder();
      await cp(join(directory, "packed"), join(home.path, "plugins"), { recursive: true });
      await using env = await Environment.open({ home: home.path });
      await env.fs.writeFile("sky://a/b", "packed");
      assert.equal(await env.fs.readFile("sky://a/b", "utf8"), "packed");
    });
  });
}

describe("plugins new refuses", () => {
  const REFUSED: readonly [what: string, args: string[], message: RegExp][] = [
    ["a scheme with wrong characters", ["x-fs", "--scheme", "S3://"], /"S3:\/\/" is no scheme.*such as s3\./],
    ["a scheme of plugfs itself", ["x-fs", "--scheme", "file"], /file:\/\/ is served by plugfs itself/],
    [
      "a scheme of a shipped plugin",
      ["x-fs", "--scheme", "oss"],
      /oss:\/\/ is served by the plugin oss-fs in opt\//,
    ],
    ["a name that is no package's", ["X", "--scheme", "x"], /"X" is no name for a plugin/],
    ["a name that leads elsewhere", ["../x", "--scheme", "x"], /is no name for a plugin/],
    ["no scheme", ["x-fs"], /--scheme is needed/],
  ];
  for (const [what, args, message] of REFUSED) {
    test(what, async () => {
      await using folder = await temporaryFolder();
      const { code, stderr } = await plugfs(["plugins", "new", ...args], { cwd: folder.path });
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  test("a folder that exists, and leaves it as it is", async () => {
    await using folder = await temporaryFolder();
    await write(folder.path, { "x-fs/mine.txt": "precious" });
    const { code, stderr } = await plugfs(["plugins", "new", "x-fs", "--scheme", "x"], { cwd: folder.path });
    assert.equal(code, 1);
    assert.match(stderr, /EEXIST: .*x-fs exists.*Choose another name/);
    assert.equal(await readFile(join(folder.path, "x-fs/mine.txt"), "utf8"), "precious");
  });
});

const MANIFEST = {
  name: "bad-fs",
  version: "1.0.0",
  license: "MIT",
  type: "module",
  exports: "./index.js",
  peerDependencies: { plugfs: "^1.0.0" },
  plugfs: { schemes: ["bad"] },
};
const FACTORY = 'export default class Bad { scheme = "bad"; create() { throw new Error("no"); } }\n';

/** What is wrong, the plugin's files, and the error with its place. */
const BROKEN: readonly [
  what: string,
  files: Record<string, string | object>,
  place: string | undefined,
  message: RegExp,
][] = [
  ["no manifest", { "package.json": "" }, undefined, /package\.json is not JSON/],
  [
    "a scheme in capitals",
    { "package.json": { ...MANIFEST, plugfs: { schemes: ["ok", "BAD"] } } },
    "plugfs.schemes[1]",
    /lower case/,
  ],
  [
    "a future major of plugfs",
    { "package.json": { ...MANIFEST, peerDependencies: { plugfs: "^2.0.0" } } },
    "peerDependencies.plugfs",
    /does not include 1\.0\.0/,
  ],
  [
    "plugfs as a dependency",
    { "package.json": { ...MANIFEST, dependencies: { plugfs: "^1.0.0" } } },
    "dependencies.plugfs",
    /second copy/,
  ],
  [
    "a contract test that is not there",
    { "package.json": { ...MANIFEST, plugfs: { schemes: ["bad"], contract: "./no.test.js" } } },
    "plugfs.contract",
    /does not exist/,
  ],
  [
    "an entry that is not shipped",
    { "package.json": { ...MANIFEST, files: ["lib"] } },
    undefined,
    /not among its files/,
  ],
  [
    "a package that is nowhere",
    { "index.js": `import "absent/sub";\n${FACTORY}` },
    "index.js:1:7",
    /absent is missing from dependencies/,
  ],
  [
    "a package of a folder above",
    {
      "index.js": `import "above";\n${FACTORY}`,
      "../node_modules/above/package.json": { name: "above", main: "a.js" },
      "../node_modules/above/a.js": "",
    },
    "index.js",
    /above is missing from dependencies; it is found only because a folder above has it/,
  ],
  [
    "a package of devDependencies",
    {
      "package.json": { ...MANIFEST, devDependencies: { dev: "1" } },
      "index.js": `import "dev";\n${FACTORY}`,
      "node_modules/dev/package.json": { name: "dev", version: "1.0.0" },
      "node_modules/dev/index.js": "",
    },
    "index.js",
    /dev is missing from dependencies, only in devDependencies/,
  ],
  [
    "a file that files leaves out",
    {
      "package.json": { ...MANIFEST, files: ["index.js"] },
      "index.js": `import "./lib.js";\n${FACTORY}`,
      "lib.js": "",
    },
    "index.js",
    /lib\.js is not among the shipped files/,
  ],
  [
    "a file outside",
    { "index.js": `import "../out.js";\n${FACTORY}`, "../out.js": "" },
    "index.js",
    /lies outside/,
  ],
  [
    "a copy of plugfs",
    { "node_modules/plugfs/package.json": { name: "plugfs" } },
    undefined,
    /a copy of plugfs is shipped in node_modules\/plugfs\//,
  ],
  ["a module that throws", { "index.js": 'throw new Error("not today");\n' }, undefined, /not today/],
  [
    "a module that ends the process",
    { "index.js": "process.exit(7);\n" },
    undefined,
    /ended \(exit code 7\)/,
  ],
  ["another scheme than declared", { "index.js": FACTORY.replace('"bad"', '"worse"') }, undefined, /worse/],
  [
    "a contract that is not kept",
    {
      "package.json": { ...MANIFEST, plugfs: { schemes: ["bad"], contract: "./contract.test.js" } },
      "contract.test.js":
        'import { test } from "node:test"; test("owed", () => { throw new Error("not kept"); });',
    },
    "./contract.test.js",
    /owed: not kept/,
  ],
];

describe("plugins check finds", () => {
  for (const [what, files, place, message] of BROKEN) {
    test(what, async () => {
      await using folder = await temporaryFolder();
      const directory = join(folder.path, "bad-fs");
      await write(directory, { "package.json": MANIFEST, "index.js": FACTORY, ...files });
      const { code, stdout } = await plugfs(["plugins", "check", "--json", directory]);
      assert.equal(code, 1, stdout);
      const report = JSON.parse(stdout);
      assert.equal(report.ok, false);
      const errors = report.sections
        .flatMap(
          ({ findings }: { findings: { level: string; message: string; place?: string }[] }) => findings,
        )
        .filter(({ level }: { level: string }) => level === "error");
      const found = errors.find((error: { message: string }) => message.test(error.message));
      assert.ok(found, stdout);
      assert.equal(found.place, place);
    });
  }
});

test("plugins check passes a plugin with its dependencies beside it, and warns of what may surprise", async () => {
  await using folder = await temporaryFolder();
  const directory = join(folder.path, "dep-fs");
  await write(directory, {
    "package.json": {
      ...MANIFEST,
      name: "dep-fs",
      dependencies: { words: "1" },
      peerDependencies: { plugfs: "*" },
    },
    "index.js": `import "words";\nimport(process.env.NAME).catch(() => {});\nsetInterval(() => {}, 1000);\n${FACTORY}`,
    "node_modules/words/package.json": {
      name: "words",
      version: "1.2.3",
      main: "w.js",
      peerDependencies: { opt: "*" },
      peerDependenciesMeta: { opt: { optional: true } },
    },
    "node_modules/words/w.js":
      'try { require("opt") } catch {}\nexports.late = () => [require("opt"), require("./build/words.node")];\n',
    "node_modules/words/build/words.node": "\0",
  });
  const { code, stdout } = await plugfs(["plugins", "check", directory]);
  assert.equal(code, 0, stdout);
  for (const line of [
    /warning: peerDependencies\.plugfs: "\*" includes 2\.0\.0/,
    /note: index\.js:2: loads a module by a computed name/,
    /warning: words@1\.2\.3 declares no licence/,
    /warning: node_modules\/words\/w\.js: node_modules\/words\/build\/words\.node is a native addon/,
    /warning: the process goes on after the environment is closed/,
    /warning: plugfs\.contract: no contract test is named/,
    /^dep-fs is ready, with \d warnings\.$/m,
  ]) {
    assert.match(stdout, line);
  }
});

test("plugins check passes a plugin that refuses to work without a configuration, and says so", async () => {
  await using folder = await temporaryFolder();
  const directory = join(folder.path, "keyed-fs");
  const factory = FACTORY.replace(
    "create()",
    'configure() { throw new Error("fs.bad.key is not set"); } create()',
  );
  await write(directory, { "package.json": MANIFEST, "index.js": factory });
  const { code, stdout } = await plugfs(["plugins", "check", directory]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /note: it has to be configured: .*fs\.bad\.key is not set/);
});

async function write(directory: string, files: Record<string, string | object>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), typeof content === "string" ? content : JSON.stringify(content));
  }
}

/** As `npm install` would, from what this repository has. */
async function provide(directory: string, name: string): Promise<void> {
  await mkdir(join(directory, "node_modules"), { recursive: true });
  await symlink(join(root, "node_modules", name), join(directory, "node_modules", name));
}
