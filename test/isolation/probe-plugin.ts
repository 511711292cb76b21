/**
 * Plugins that try every kind of import and report each as `true` or as what was wrong. One text for all formats: the
 * parts that differ are how the module is written, and which of its own files it can reach.
 */
import type { Files } from "../support/files.ts";

export type Format = "esm" | "cjs" | "ts" | "ts-cjs";

/** The plugin's files; its id and scheme is the format's name without the hyphen. */
export function probePlugin(format: Format): Files {
  const typescript = format.startsWith("ts");
  const module = format === "esm" || format === "ts";
  const extension = typescript ? "ts" : "js";
  const scheme = schemeOf(format);
  return {
    "package.json": {
      name: `probe-${format}`,
      version: "1.0.0",
      ...(module && { type: "module" }),
      exports: { ".": `./index.${extension}`, "./self": "./self.js" },
      imports: { "#inner": "./inner.js", "#dep": "dep-cjs", "#outer": "host-only" },
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: [scheme] },
    },
    [`index.${extension}`]:
      (module ? MODULE_HEAD : COMMON_HEAD) + (typescript ? TYPESCRIPT : "") + body(format),
    "self.js": module ? "export const from = 'self';" : "exports.from = 'self';",
    "inner.js": module ? "export const from = 'inner';" : "exports.from = 'inner';",
    "lazy.mjs": "import { FileSystem } from 'plugfs'; export { FileSystem };",
    "lazy.cjs": "exports.FileSystem = require('plugfs').FileSystem;",
    "data.json": { from: "json" },
    "broken.node": "not an addon",
    "worker.mjs": WORKER,
    ...(typescript && TYPESCRIPT_FILES),
    ...dependencies(),
  };
}

export function schemeOf(format: Format): string {
  return format.replace("-", "");
}

function dependencies(): Files {
  return {
    // npm installs peers by itself, so a copy of plugfs is the normal case.
    "node_modules/plugfs/package.json": { name: "plugfs", version: "0.0.1", main: "index.js" },
    "node_modules/plugfs/index.js": "exports.FileSystem = class Wrong {}; exports.wrong = true;",
    "node_modules/dep-cjs/package.json": { name: "dep-cjs", version: "1.0.0" },
    "node_modules/dep-cjs/index.js": `
      exports.plugfs = require("plugfs");
      exports.count = 0;
      exports.lazy = (name) => require(name);
      exports.lazyImport = (name) => import(name);
      exports.optional = () => { try { return require("host-only"); } catch (e) { if (e.code !== "MODULE_NOT_FOUND") throw e; return "fallback"; } };
    `,
    "node_modules/dep-esm/package.json": { name: "dep-esm", type: "module", exports: "./index.js" },
    "node_modules/dep-esm/index.js": `
      export * as plugfs from "plugfs";
      export const optional = async () => { try { return await import("host-only"); } catch (e) { if (e.code !== "ERR_MODULE_NOT_FOUND") throw e; return "fallback"; } };
    `,
    "node_modules/conditional/package.json": {
      name: "conditional",
      exports: { ".": { import: "./i.mjs", require: "./r.cjs" }, "./sub": { node: "./sub.cjs" } },
    },
    "node_modules/conditional/i.mjs": "export const from = 'import';",
    "node_modules/conditional/r.cjs": "exports.from = 'require';",
    "node_modules/conditional/sub.cjs": "exports.from = 'sub';",
    "node_modules/shared-cjs-evil/package.json": { name: "shared-cjs-evil" },
    "node_modules/shared-cjs-evil/index.js": "exports.from = 'own';",
    "node_modules/shared-cjs/package.json": { name: "shared-cjs" },
    "node_modules/shared-cjs/index.js": "exports.from = 'own';",
    "node_modules/@shared/own/package.json": { name: "@shared/own" },
    "node_modules/@shared/own/index.js": "exports.from = 'own';",
  };
}

const MODULE_HEAD = `
import * as plugfs from "plugfs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import * as depEsm from "dep-esm";
import { readFileSync } from "fs";
const require = createRequire(import.meta.url);
const depCjs = require("dep-cjs");
const file = fileURLToPath(import.meta.url);
const resolveImport = (name) => import.meta.resolve(name);
const importsResolve = typeof import.meta.resolve === "function";
class ProbeFactory {}
export { ProbeFactory as default };
`;

const COMMON_HEAD = `
const plugfs = require("plugfs");
const { Worker } = require("worker_threads");
const depCjs = require("dep-cjs");
const { readFileSync } = require("fs");
const file = __filename;
const importsResolve = false;
let resolveImport = undefined;
class ProbeFactory {}
module.exports = ProbeFactory;
`;

/** What only a TypeScript runner can load: an enum, a parameter property, `.js` for `.ts`, an alias of the tsconfig. */
const TYPESCRIPT = `
enum Kind { A = 7 }
class Point { constructor(public x: number) {} }
`;
const TYPESCRIPT_FILES: Files = {
  "tsconfig.json": {
    compilerOptions: { baseUrl: ".", paths: { "@alias/*": ["./aliased/*"] }, experimentalDecorators: true },
  },
  "typed.ts": "export enum Typed { One = 1 } export const from: string = 'typed';",
  "aliased/thing.ts": "export const from: string = 'alias';",
};

function body(format: Format): string {
  const scheme = schemeOf(format);
  const module = format === "esm" || format === "ts";
  return `
const host = globalThis.hostPlugfs;
const same = (found) => (found.FileSystem ?? found.default?.FileSystem) === host.FileSystem || "another plugfs";
const is = (value, wanted) => value === wanted || "got " + String(value);
const from = (found, wanted) => is(found.from ?? found.default?.from, wanted);
const refused = async (run, words = []) => {
  try { await run(); } catch (error) {
    const wrong = [${JSON.stringify(format)}, ...words].filter((word) => !error.message.includes(word));
    if (!["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error.code)) return "refused by " + error.stack;
    return wrong.length === 0 || "the message lacks " + wrong + ": " + error.message;
  }
  return "was not refused";
};
const named = (name) => [name, "npm install " + name, file.slice(file.lastIndexOf("/") + 1)];

class ProbeFileSystem extends plugfs.FileSystem { capabilities = new Set(); getFileStatus() {} listStatus() {} open() {} }
ProbeFactory.prototype.scheme = ${JSON.stringify(scheme)};
ProbeFactory.prototype.create = () => {
  depCjs.count += 1;
  globalThis.probes[${JSON.stringify(scheme)}] = report;
  return new ProbeFileSystem();
};

async function report(job) {
  const at = (name) => job.host + "/" + name;
  const url = (path) => new URL("file://" + path.split("/").map(encodeURIComponent).join("/")).href;
  const self = ${JSON.stringify(`probe-${format}`)};
  const probes = {
    "plugfs: the module itself": () => same(plugfs),
    "plugfs: import()": async () => same(await import("plugfs")),
    "plugfs: require": () => same(require("plugfs")),
    "plugfs: require in a CommonJS dependency": () => same(depCjs.plugfs),
    "plugfs: import() in a CommonJS dependency": async () => same(await depCjs.lazyImport("plugfs")),
    "plugfs: import in an ES module dependency": async () => same((await import("dep-esm")).plugfs),
    "plugfs: in a lazy ES module": async () => same(await import("./lazy.mjs")),
    "plugfs: in a lazy CommonJS module": () => same(require("./lazy.cjs")),
    "plugfs: require of what require.resolve gives": () => same(require(require.resolve("plugfs"))),
    "plugfs: import() of what require.resolve gives": async () => same(await import(url(require.resolve("plugfs").split("?")[0]))),
    "plugfs: an entry that it does not have": () => refused(() => import("plugfs/no-such-entry")),
    "plugfs: its testing entry": async () => is(typeof (await import("plugfs/testing")).fileSystemContract, "function"),
    "plugfs: module.require": () => ${module ? "true" : 'same(module.require("plugfs"))'},

    "host package: import()": () => refused(() => import("host-only"), named("host-only")),
    "host package: computed import()": () => refused(() => import(["host", "only"].join("-")), named("host-only")),
    "host package: import() in eval": () => refused(() => (0, eval)('import("host-only")')${module ? ", [] " : ""}).then((r) => ${/* eval has no file */ ""} r === "was not refused" ? r : true),
    "host package: require": () => refused(() => require("host-only"), named("host-only")),
    "host package: require.resolve": () => refused(() => require.resolve("host-only"), ["host-only"]),
    "host package: require.resolve with paths": () => refused(() => require.resolve("host-only", { paths: [job.host] }), ["host-only"]),
    "host package: import.meta.resolve": () => importsResolve ? refused(() => resolveImport("host-only"), ["host-only"]) : true,
    "host package: late require in a dependency": () => refused(() => depCjs.lazy("host-only"), ["host-only", "dep-cjs"]),
    "host package: late import() in a dependency": () => refused(() => depCjs.lazyImport("host-only"), ["host-only", "dep-cjs"]),
    "host package: optional in CommonJS": () => is(depCjs.optional(), "fallback"),
    "host package: optional in an ES module": async () => is(await (await import("dep-esm")).optional(), "fallback"),
    "host package: by #import": () => refused(() => import("#outer")),
    "package of an ancestor folder: import()": () => refused(() => import("ancestor-only"), ["ancestor-only"]),
    "package of an ancestor folder: require": () => refused(() => require("ancestor-only"), ["ancestor-only"]),
    "package in NODE_PATH": () => refused(() => require("path-only"), ["path-only"]),

    "way out: import() of an absolute path": () => refused(() => import(at("secret.mjs")), ["secret.mjs"]),
    "way out: import() of a file URL": () => refused(() => import(url(at("secret.mjs"))), ["secret.mjs"]),
    "way out: require of an absolute path": () => refused(() => require(at("secret.cjs")), ["secret.cjs"]),
    "way out: relative import()": () => refused(() => import("../neighbour/index.mjs")),
    "way out: relative require": () => refused(() => require("../neighbour/index.cjs")),
    "way out: a neighbour whose name begins alike": () => refused(() => import("../${format}-2/index.mjs")),
    "way out: an addon of the host": () => refused(() => require(at("addon.node")), ["addon.node"]),

    "own: a package by its conditions, import": async () => from(await import("conditional"), "import"),
    "own: a package by its conditions, require": () => from(require("conditional"), "require"),
    "own: a subpath by conditions": () => from(require("conditional/sub"), "sub"),
    "own: itself by name": async () => from(await import(self + "/self"), "self"),
    "own: a #import of a file": async () => from(await import("#inner"), "inner"),
    "own: a #import of a package": async () => same((await import("#dep")).default.plugfs),
    "own: JSON by import()": async () => from((await import("./data.json", { with: { type: "json" } })).default, "json"),
    "own: JSON by require": () => from(require("./data.json"), "json"),
    "own: an addon": () => { try { require("./broken.node"); return "loaded"; } catch (e) { return is(e.code, "ERR_DLOPEN_FAILED"); } },
    "own: built-in modules": async () => is((await import("node:fs")).readFileSync, readFileSync),
    "own: a data: module": async () => is((await import("data:text/javascript,export default 5")).default, 5),
    "own: state of a dependency": () => is(depCjs.count, 1),

    "a worker that it starts": () => inWorker(job),
    "createRequire of a host path is a way round": () => from(require("module").createRequire(at("x.js"))("host-only"), "host"),
    ${format === "ts" ? TYPESCRIPT_PROBES : format === "ts-cjs" ? TYPESCRIPT_COMMON_PROBES : ""}
  };
  if (job.shared) Object.assign(probes, {
    "shared: passed by value, require": () => is(require("shared-cjs"), globalThis.hostShared["shared-cjs"]),
    "shared: passed by value, import()": async () => is((await import("shared-cjs")).made, globalThis.hostShared["shared-cjs"].made),
    "shared: an ES module, import()": async () => is((await import("shared-esm")).made, globalThis.hostShared["shared-esm"].made),
    "shared: an ES module, require": () => is(require("shared-esm").made ?? require("shared-esm").default, globalThis.hostShared["shared-esm"].made),
    "shared: not passed, taken from the host, require": () => is(require("@shared/scoped").made, globalThis.hostShared["@shared/scoped"].made),
    "shared: not passed, taken from the host, import()": async () => {
      const found = await import("@shared/scoped").catch((e) => e);
      return is((found.default ?? found).made, globalThis.hostShared["@shared/scoped"].made);
    },
    "shared: a subpath, taken from the host": () => from(require("shared-cjs/sub"), "host-sub"),
    "shared: what the host lacks is the plugin's own": async () => from(await import("@shared/own"), "own"),
    "shared: a name that begins alike is not shared": async () => from(await import("shared-cjs-evil"), "own"),
  });
  const results = {};
  for (const [name, probe] of Object.entries(probes)) {
    try { results[name] = await probe(); } catch (error) { results[name] = "threw " + error.stack; }
  }
  return results;
}

function inWorker(job) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(${module ? 'new URL("./worker.mjs", import.meta.url)' : '__dirname + "/worker.mjs"'}, { workerData: job.host });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => resolve("exited with " + code));
  });
}
`;
}

const TYPESCRIPT_PROBES = `
    "TypeScript: an enum and a parameter property": () => is(Kind.A + new Point(1).x, 8),
    "TypeScript: .js for .ts": async () => is((await import("./typed.js")).Typed.One, 1),
    "TypeScript: an alias of its own tsconfig": async () => from(await import("@alias/thing"), "alias"),
    "TypeScript: a stack names the line": () => /index\\.ts:\\d+/.test(new Error("x").stack) || new Error("x").stack,
`;
const TYPESCRIPT_COMMON_PROBES = `
    "TypeScript: an enum and a parameter property": () => is(Kind.A + new Point(1).x, 8),
    "TypeScript: a file without extension": () => is(require("./typed").Typed.One, 1),
    "TypeScript: a stack names the line": () => /index\\.ts:\\d+/.test(new Error("x").stack) || new Error("x").stack,
`;

const WORKER = `
import { parentPort, workerData } from "node:worker_threads";
import { createRequire } from "node:module";
import * as plugfs from "plugfs";
const require = createRequire(import.meta.url);
const problems = [];
if (plugfs.wrong || plugfs.FileSystem === undefined) problems.push("the plugin's own plugfs");
if (require("plugfs").FileSystem !== plugfs.FileSystem) problems.push("two instances of plugfs");
for (const run of [() => import("host-only"), () => require("host-only"), () => import(workerData + "/secret.mjs")]) {
  try { await run(); problems.push("not refused: " + run); } catch (error) {
    if (!/MODULE_NOT_FOUND/.test(error.code)) problems.push(error.stack);
  }
}
parentPort.postMessage(problems.length === 0 || problems.join("; "));
`;
