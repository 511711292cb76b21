/** plugfs in every kind of host, as built (`dist/`), under plain Node: in the host's thread and with plugins in workers. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { runNode } from "../isolation/run-host.ts";
import { type Scene, scene } from "../isolation/scene.ts";
import { writeFiles } from "../support/files.ts";
import { ROGUE } from "../worker/rogue.ts";

/** Prints what the plugin answered, how a crash came out, and what is left when all is closed. */
const BODY = `
  const env = await Environment.open({
    pluginsDir: process.env.PLUGINS,
    configuration: JSON.parse(process.env.CONFIGURATION),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const report = {};
  try {
    report.length = (await env.fs.stat("rogue://x/fine")).size;
    report.listed = (await env.fs.readdir("rogue://x/folder")).length;
    if (process.env.CRASH) {
      report.crash = await env.fs.stat("rogue://x/exit").catch((error) => error.code + " " + error.message);
      report.again = (await env.fs.stat("rogue://x/fine")).size;
    }
  } catch (error) {
    report.error = error.code + " " + error.message;
  }
  await env.close();
  await new Promise(setImmediate);
  report.left = process.getActiveResourcesInfo().filter((name) => /Timeout|Worker|MessagePort|Socket|Server/.test(name));
  console.log(JSON.stringify(report));
`;

const HOSTS = {
  "esm.mjs": `import { Environment } from "plugfs";\n${BODY}`,
  "commonjs.cjs": `const { Environment } = require("plugfs");\n(async () => {${BODY}})();`,
  "worker.mjs": `
    import { Worker } from "node:worker_threads";
    new Worker(new URL("./esm.mjs", import.meta.url));
  `,
  "child.mjs": `
    import { fork } from "node:child_process";
    import { fileURLToPath } from "node:url";
    fork(fileURLToPath(new URL("./esm.mjs", import.meta.url)));
  `,
};

interface Report {
  readonly length?: number;
  readonly listed?: number;
  readonly crash?: string;
  readonly again?: number;
  readonly error?: string;
  readonly left?: readonly string[];
}

async function run(at: Scene, program: string, inWorkers: boolean): Promise<Report> {
  const stdout = await runNode(["--no-warnings", join(at.host, program)], {
    cwd: at.path,
    env: {
      PLUGINS: at.pluginsDir,
      CONFIGURATION: JSON.stringify(inWorkers ? { "plugin.worker": "*" } : {}),
      CRASH: inWorkers ? "1" : "",
    },
  });
  const line = stdout.split("\n").find((text) => text.startsWith("{"));
  return JSON.parse(line ?? "{}");
}

async function hosts(layout: "inside" | "outside" = "inside"): Promise<Scene> {
  const at = await scene(layout, [], { rogue: ROGUE });
  await writeFiles(at.host, HOSTS);
  return at;
}

for (const program of ["esm.mjs", "commonjs.cjs", "worker.mjs", "child.mjs"]) {
  for (const inWorkers of [false, true]) {
    test(`${program}, plugins ${inWorkers ? "in workers" : "in its thread"}`, async () => {
      await using at = await hosts();
      const { crash = "", ...report } = await run(at, program, inWorkers);
      assert.deepEqual(report, { length: 7, listed: 1000, ...(inWorkers && { again: 7 }), left: [] });
      if (inWorkers) assert.match(crash, /^ERR_PLUGIN_CRASHED .*exit 3/);
    });
  }
}

async function bundle(at: Scene): Promise<void> {
  await build({
    entryPoints: [join(at.host, "esm.mjs")],
    outfile: join(at.host, "bundle.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    banner: { js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);" },
  });
}

test("a host bundled to one file: workers need plugfs beside it, and the error says so", async () => {
  await using at = await hosts("outside");
  await bundle(at);
  const { crash: _, ...report } = await run(at, "bundle.mjs", true);
  assert.deepEqual(report, { length: 7, listed: 1000, again: 7, left: [] });
  await rm(join(at.host, "node_modules/plugfs"));
  assert.equal((await run(at, "bundle.mjs", false)).length, 7);
  assert.match(
    (await run(at, "bundle.mjs", true)).error ?? "",
    /^ERR_PLUGIN_HOST_BUNDLED .*plugin\.worker.*npm install plugfs/,
  );
});
