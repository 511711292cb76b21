import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../oss-server/random.ts";
import { ossHome } from "../support/oss-home.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Kills of each case: 100 with PLUGFS_SOAK=1. */
const KILLS = process.env.PLUGFS_SOAK === "1" ? 100 : 3;
const SEED = Number(process.env.PLUGFS_SEED ?? Date.now() % 100_000);

const job = fileURLToPath(new URL("job.ts", import.meta.url));
const LINES = Array.from(
  { length: 12_000 },
  (_, i) => `${String(i).padStart(6, "0")} ${"text ".repeat(i % 9)}`,
);
const INPUT = `${LINES.join("\n")}\n`;

interface Place {
  /** URI of the folder that the job works in. */
  readonly base: string;
  readonly home: string;
  /** Every file below it with its content, and what else is left there. */
  files(): Promise<Record<string, string>>;
  /** Begins anew: nothing but the input. */
  reset(): Promise<void>;
}

/** Runs the job; killed after `killAfter` milliseconds of running, unless it was faster. */
async function run(
  place: Place,
  killAfter?: number,
): Promise<{ killed: boolean; millis: number; output: string }> {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=plugfs-source", "--import", "tsx", job, place.home, place.base],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const errors: string[] = [];
  child.stderr?.on("data", (text) => errors.push(String(text)));
  const exit = once(child, "exit");
  let output = "";
  let started = 0;
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    if (line !== "running") output = line;
    else {
      started = performance.now();
      if (killAfter !== undefined) void pause(killAfter).then(() => child.kill("SIGKILL"));
    }
  }
  const [code, signal] = await exit;
  if (signal !== "SIGKILL") assert.equal(code, 0, errors.join(""));
  return { killed: signal === "SIGKILL", millis: performance.now() - started, output };
}

/** Kills the job at moments that a seed chooses, until `KILLS` is reached; whenever it ends, its output is compared. */
async function killAndRestore(place: Place): Promise<{ kills: number; runs: number }> {
  await place.reset();
  const whole = await run(place);
  const expected = await place.files();
  assert.deepEqual(
    Object.keys(expected)
      .filter((name) => !name.startsWith("state/"))
      .sort(),
    ["in", "marked", "out/1", "out/2"],
  );
  const random = randomFrom(SEED);
  let kills = 0;
  let runs = 0;
  await place.reset();
  while (kills < KILLS) {
    const { killed } = await run(place, random() * 1.1 * whole.millis);
    runs++;
    if (killed) kills++;
    else {
      await assertSame(place, expected, kills);
      await place.reset();
    }
  }
  await run(place);
  await assertSame(place, expected, kills);
  return { kills, runs };
}

async function assertSame(place: Place, expected: Record<string, string>, kills: number): Promise<void> {
  const files = await place.files();
  const what = `seed ${SEED}, ${kills} kills`;
  assert.deepEqual(Object.keys(files).sort(), Object.keys(expected).sort(), what);
  for (const [name, content] of Object.entries(expected)) {
    if (!name.startsWith("state/")) assert.ok(files[name] === content, `${name} differs, ${what}`);
  }
}

test("local files: killed by SIGKILL and restored, the output is that of an undisturbed run", async (t) => {
  await using folder = await temporaryFolder();
  const base = join(folder.path, "data");
  const { kills, runs } = await killAndRestore({
    base: `file://${base}`,
    home: folder.path,
    async files() {
      const files: Record<string, string> = {};
      for (const entry of await readdir(base, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile()) files[path.slice(base.length + 1)] = await readFile(path, "utf8");
      }
      return files;
    },
    async reset() {
      await rm(base, { recursive: true, force: true });
      await mkdir(base);
      await writeFile(join(base, "in"), INPUT);
    },
  });
  t.diagnostic(`seed ${SEED}: ${kills} kills, ${runs + 2} runs, 0 differences`);
});

for (const faults of [false, true]) {
  test(`OSS${faults ? " with faults" : ""}: killed by SIGKILL and restored, the output is that of an undisturbed run`, async (t) => {
    await using home = await ossHome();
    const { server } = home;
    if (faults) {
      server.faults.random({
        seed: SEED,
        probability: 0.03,
        faults: [
          { kind: "status", status: 500, code: "InternalError" },
          { kind: "reset-before-headers" },
          { kind: "answer-lost" },
          { kind: "throttle" },
        ],
      });
    }
    const { kills, runs } = await killAndRestore({
      base: "oss://demo/data",
      home: home.path,
      async files() {
        const files: Record<string, string> = {};
        for (const key of server.keys("demo")) {
          files[key.replace(/^data\//, "")] = Buffer.from((await server.get("demo", key)) ?? []).toString();
        }
        for (const { key } of server.uploads("demo")) files[`unfinished upload of ${key}`] = "";
        return files;
      },
      async reset() {
        for (const key of server.keys("demo")) server.remove("demo", key);
        await server.put("demo", "data/in", INPUT);
      },
    });
    t.diagnostic(`seed ${SEED}: ${kills} kills, ${runs + 2} runs, 0 differences`);
  });
}
