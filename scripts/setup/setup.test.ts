import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

const scripts = fileURLToPath(new URL("..", import.meta.url));

/** A stand-in for the build: writes `dist/`, notes each run, and waits at a gate (a file) when there is one. */
const BUILD = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
appendFileSync("builds.log", process.argv[2] + "\\n");
while (existsSync("gate")) await setTimeout(20);
const source = readFileSync("core/index.ts", "utf8");
if (source.includes("broken")) { console.error("core/index.ts does not compile"); process.exit(1); }
mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.js", source);
`;

/** The set-up in a package of its own, whose only dependency is a stand-in for tsx; in a folder with a blank. */
async function scratchPackage() {
  const folder = await temporaryFolder();
  const root = join(folder.path, "a package");
  const manifest = {
    name: "scratch",
    version: "1.0.0",
    type: "module",
    dependencies: { tsx: "file:tools/tsx" },
  };
  const files: Record<string, string> = {
    "package.json": JSON.stringify(manifest),
    "package-lock.json": JSON.stringify({
      name: "scratch",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": manifest,
        "node_modules/tsx": { resolved: "tools/tsx", link: true },
        "tools/tsx": { version: "1.0.0" },
      },
    }),
    "tools/tsx/package.json": '{"name":"tsx","version":"1.0.0","type":"module","exports":"./index.js"}',
    "tools/tsx/index.js": `await import(${JSON.stringify(import.meta.resolve("tsx"))});`,
    "scripts/build.ts": BUILD,
    "core/index.ts": "export const one = 1;\n",
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  await cp(join(scripts, "setup.mjs"), join(root, "scripts/setup.mjs"));
  await cp(join(scripts, "setup"), join(root, "scripts/setup"), { recursive: true });

  return {
    root,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    start: (...flags: string[]) => {
      const env = { ...process.env, NODE_OPTIONS: "" };
      const child = spawn(process.execPath, [...flags, "scripts/setup.mjs"], { cwd: root, env });
      let output = "";
      const said = (text: string) =>
        new Promise<void>((resolve) => {
          const look = () => output.includes(text) && resolve();
          child.stderr.on("data", look);
          look();
        });
      child.stdout.on("data", (chunk) => {
        output += `stdout: ${chunk}`;
      });
      child.stderr.on("data", (chunk) => {
        output += chunk;
      });
      const ended = once(child, "close").then(([code, signal]) => ({ code: code ?? signal, output }));
      return { child, said, ended };
    },
    setUp(...flags: string[]) {
      return this.start(...flags).ended;
    },
    write: (path: string, content: string) => writeFile(join(root, path), content),
    builds: async () => (await readFile(join(root, "builds.log"), "utf8")).trimEnd().split("\n").length,
  };
}

test("a fresh clone is installed and built; then there is nothing to do and nothing is said", async () => {
  await using scratch = await scratchPackage();
  const first = await scratch.setUp();
  assert.deepEqual(first, {
    code: 0,
    output: "plugfs: installing packages (node_modules is missing)\nplugfs: building dist\n",
  });
  assert.equal(await readFile(join(scratch.root, "dist/index.js"), "utf8"), "export const one = 1;\n");
  assert.deepEqual(await scratch.setUp(), { code: 0, output: "" });
  assert.equal(await scratch.builds(), 1);
  assert.deepEqual(await readdir(join(scratch.root, ".cache")), ["built.json"]);
});

test("what changed is done again: a source, an output, a package, the lock file", async () => {
  await using scratch = await scratchPackage();
  await scratch.setUp();
  const build = "plugfs: building dist\n";

  await scratch.write("core/index.ts", "export const two = 2;\n");
  assert.deepEqual(await scratch.setUp(), { code: 0, output: build });
  await rm(join(scratch.root, "dist/index.js"));
  assert.deepEqual(await scratch.setUp(), { code: 0, output: build });
  await scratch.write("core/index.test.ts", "// tests are not built\n");
  assert.deepEqual(await scratch.setUp(), { code: 0, output: "" });

  await rm(join(scratch.root, "node_modules/tsx"));
  const again = await scratch.setUp();
  assert.equal(again.output, "plugfs: installing packages (node_modules/tsx is missing)\n");

  const lock = await readFile(join(scratch.root, "package-lock.json"), "utf8");
  await scratch.write("package-lock.json", lock.replace('{"version":"1.0.0"}', '{"version":"1.0.1"}'));
  await scratch.write(
    "tools/tsx/package.json",
    '{"name":"tsx","version":"1.0.1","type":"module","exports":"./index.js"}',
  );
  const changed = await scratch.setUp();
  assert.equal(
    changed.output,
    `plugfs: installing packages (tools/tsx differs from package-lock.json)\n${build}`,
  );
  assert.equal(changed.code, 0);
});

test("two at once: the second waits for the first, and the work is done once", async () => {
  await using scratch = await scratchPackage();
  await scratch.write("gate", "");
  const first = scratch.start();
  await first.said("building");
  const second = scratch.start();
  await second.said("waiting");
  await rm(join(scratch.root, "gate"));
  assert.equal((await first.ended).code, 0);
  assert.deepEqual(await second.ended, {
    code: 0,
    output: `plugfs: waiting for the set-up in process ${first.child.pid}\n`,
  });
  assert.equal(await scratch.builds(), 1);
});

test("the lock of a set-up that was killed is taken over", async () => {
  await using scratch = await scratchPackage();
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "close");
  await mkdir(join(scratch.root, ".cache"));
  await scratch.write(".cache/setup.lock", JSON.stringify({ id: "x", pid: gone.pid, host: hostname() }));
  assert.equal((await scratch.setUp()).code, 0);
  assert.equal(await scratch.builds(), 1);
  assert.deepEqual(await readdir(join(scratch.root, ".cache")), ["built.json"]);
});

test("a set-up that is interrupted gives its lock back and ends its build", async () => {
  await using scratch = await scratchPackage();
  await scratch.write("gate", "");
  const first = scratch.start();
  await first.said("building");
  first.child.kill("SIGINT");
  // `close` comes when the build, which holds the same pipes, is gone too.
  assert.equal((await first.ended).code, "SIGINT");
  assert.deepEqual(await readdir(join(scratch.root, ".cache")), []);
  await rm(join(scratch.root, "gate"));
  assert.equal((await scratch.setUp()).code, 0);
});

test("a failed build or install fails with what the tool said, and is tried again", async () => {
  await using scratch = await scratchPackage();
  await scratch.write("core/index.ts", "broken");
  const failed = await scratch.setUp();
  assert.equal(failed.code, 1);
  assert.match(
    failed.output,
    /\nplugfs: dist could not be built \(.*\)\ncore\/index\.ts does not compile\n$/s,
  );
  await scratch.write("core/index.ts", "export {};\n");
  assert.equal((await scratch.setUp()).code, 0);

  await scratch.write(
    "package.json",
    '{"name":"scratch","version":"1.0.0","dependencies":{"tsx":"file:elsewhere"}}',
  );
  await rm(join(scratch.root, "node_modules"), { recursive: true });
  const unsynchronised = await scratch.setUp();
  assert.equal(unsynchronised.code, 1);
  assert.match(unsynchronised.output, /the packages could not be installed.*npm error/s);
});

test("an old Node.js is named with what is needed", async () => {
  await using scratch = await scratchPackage();
  const old =
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } });';
  await scratch.write("old.mjs", old);
  const { code, output } = await scratch.setUp("--import", pathToFileURL(join(scratch.root, "old.mjs")).href);
  assert.equal(code, 1);
  assert.match(output, /^plugfs needs Node\.js 20\.19 or newer; this is Node\.js 20\.18\.3 [^\n]*\n$/);
});
