/**
 * `npm run bench:plugins [-- SAMPLES [GROUP]]`: what isolation costs, of all groups or those that begin so. Every sample
 * is a fresh process on the built core (`PLUGFS_NODE` or this Node), variants interleaved. Milliseconds: elapsed, and the
 * mean CPU time of the main thread (before Node 22.19: of the process), which a busy machine disturbs less; kernels count
 * it in ticks, so that of a few milliseconds says little. Both ratios are to the first case of the same group, of the best
 * samples and of the means.
 */
import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Files, writeFiles } from "../../test/support/files.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = process.env.PLUGFS_NODE ?? process.execPath;
const samples = Number(process.argv[2] ?? 11);
const group = process.argv[3] ?? "";

await using folder = await temporaryFolder();
const host = join(folder.path, "host");
const plugins = join(host, "plugins");
const idle = join(host, "idle");
await writeFixtures();

/** Each prints the milliseconds of `work`, elapsed and of the CPU. */
const TIME = `
  const cpu = () => Object.values(process.threadCpuUsage?.() ?? process.cpuUsage()).reduce((a, b) => a + b) / 1000;
  const time = async (work) => {
    const [before, start] = [cpu(), performance.now()];
    await work();
    return [performance.now() - start, cpu() - before].join(" ");
  };
  await time(() => {});
`;
/** `warm` has loaded another plugin before, as every plugin but the first finds it. */
const HEAD = `${TIME}
  const { Environment } = await import("plugfs");
  const open = (pluginsDir, configuration = {}) => Environment.open({ pluginsDir, configuration, logger: { debug() {}, info() {}, warn() {}, error() {} } });
`;
const load = (id: string, warm = true) => `${HEAD}
  const env = await open(${JSON.stringify(plugins)});
  ${warm ? `await env.plugins.load(${id.startsWith("ts") ? '"ts-warm"' : '"warm"'});` : ""}
  console.log(await time(() => env.plugins.load(${JSON.stringify(id)})));
  await env.close();
`;
/** The same files in a process that has done the same, but for plugins. */
const plain = (id: string) => `${HEAD}
  const env = await open(${JSON.stringify(plugins)});
  await import(${JSON.stringify(join(plugins, "warm/index.js"))});
  console.log(await time(() => import(${JSON.stringify(join(plugins, id, "index.js"))})));
  await env.close();
`;
/** What is left of the difference when the loader's own code is not new to Node any more. */
const TWENTY = "for (let index = 0; index < 20; index += 1)";
const loadTwenty = `${HEAD}
  const env = await open(${JSON.stringify(idle)});
  await env.plugins.load("p99");
  console.log(await time(async () => { ${TWENTY} await env.plugins.load("p" + index); }));
  await env.close();
`;
const plainTwenty = `${HEAD}
  const env = await open(${JSON.stringify(idle)});
  await import(${JSON.stringify(join(idle, "p99/index.js"))});
  console.log(await time(async () => { ${TWENTY} await import(${JSON.stringify(idle)} + "/p" + index + "/index.js"); }));
  await env.close();
`;
const plainAliOss = `${HEAD}
  const env = await open(${JSON.stringify(plugins)});
  console.log(await time(() => import(${JSON.stringify(join(root, "node_modules/ali-oss/lib/client.js"))})));
  await env.close();
`;
/** Until there is a file system that could send a request. */
const firstUse = `${HEAD}
  const env = await open(${JSON.stringify(plugins)}, {
    "fs.oss.endpoint": "oss-cn-hangzhou.aliyuncs.com",
    "fs.oss.accessKeyId": "id",
    "fs.oss.accessKeySecret": "secret",
  });
  console.log(await time(() => env.fileSystem("oss://bench/")));
  await env.close();
`;
const tsx = `${HEAD}
  const { tsImport } = await import(${JSON.stringify(join(root, "node_modules/tsx/dist/esm/api/index.mjs"))});
  await tsImport(${JSON.stringify(join(plugins, "ts-warm/index.ts"))}, import.meta.url);
  console.log(await time(() => tsImport(${JSON.stringify(join(plugins, "ts/index.ts"))}, import.meta.url)));
`;
const hostImports = (before: string) => `${HEAD}
  const env = await open(${JSON.stringify(plugins)});
  ${before}
  console.log(await time(() => import("./many/index.js")));
  await env.close();
`;
const hostRequires = (before: string) => `${HEAD}
  const env = await open(${JSON.stringify(plugins)});
  ${before}
  const require = (await import("node:module")).createRequire(import.meta.url);
  console.log(await time(() => require("./many-cjs/index.cjs")));
  await env.close();
`;

const CASES: Record<string, string> = {
  "1 ESM file: plain import()": plain("one"),
  "1 ESM file: as a plugin": load("one"),
  "1 ESM file: as the first plugin": load("one", false),
  "20 times 1 ESM file: plain import()": plainTwenty,
  "20 times 1 ESM file: as plugins": loadTwenty,
  "31 ESM files: plain import()": plain("many"),
  "31 ESM files: as a plugin": load("many"),
  "11 TypeScript files: tsImport": tsx,
  "11 TypeScript files: as a plugin": load("ts"),
  "ali-oss: plain import()": plainAliOss,
  "ali-oss: oss-fs as the first plugin": load("oss-fs", false),
  "ali-oss: first use of oss-fs": firstUse,
  "host, 200 ESM imports: before any plugin": hostImports(""),
  "host, 200 ESM imports: after a CommonJS plugin": hostImports('await env.plugins.load("oss-fs");'),
  "host, 200 ESM imports: after an ESM plugin": hostImports('await env.plugins.load("one");'),
  "host, 200 requires: before any plugin": hostRequires(""),
  "host, 200 requires: after an ESM plugin": hostRequires('await env.plugins.load("one");'),
  "open: the core's own imports": `${TIME} console.log(await time(() => import("plugfs")));`,
  "open: no plugins": `${HEAD} let env; console.log(await time(async () => { env = await open(${JSON.stringify(join(host, "none"))}); })); await env.close();`,
  "open: 100 plugins, unused": `${HEAD} let env; console.log(await time(async () => { env = await open(${JSON.stringify(idle)}); })); await env.close();`,
};

const cases = Object.entries(CASES).filter(([name]) => name.startsWith(group));
const times = new Map(cases.map(([name]) => [name, { elapsed: [] as number[], cpu: [] as number[] }]));
for (const [name, source] of cases) await writeFiles(host, { [`${fileOf(name)}.mjs`]: source });
for (let sample = 0; sample < samples; sample += 1) {
  for (const [name] of cases) {
    const { stdout } = await promisify(execFile)(node, ["--no-warnings", `${fileOf(name)}.mjs`], {
      cwd: host,
    });
    const [elapsed = Number.NaN, cpu = Number.NaN] = stdout.split(" ").map(Number);
    times.get(name)?.elapsed.push(elapsed);
    times.get(name)?.cpu.push(cpu);
  }
}
print();

function print(): void {
  const width = Math.max(...[...times.keys()].map((name) => name.length));
  const base = new Map<string, { best: number; cpu: number }>();
  console.log(`| ${"case".padEnd(width)} |  median |    best | ratio |     cpu | ratio |`);
  console.log(`|${"-".repeat(width + 2)}|--------:|--------:|------:|--------:|------:|`);
  for (const [name, { elapsed, cpu }] of times) {
    const [group = ""] = name.split(":");
    const found = { best: Math.min(...elapsed), cpu: mean(cpu) };
    const first = base.get(group) ?? found;
    base.set(group, first);
    const cells = [
      median(elapsed).toFixed(2).padStart(7),
      found.best.toFixed(2).padStart(7),
      (found.best / first.best).toFixed(2).padStart(5),
      found.cpu.toFixed(2).padStart(7),
      (found.cpu / first.cpu).toFixed(2).padStart(5),
    ];
    console.log(`| ${name.padEnd(width)} | ${cells.join(" | ")} |`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fileOf(name: string): string {
  return name.replace(/[^a-z0-9]+/gi, "-");
}

function plugin(id: string, entry: string, files: Files): Files {
  return {
    "package.json": {
      name: id,
      type: "module",
      exports: `./${entry}`,
      peerDependencies: { plugfs: "^1.0.0" },
      plugfs: { schemes: [id] },
    },
    ...files,
  };
}

function factory(scheme: string): string {
  return `
    import { FileSystem } from "plugfs";
    class Fs extends FileSystem { capabilities = new Set(); }
    export default class { scheme = ${JSON.stringify(scheme)}; create() { return new Fs(); } }
  `;
}

function modules(count: number, extension: string): { files: Files; imports: string } {
  const names = Array.from({ length: count }, (_, index) => `part${index}`);
  const code =
    extension === "ts"
      ? "export enum Kind { A }\nexport const value: number = Kind.A;\n"
      : "export const value = 1;\n";
  return {
    files: Object.fromEntries(names.map((name) => [`${name}.${extension}`, code])),
    imports: names.map((name) => `import "./${name}.${extension === "ts" ? "js" : extension}";`).join("\n"),
  };
}

async function writeFixtures(): Promise<void> {
  await writeFiles(host, { "package.json": { name: "bench", type: "module" } });
  await writeFiles(join(host, "node_modules"), {});
  await symlink(root, join(host, "node_modules/plugfs"));
  for (const id of ["warm", "one"]) {
    await writeFiles(join(plugins, id), plugin(id, "index.js", { "index.js": factory(id) }));
  }
  const many = modules(30, "js");
  await writeFiles(
    join(plugins, "many"),
    plugin("many", "index.js", { ...many.files, "index.js": many.imports + factory("many") }),
  );
  const typed = modules(10, "ts");
  for (const id of ["ts", "ts-warm"]) {
    await writeFiles(
      join(plugins, id),
      plugin(id, "index.ts", { ...typed.files, "index.ts": typed.imports + factory(id) }),
    );
  }
  await symlink(join(root, "opt/oss-fs"), join(plugins, "oss-fs"));
  for (let index = 0; index < 100; index += 1) {
    await writeFiles(
      join(idle, `p${index}`),
      plugin(`p${index}`, "index.js", { "index.js": factory(`p${index}`) }),
    );
  }
  const hostModules = modules(200, "js");
  await writeFiles(join(host, "many"), { ...hostModules.files, "index.js": hostModules.imports });
  const required = modules(200, "cjs");
  await writeFiles(join(host, "many-cjs"), {
    ...Object.fromEntries(Object.keys(required.files).map((name) => [name, "exports.value = 1;"])),
    "index.cjs": Object.keys(required.files)
      .map((name) => `require("./${name}");`)
      .join("\n"),
  });
}
