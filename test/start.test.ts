import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./support/temporary-folder.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = ["--conditions=plugfs-source", "--import", "tsx", "scripts/start.ts"];

/** The script of `npm start`, with a temporary folder of its own, so that whatever it leaves is seen. */
function start(t: TestContext, temporary: string, ...args: string[]) {
  const child = spawn(process.execPath, [...command, ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary, PLUGFS_HOME: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A check that fails must not leave the child behind, which would keep this file from ending.
  t.after(() => child.kill("SIGKILL"));
  return { child, output: text(child.stdout), errors: text(child.stderr), ended: once(child, "close") };
}

/** One for all runs: tsx keeps its compile cache there, which is its to keep; nothing else is. */
const folder = await temporaryFolder();
after(() => folder[Symbol.asyncDispose]());

async function leftIn(temporary: string): Promise<string[]> {
  return (await readdir(temporary)).filter((name) => !name.startsWith("tsx-"));
}

test("npm start does the main job and leaves nothing", async (t) => {
  const run = start(t, folder.path);
  const [code] = await run.ended;
  const output = await run.output;
  assert.equal(await run.errors, "");
  assert.equal(code, 0, output);
  for (const said of [
    /oss-fs 1\.0\.0 +active, oss:\/\//,
    /read +[\d,]{6,} lines, [\d.]+ MB/,
    /result +oss:\/\/demo\/output\/prose\.txt/,
    /retained +oss:\/\/demo\/checkpoints\/[0-9a-f]{32}\/chk-\d+/,
    /left after disposal +0/,
    /Read back\n.*as written/,
  ]) {
    assert.match(output, said);
  }
  assert.deepEqual(await leftIn(folder.path), []);
});

test("npm start -- --keep stays usable until it is ended, then leaves nothing", async (t) => {
  const run = start(t, folder.path, "--keep");
  let printed = "";
  const ready = new Promise<void>((resolve) => {
    run.child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes("| head")) resolve();
    });
  });
  await Promise.race([ready, run.ended]);
  const home = /PLUGFS_HOME=(\S+)/.exec(printed)?.[1] ?? "";
  assert.match(
    await readFile(join(home, "conf", "flink-conf.yaml"), "utf8"),
    /fs\.oss\.endpoint: http:\/\/127/,
  );
  const program = /-e '([^']+)'/.exec(printed)?.[1] ?? "";
  const reader = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: root,
    env: { ...process.env, PLUGFS_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.ok((await text(reader.stdout)).split("\n").length > 1000);
  run.child.kill("SIGINT");
  assert.deepEqual(await run.ended, [130, null]);
  assert.deepEqual(await leftIn(folder.path), []);
});

for (const heading of ["Home", "Plugins", "Job"]) {
  test(`npm start interrupted after it printed "${heading}" leaves nothing`, async (t) => {
    const run = start(t, folder.path);
    run.child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.includes(`\n${heading}\n`)) run.child.kill("SIGINT");
    });
    const [code] = await run.ended;
    const finished = code === 0 && (await run.output).includes("as written");
    assert.ok(code === 130 || finished, `exit code ${code}: ${await run.errors}`);
    assert.deepEqual(await leftIn(folder.path), []);
  });
}
