import assert from "node:assert/strict";
import { cp, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Files, writeFiles } from "../../test/support/files.ts";
import { recordingLogger } from "../../test/support/recording-logger.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { Configuration } from "../config/configuration.ts";
import * as core from "../fs/contract.ts";
import { Path } from "../fs/path.ts";
import { PluginManager } from "./manager.ts";

const MODULE = (scheme: string, extra = "") => `
  import { FileSystem } from "plugfs";
  export class Fs extends FileSystem {
    capabilities = new Set();
    constructor() { super(); this.base = FileSystem; }
  }
  ${extra}
  export default class Factory {
    scheme = ${JSON.stringify(scheme)};
    configure(configuration) { this.configuration = configuration; }
    create() { return new Fs(); }
    async close() { globalThis.closedFactories = (globalThis.closedFactories ?? 0) + 1; }
  }
`;
const COMMON = (scheme: string) => `
  const { FileSystem } = require("plugfs");
  class Fs extends FileSystem { capabilities = new Set(); base = FileSystem; }
  module.exports = class Factory { scheme = ${JSON.stringify(scheme)}; create() { return new Fs(); } };
`;

function manifest(scheme: string | undefined, more: object = {}): object {
  return {
    name: "some-fs",
    version: "1.2.3",
    type: "module",
    exports: "./index.js",
    peerDependencies: { plugfs: "^1.0.0" },
    ...(scheme !== undefined && { plugfs: { schemes: [scheme] } }),
    ...more,
  };
}

function plugin(scheme: string, extra = ""): Files {
  return { "package.json": manifest(scheme), "index.js": MODULE(scheme, extra) };
}

async function manager(
  plugins: Record<string, Files>,
  options: {
    configuration?: Record<string, unknown>;
    shared?: Record<string, unknown>;
    strict?: boolean;
  } = {},
) {
  const folder = await temporaryFolder();
  const pluginsDir = join(folder.path, "plugins");
  await mkdir(pluginsDir);
  for (const [id, files] of Object.entries(plugins)) await writeFiles(join(pluginsDir, id), files);
  const logger = recordingLogger();
  const open = () =>
    PluginManager.open({
      pluginsDir,
      configuration: Configuration.of(options.configuration ?? {}),
      logger,
      shared: options.shared ?? {},
      coreNamespace: async () => ({ plugfs: core }),
      optDirs: [join(folder.path, "opt")],
      strict: options.strict ?? false,
    });
  const opened = await open();
  return {
    plugins: opened,
    logger,
    pluginsDir,
    folder: folder.path,
    open,
    async [Symbol.asyncDispose]() {
      await opened.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const context = { logger: recordingLogger(), signal: new AbortController().signal };
async function baseClass(plugins: PluginManager, scheme: string): Promise<unknown> {
  const provided = await plugins.find(scheme);
  const fileSystem = await provided?.factory.create(Path.parse(`${scheme}://x`), context);
  return (fileSystem as unknown as { base: unknown }).base;
}

test("a plugin is imported at the first use of its scheme and shares the host's plugfs", async () => {
  await using env = await manager({
    esm: plugin("one", "globalThis.oneImported = true;"),
    cjs: {
      "package.json": manifest("two", { type: "commonjs", exports: "./i.cjs" }),
      "i.cjs": COMMON("two"),
    },
  });
  const before = env.plugins.list();
  assert.deepEqual(
    before.map(({ id, state, schemes, name, version, apiRange }) => ({
      id,
      state,
      schemes,
      name,
      version,
      apiRange,
    })),
    [
      { id: "cjs", scheme: "two" },
      { id: "esm", scheme: "one" },
    ].map(({ id, scheme }) => ({
      id,
      state: "available",
      schemes: [{ scheme, servedBy: id }],
      name: "some-fs",
      version: "1.2.3",
      apiRange: "^1.0.0",
    })),
  );
  assert.equal((globalThis as { oneImported?: boolean }).oneImported, undefined);
  assert.equal(await baseClass(env.plugins, "one"), core.FileSystem);
  assert.equal(await baseClass(env.plugins, "two"), core.FileSystem);
  assert.deepEqual(
    env.plugins.list().map(({ state }) => state),
    ["active", "active"],
  );
  const found = env.plugins.find("one");
  assert.ok(found !== undefined && !(found instanceof Promise), "once found it is there at once");
  assert.equal(found.plugin, "esm");
  assert.deepEqual(env.logger.entries, []);
});

test("concurrent lookups import once and configure once", async () => {
  await using env = await manager({
    a: plugin("conc", "globalThis.concImports = (globalThis.concImports ?? 0) + 1;"),
  });
  const found = await Promise.all([1, 2, 3].map(() => env.plugins.find("conc")));
  assert.equal(new Set(found.map((provided) => provided?.factory)).size, 1);
  assert.equal((globalThis as { concImports?: number }).concImports, 1);
});

test("a broken plugin is reported once, with id, phase and reason, and stops no other", async () => {
  await using env = await manager(
    {
      good: plugin("good"),
      throws: plugin("throws", 'throw new Error("out of luck");'),
      syntax: { "package.json": manifest("syntax"), "index.js": "export const ok = 1;\nlet = = 3;\n" },
      forgot: plugin("forgot", 'import "fast-glob";'),
      forgotcjs: {
        "package.json": manifest("forgotcjs", { type: "commonjs" }),
        "index.js": 'require("fast-glob");',
      },
      hangs: plugin("hangs", "await new Promise(() => {});"),
      nothing: { "package.json": manifest("nothing"), "index.js": "export const x = 1;" },
      other: { "package.json": manifest("declared"), "index.js": MODULE("exported") },
      configure: {
        "package.json": manifest("configure"),
        "index.js":
          'export default class { scheme = "configure"; create() {} configure() { throw new Error("no key"); } }',
      },
      noentry: { "package.json": manifest("noentry") },
      old: { "package.json": manifest("old", { peerDependencies: { plugfs: "^7.0.0" } }), "index.js": "" },
      empty: { "README.md": "" },
      json: { "package.json": "{" },
      types: {
        "package.json": { name: 1, plugfs: { schemes: ["OSS", 3], options: { a: { type: "wat" } } } },
      },
    },
    { configuration: { "plugin.load-timeout": "300 ms" } },
  );
  const expected: Record<string, [string | undefined, string, RegExp]> = {
    throws: ["throws", "import", /out of luck.*throws\/index\.js:7/s],
    syntax: ["syntax", "import", /SyntaxError.*syntax\/index\.js:2/s],
    forgot: ["forgot", "resolve", /fast-glob.*forgot\/index\.js.*npm install fast-glob/s],
    forgotcjs: ["forgotcjs", "resolve", /fast-glob.*forgotcjs\/index\.js.*npm install fast-glob/s],
    hangs: ["hangs", "import", /300 ms/],
    nothing: ["nothing", "export", /default export/],
    other: ["declared", "export", /declares declared/],
    configure: ["configure", "configure", /no key/],
    noentry: ["noentry", "resolve", /index\.js does not exist/],
    old: ["old", "compatibility", /\^7\.0\.0.*1\.0\.0/],
    empty: [undefined, "manifest", /no package\.json/],
    json: [undefined, "manifest", /not JSON/],
    types: [
      undefined,
      "manifest",
      /name: .*plugfs\.schemes\[0\].*plugfs\.schemes\[1\].*plugfs\.options\["a"\]\.type/s,
    ],
  };
  for (const [id, [scheme, phase, text]] of Object.entries(expected)) {
    if (scheme !== undefined) {
      const again = () => Promise.resolve(env.plugins.find(scheme));
      await assert.rejects(again, { name: "PluginError", id, phase }, id);
      await assert.rejects(again, { name: "PluginError", id, phase }, id);
    }
    const info = env.plugins.list().find((found) => found.id === id);
    assert.equal(info?.state, id === "old" ? "incompatible" : "failed", id);
    assert.equal(info?.error?.phase, phase, id);
    const reported = env.logger.messages("error").filter((message) => message.includes(`"${id}"`));
    assert.equal(reported.length, 1, `${id}: ${reported.join("\n")}`);
    assert.match(reported[0] ?? "", text, id);
  }
  assert.equal(await baseClass(env.plugins, "good"), core.FileSystem);
});

test("one scheme of a plugin fails alone", async () => {
  const two = `
    class A { scheme = "alpha"; create() {} }
    class B { scheme = "beta"; create() {} configure() { throw new Error("no beta"); } }
    export default { factories: [A, B] };
  `;
  await using env = await manager({
    two: {
      "package.json": manifest(undefined, { plugfs: { schemes: ["alpha", "beta", "gamma"] } }),
      "index.js": two,
    },
  });
  assert.equal((await env.plugins.find("alpha"))?.plugin, "two");
  await assert.rejects(async () => env.plugins.find("beta"), {
    phase: "configure",
    code: "ERR_PLUGIN_CONFIGURE",
  });
  await assert.rejects(async () => env.plugins.find("gamma"), { phase: "export", code: "ERR_PLUGIN_EXPORT" });
  assert.equal(env.plugins.list()[0]?.state, "active");
});

test("a plugin that declares no scheme is imported when no manifest declares the one looked for", async () => {
  await using env = await manager({
    quiet: {
      "package.json": manifest(undefined),
      "index.js": MODULE("quiet", "globalThis.quietImported = true;"),
    },
    loud: plugin("loud"),
  });
  await env.plugins.find("loud");
  assert.equal((globalThis as { quietImported?: boolean }).quietImported, undefined);
  assert.equal((await env.plugins.find("quiet"))?.plugin, "quiet");
  assert.equal(await env.plugins.find("nowhere"), undefined);
});

test("several plugins for one scheme: the first by name serves it, unless the configuration decides", async () => {
  const both = { "a-fs": plugin("same"), "b-fs": plugin("same"), "c-fs": plugin("file") };
  await using env = await manager(both);
  assert.equal((await env.plugins.find("same"))?.plugin, "a-fs");
  assert.equal(await env.plugins.find("file"), undefined, "the built-in stays");
  assert.match(env.logger.messages("warn").join(), /"a-fs", "b-fs"; "a-fs" serves it.*plugin\.scheme\.same/);
  assert.deepEqual(
    env.plugins.list().map(({ schemes }) => schemes[0]?.servedBy),
    ["a-fs", "a-fs", "built-in"],
  );

  await using decided = await manager(both, {
    configuration: { "plugin.scheme.same": "b-fs", "plugin.scheme.file": "c-fs" },
  });
  assert.equal((await decided.plugins.find("same"))?.plugin, "b-fs");
  assert.equal((await decided.plugins.find("file"))?.plugin, "c-fs");

  await using wrong = await manager(both, { configuration: { "plugin.scheme.same": "z-fs" } });
  await assert.rejects(async () => wrong.plugins.find("same"), { code: "ERR_PLUGIN_UNKNOWN", id: "z-fs" });
});

test("what is no plugin is named with what to do", async () => {
  await using env = await manager({
    java: { "flink-oss-fs-hadoop.jar": "" },
    deeper: { "deeper/package.json": manifest("deeper"), "deeper/index.js": MODULE("deeper") },
    twice: { ...plugin("twice"), "twice/package.json": manifest("twice") },
    unsaid: { "package.json": manifest("unsaid", { peerDependencies: {} }), "index.js": MODULE("unsaid") },
    ".hidden": { "package.json": "{" },
  });
  await writeFile(join(env.pluginsDir, "loose.tgz"), "");
  await writeFile(join(env.pluginsDir, "notes.txt"), "");
  await symlink("nowhere", join(env.pluginsDir, "dangling"));
  await symlink("circle", join(env.pluginsDir, "circle"));
  await env.plugins.refresh();
  const errors = Object.fromEntries(env.plugins.list().map(({ id, error }) => [id, error?.message ?? ""]));
  assert.deepEqual(Object.keys(errors), ["circle", "dangling", "deeper", "java", "twice", "unsaid"]);
  assert.match(errors.java ?? "", /Java plugin/);
  assert.match(errors.deeper ?? "", /Run: mv /);
  assert.match(errors.dangling ?? "", /link to a folder that does not exist/);
  assert.match(errors.circle ?? "", /link that leads in a circle/);
  const warnings = env.logger.messages("warn");
  assert.equal(warnings.filter((text) => text.includes("loose.tgz")).length, 1);
  assert.match(warnings.join("\n"), /make .*plugins\/loose with a package\.json/);
  assert.match(warnings.join("\n"), /second copy of itself.*rm -r /);
  assert.match(warnings.join("\n"), /"unsaid" does not say which plugfs it needs/);
  assert.doesNotMatch(warnings.join("\n"), /notes\.txt/);
  assert.equal((await env.plugins.find("unsaid"))?.plugin, "unsaid");
});

test("the hint for a nested copy mends it", async () => {
  await using env = await manager({
    deeper: { "deeper/package.json": manifest("deep"), "deeper/index.js": MODULE("deep") },
  });
  const [, command = ""] = /Run: (.*)$/.exec(env.plugins.list()[0]?.error?.message ?? "") ?? [];
  const { execFileSync } = await import("node:child_process");
  execFileSync("sh", ["-c", command]);
  assert.equal((await env.plugins.find("deep"))?.plugin, "deeper");
});

test("a missing plugins folder is one warning and no plugins, and no warning when nobody named it", async () => {
  await using folder = await temporaryFolder();
  const logger = recordingLogger();
  const options = {
    pluginsDir: join(folder.path, "none"),
    configuration: Configuration.of({}),
    shared: {},
    coreNamespace: async () => ({}),
  };
  const plugins = await PluginManager.open({ ...options, logger });
  assert.deepEqual(plugins.list(), []);
  assert.deepEqual(logger.messages("warn").length, 1);
  assert.match(logger.messages("warn")[0] ?? "", /none does not exist/);
  assert.match((await plugins.unknownScheme("oss")).message, /oss:\/\/.*none, which holds no plugins/);

  const file = join(folder.path, "file");
  await writeFile(file, "");
  await PluginManager.open({ ...options, logger, pluginsDir: file });
  assert.match(logger.messages("warn")[1] ?? "", /file is not a folder/);

  const quiet = recordingLogger();
  await PluginManager.open({ ...options, logger: quiet, pluginsDirNamed: false });
  assert.deepEqual(quiet.messages("warn"), []);
  assert.match(quiet.messages("debug")[0] ?? "", /none does not exist/);
});

test("an unknown scheme: what is there, what failed, and the command that enables a shipped plugin", async () => {
  await using env = await manager({ mem: plugin("mem"), broken: { "package.json": "{" } });
  await writeFiles(join(env.folder, "opt/special fs"), plugin("special"));
  assert.equal(await env.plugins.find("special"), undefined);
  const error = await env.plugins.unknownScheme("special");
  assert.equal(error.code, "ERR_PLUGIN_UNKNOWN_SCHEME");
  assert.match(error.message, /"mem" \(mem:\/\/\)/);
  assert.match(error.message, /"broken" \(failed: .*not JSON/);
  const [, command, copy = ""] = /Enable it: (.*) \(or: (.*)\)$/.exec(error.message) ?? [];
  assert.equal(command, `plugfs plugins enable 'special fs' --home ${env.folder}`);
  const { execFileSync } = await import("node:child_process");
  execFileSync("sh", ["-c", copy]);
  assert.equal((await env.plugins.find("special"))?.plugin, "special fs");
});

test("strict imports everything at open and rejects with what failed", async () => {
  await assert.rejects(manager({ good: plugin("good"), bad: plugin("bad", "throw 1;") }, { strict: true }), {
    name: "PluginError",
    id: "bad",
  });
  await using env = await manager(
    { good: plugin("good"), off: plugin("off", "throw 1;") },
    {
      strict: true,
      configuration: { "plugin.disabled": "off" },
    },
  );
  assert.deepEqual(
    env.plugins.list().map(({ state }) => state),
    ["active", "disabled"],
  );
  await assert.rejects(async () => env.plugins.find("off"), { code: "ERR_PLUGIN_DISABLED" });
});

test("secrets that a manifest declares are redacted in the configuration that its factory gets", async () => {
  await using env = await manager(
    {
      a: {
        ...plugin("sec"),
        "package.json": manifest("sec", {
          plugfs: { schemes: ["sec"], options: { "fs.sec.pin": { type: "string", secret: true } } },
        }),
      },
    },
    { configuration: { "fs.sec.pin": "1234" } },
  );
  const factory = (await env.plugins.find("sec"))?.factory;
  assert.deepEqual(env.plugins.secretKeys(), ["fs.sec.pin"]);
  assert.ok(factory !== undefined);
});

test("a folder copied in while the host runs is found; a repaired one is tried again", async () => {
  await using env = await manager({});
  assert.equal(await env.plugins.find("late"), undefined);
  const staging = await writeFiles(join(env.folder, "staging"), plugin("late"));
  await mkdir(join(env.pluginsDir, "late"));
  await cp(join(staging, "package.json"), join(env.pluginsDir, "late/package.json"));
  await assert.rejects(async () => env.plugins.find("late"), { phase: "resolve" });
  await cp(join(staging, "index.js"), join(env.pluginsDir, "late/index.js"));
  assert.equal((await env.plugins.find("late"))?.plugin, "late");

  await writeFiles(join(env.pluginsDir, "fix"), plugin("fix", "throw new Error('first');"));
  await assert.rejects(async () => env.plugins.find("fix"), { phase: "import" });
  await assert.rejects(async () => env.plugins.find("fix"), { phase: "import" });
  await writeFiles(join(env.pluginsDir, "fix"), plugin("fix"));
  assert.equal(await baseClass(env.plugins, "fix"), core.FileSystem);
});

test("reload takes the folder as it is; a failed reload leaves the old active", async () => {
  await using env = await manager({ r: plugin("rel", "export const v = 1;") });
  const first = await env.plugins.find("rel");
  await writeFiles(join(env.pluginsDir, "r"), plugin("rel", "throw new Error('new one is broken');"));
  assert.deepEqual(await env.plugins.refresh(), { added: [], changed: ["r"], removed: [] });
  await assert.rejects(env.plugins.reload("r"), { phase: "import" });
  assert.equal((await env.plugins.find("rel"))?.generation, first?.generation);
  await writeFiles(join(env.pluginsDir, "r"), plugin("rel"));
  await env.plugins.reload("r");
  const second = await env.plugins.find("rel");
  assert.notEqual(second?.generation, first?.generation);
  assert.equal(await baseClass(env.plugins, "rel"), core.FileSystem);
});

test("a retired factory is closed after its last file system", async () => {
  await using env = await manager({ c: plugin("counted") });
  const count = () => (globalThis as { closedFactories?: number }).closedFactories ?? 0;
  const before = count();
  const provided = await env.plugins.find("counted");
  const fileSystem = await provided?.factory.create(Path.parse("counted://x"), context);
  await env.plugins.reload("c");
  assert.equal(count(), before);
  await fileSystem?.close();
  await new Promise(setImmediate);
  assert.equal(count(), before + 1);
});

test("a removed plugin is retired by refresh; copied back it works again", async () => {
  await using env = await manager({ gone: plugin("gone") });
  await env.plugins.find("gone");
  await rename(join(env.pluginsDir, "gone"), join(env.folder, "aside"));
  assert.equal((await env.plugins.find("gone"))?.plugin, "gone", "not noticed by itself");
  assert.deepEqual(await env.plugins.refresh(), { added: [], changed: [], removed: ["gone"] });
  await assert.rejects(async () => env.plugins.find("gone"), { code: "ERR_PLUGIN_GONE", id: "gone" });
  await rename(join(env.folder, "aside"), join(env.pluginsDir, "gone"));
  assert.equal((await env.plugins.find("gone"))?.plugin, "gone");
});

test("unload and load", async () => {
  await using env = await manager({ u: plugin("un") });
  assert.equal((await env.plugins.load("u")).state, "active");
  assert.equal((await env.plugins.unload("u")).state, "disabled");
  await assert.rejects(async () => env.plugins.find("un"), { code: "ERR_PLUGIN_DISABLED" });
  assert.equal((await env.plugins.load("u")).state, "active");
  await assert.rejects(env.plugins.load("nobody"), { code: "ERR_PLUGIN_UNKNOWN" });
});

test("two environments share a folder's code but not its factories; another shared list gets its own", async () => {
  const extra = "globalThis.sharedImports = (globalThis.sharedImports ?? 0) + 1;";
  await using env = await manager({ s: plugin("shared", extra) });
  const imports = () => (globalThis as { sharedImports?: number }).sharedImports;
  const second = await env.open();
  const [a, b] = [await env.plugins.find("shared"), await second.find("shared")];
  assert.notEqual(a?.factory, b?.factory);
  assert.equal(imports(), 1);
  await second.close();
  const third = await PluginManager.open({
    pluginsDir: env.pluginsDir,
    configuration: Configuration.of({ "plugin.classloader.parent-first-patterns.additional": "other" }),
    logger: recordingLogger(),
    shared: { other: { value: 1 } },
    coreNamespace: async () => ({ plugfs: core }),
  });
  await third.find("shared");
  assert.equal(imports(), 2);
  await third.close();
});

test("a vanished folder is a failure of that plugin alone", async () => {
  await using env = await manager({ v: plugin("vanish"), w: plugin("stays") });
  await rm(join(env.pluginsDir, "v"), { recursive: true });
  await assert.rejects(async () => env.plugins.find("vanish"), { name: "PluginError", id: "v" });
  assert.equal((await env.plugins.find("stays"))?.plugin, "w");
});

test("a failed plugin is tried again after 1, 2, 4 … seconds, or at once when its files differ", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const tries = () => (globalThis as { tries?: number }).tries ?? 0;
  const code = "globalThis.tries = (globalThis.tries ?? 0) + 1; throw new Error('no');";
  await using env = await manager({ again: plugin("again", code) });
  const attempt = () => assert.rejects(async () => env.plugins.find("again"), { phase: "import" });
  await attempt();
  for (const [pause, expected] of [
    [2, 2],
    [4, 3],
    [8, 4],
  ] as const) {
    await attempt();
    assert.equal(tries(), expected - 1, "not before its time");
    t.mock.timers.tick((pause / 2) * 1000);
    await attempt();
    assert.equal(tries(), expected);
  }
  await writeFile(join(env.pluginsDir, "again/note.txt"), "changed");
  await attempt();
  assert.equal(tries(), 5);
  assert.equal(env.logger.messages("error").length, 1, "reported once");
});

test("plugin.report-globals names what a plugin changed, and no value", async () => {
  const code = `
    globalThis.leaked = 1;
    Array.prototype.leaked = () => {};
    process.env.PLUGFS_TEST_LEAK = "a secret";
    process.on("SIGUSR2", () => {});
  `;
  try {
    await using env = await manager(
      { g: plugin("glob", code) },
      { configuration: { "plugin.report-globals": true } },
    );
    await env.plugins.find("glob");
    const [warning = ""] = env.logger.messages("warn");
    for (const name of [
      "globalThis.leaked",
      "Array.prototype.leaked",
      "process.env.PLUGFS_TEST_LEAK",
      "SIGUSR2",
    ]) {
      assert.ok(warning.includes(name), `${name} in ${warning}`);
    }
    assert.doesNotMatch(warning, /a secret/);
  } finally {
    delete (Array.prototype as { leaked?: unknown }).leaked;
    delete (globalThis as { leaked?: unknown }).leaked;
    delete process.env.PLUGFS_TEST_LEAK;
    process.removeAllListeners("SIGUSR2");
  }
});

test("a shared value that no pattern matches is warned of", async () => {
  await using env = await manager({}, { shared: { pino: {} } });
  assert.match(
    env.logger.messages("warn").join(),
    /"pino" is not for plugins.*parent-first-patterns\.additional/,
  );
});

test("every shape of export", async () => {
  const make = (scheme: string) => `scheme = "${scheme}"; create() {}`;
  const cjs = (id: string, code: string): Files => ({
    "package.json": manifest(id, { type: "commonjs" }),
    "index.js": code,
  });
  await using env = await manager({
    "module-exports": cjs("module-exports", `module.exports = class { ${make("module-exports")} };`),
    "exports-default": cjs(
      "exports-default",
      `exports.__esModule = true; exports.default = class { ${make("exports-default")} };`,
    ),
    "plain-default": cjs("plain-default", `module.exports.default = class { ${make("plain-default")} };`),
    list: { "package.json": manifest("list"), "index.js": `export default [class { ${make("list")} }];` },
    factories: cjs("factories", `module.exports = { factories: [class { ${make("factories")} }] };`),
    object: {
      "package.json": manifest("object"),
      "index.js": 'export default { scheme: "object", create() {} };',
    },
  });
  for (const { id } of env.plugins.list()) assert.equal((await env.plugins.find(id))?.plugin, id);
});

test("closing does not wait for a plugin that never finishes loading", async () => {
  const env = await manager({ h: plugin("endless", "await new Promise(() => {});") });
  const find = assert.rejects(async () => env.plugins.find("endless"), {
    code: "ERR_PLUGIN_TIMEOUT",
    id: "h",
  });
  await new Promise(setImmediate);
  await env[Symbol.asyncDispose]();
  await find;
});

test("concurrent changes of one plugin happen one after the other", async () => {
  await using env = await manager({ o: plugin("order") });
  const closed = () => (globalThis as { closedFactories?: number }).closedFactories ?? 0;
  const before = closed();
  await Promise.all([env.plugins.load("o"), env.plugins.reload("o"), env.plugins.reload("o")]);
  await new Promise(setImmediate);
  assert.equal(closed() - before, 2, "of three generations one lives");
  assert.equal((await env.plugins.find("order"))?.plugin, "o");
  const [unloaded] = await Promise.all([env.plugins.unload("o"), env.plugins.unload("o")]);
  assert.equal(unloaded.state, "disabled");
  await assert.rejects(async () => env.plugins.find("order"), { code: "ERR_PLUGIN_DISABLED" });
});
