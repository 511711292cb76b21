import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../oss-server/random.ts";
import { fromSource } from "../support/from-source.ts";
import { localPlace, ossPlace, type Place } from "./places.ts";

/** Kills of each case. */
const KILLS =
  process.env.PLUGFS_SOAK === "1" ? { file: 70, oss: 65, faulty: 65 } : { file: 2, oss: 1, faulty: 1 };
const SEED = Number(process.env.PLUGFS_SEED ?? Date.now() % 100_000);

const job = fileURLToPath(new URL("job.ts", import.meta.url));
const LINES = Array.from(
  { length: 12_000 },
  (_, i) => `${String(i).padStart(6, "0")} ${"text ".repeat(i % 9)}`,
);
const SPLIT = 100_000;
const INPUT = `${LINES.join("\n")}\n`;

/** What a run says on its way: `running`, 24 numbers, `ended`. */
const SIGNS = 26;

/** When to kill a run: so many milliseconds behind a sign of it. */
interface Moment {
  readonly sign: number;
  readonly delay: number;
}

/** Runs the job; resolves to whether it was killed, or faster than that. */
async function run(place: Place, moment?: Moment): Promise<boolean> {
  const child: ChildProcess = spawn(process.execPath, [...fromSource, job, place.home, place.base], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr?.on("data", (text) => errors.push(String(text)));
  const exit = once(child, "exit");
  let signs = 0;
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const _ of lines) {
    if (signs++ === moment?.sign) void pause(moment.delay).then(() => child.kill("SIGKILL"));
  }
  const [code, signal] = await exit;
  if (signal !== "SIGKILL") assert.equal(code, 0, errors.join(""));
  return signal === "SIGKILL";
}

/** Kills the job at moments that a seed chooses, so many times; whenever it ends, its output is compared. */
async function killAndRestore(place: Place, most: number): Promise<string> {
  const random = randomFrom(SEED);
  let kills = 0;
  let runs = 0;
  await reset(place);
  while (kills < most) {
    // A restored run says only what is left of it.
    const sign = Math.floor(random() * SIGNS) >> (kills % 3);
    const killed = await run(place, { sign, delay: random() * 40 });
    runs++;
    if (killed) kills++;
    else {
      await assertSame(place, kills);
      await reset(place);
    }
  }
  await run(place);
  await assertSame(place, kills);
  return `seed ${SEED}: ${kills} kills, ${runs + 1} runs, 0 differences`;
}

/** Begins anew: nothing but the input. */
async function reset(place: Place): Promise<void> {
  await place.clear();
  await place.put("in", INPUT);
}

/** The output of a run that nobody disturbs, worked out without it. */
const EXPECTED = expected();

function expected(): Record<string, string> {
  const parts: [string, string] = ["", ""];
  const marked: [string, string] = ["", ""];
  let offset = 0;
  for (const [i, line] of LINES.entries()) {
    if (i % 7 !== 0) {
      const writer = splitOf(offset) % 2;
      parts[writer] += `${line}\n${line}!\n`;
      marked[writer] += `${line}!\n`;
    }
    offset += line.length + 1;
  }
  return {
    in: INPUT,
    "marked/1": marked[0],
    "marked/2": marked[1],
    "out/1": parts[0],
    "out/2": parts[1],
  };
}

/** A line belongs to the split in which the line break before it lies. */
function splitOf(offset: number): number {
  const last = Math.ceil(INPUT.length / SPLIT - 1.1);
  return Math.min(last, Math.max(0, Math.floor((offset - 1) / SPLIT)));
}

async function assertSame(place: Place, kills: number): Promise<void> {
  const files = await place.files();
  const what = `seed ${SEED}, ${kills} kills`;
  const record = `state/${createHash("sha256").update("killed").digest("hex").slice(0, 32)}/completed`;
  assert.deepEqual(Object.keys(files).sort(), [...Object.keys(EXPECTED), record].sort(), what);
  for (const [name, content] of Object.entries(EXPECTED)) {
    assert.ok(files[name] === content, `${name} differs, ${what}`);
  }
}

for (const [name, open, most] of [
  ["local files", localPlace, KILLS.file],
  ["OSS", () => ossPlace(), KILLS.oss],
  ["OSS with faults", () => ossPlace(SEED), KILLS.faulty],
] as const) {
  test(`${name}: killed by SIGKILL and restored, the output is that of a run never disturbed`, async (t) => {
    await using place = await open();
    t.diagnostic(await killAndRestore(place, most));
  });
}
