import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
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
/** Longest wait for the job to have published everything. */
const LIMIT_MS = 60_000;

const job = fileURLToPath(new URL("follow-job.ts", import.meta.url));

interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly said: string[];
  /** Resolves once it runs the job. */
  readonly running: Promise<unknown>;
  /** Resolves to its errors, once it is gone. */
  readonly exit: Promise<string>;
}

function start(place: Place): Child {
  const child = spawn(process.execPath, [...fromSource, job, place.home, place.base], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  const errors: string[] = [];
  child.stderr.on("data", (text) => errors.push(String(text)));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => said.push(line));
  const exit = once(child, "close").then(() => errors.join(""));
  return {
    process: child,
    said,
    running: Promise.race([once(lines, "line"), exit]),
    exit,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

/** One input file: its lines name it. */
function input(name: string, random: () => number): string {
  const lines = Array.from({ length: 200 + Math.floor(random() * 2_000) }, (_, i) => `${name} ${i}`);
  return `${lines.join("\n")}\n`;
}

/** Kills the job again and again while files arrive; then lets it finish, and compares. */
async function killAndFollow(place: Place, most: number): Promise<string> {
  const random = randomFrom(SEED);
  const inputs = new Map<string, string>();
  const visible = new Map<string, string>();
  await place.clear();
  const put = async () => {
    // Not in the order of their names.
    const name = `${Math.floor(random() * 1e9)}`.padStart(9, "0");
    inputs.set(name, input(name, random));
    await place.put(`in/${name}`, inputs.get(name) as string);
  };
  for (let kills = 0; kills < most; kills++) {
    await put();
    await using child = start(place);
    await child.running;
    const before = random() * 120;
    await pause(before);
    await put();
    await pause(random() * 120);
    assert.equal(child.process.exitCode, null, await (child.process.exitCode === null ? "" : child.exit));
    child.process.kill("SIGKILL");
    await child.exit;
    assertKept(visible, await place.files(), `seed ${SEED}, ${kills} kills`);
  }
  await using child = start(place);
  // Before that SIGTERM ends it as any process: everything may be published already.
  await child.running;
  const deadline = performance.now() + LIMIT_MS;
  while (missing(inputs, await place.files("out")).length > 0) {
    const what = `seed ${SEED}: ${missing(inputs, await place.files("out"))} never came`;
    if (child.process.exitCode !== null) assert.fail(`${what}: ${await child.exit}`);
    assert.ok(performance.now() < deadline, what);
    await pause(20);
  }
  child.process.kill("SIGTERM");
  const errors = await child.exit;
  assert.deepEqual(child.said, ["running", "stopped"], errors);
  const files = await place.files();
  assertKept(visible, files, `seed ${SEED}, at the end`);
  assertExact(inputs, files);
  return `seed ${SEED}: ${most} kills, ${inputs.size} files, ${visible.size} published, 0 differences`;
}

const isPart = (name: string) => name.startsWith("out/part-");

/** What was visible once stays as it was. */
function assertKept(visible: Map<string, string>, files: Record<string, string>, what: string): void {
  for (const [name, text] of visible) assert.ok(files[name] === text, `${name} was changed, ${what}`);
  for (const [name, text] of Object.entries(files)) if (isPart(name)) visible.set(name, text);
}

/** Inputs whose last line is not published yet. */
function missing(inputs: Map<string, string>, files: Record<string, string>): string[] {
  const text = Object.entries(files)
    .flatMap(([name, content]) => (isPart(name) ? [content] : []))
    .join("");
  return [...inputs].flatMap(([name, lines]) =>
    text.includes(`${lines.trimEnd().split("\n").at(-1)}\n`) ? [] : [name],
  );
}

/** Each file was read once, by one writer, whose parts in the order of their names hold its lines as they stood. */
function assertExact(inputs: Map<string, string>, files: Record<string, string>): void {
  const names = Object.keys(files).filter((name) => !name.startsWith("in/") && !name.startsWith("state/"));
  for (const name of names) assert.match(name, /^out\/part-[12]-\d{10}$/);
  const left = new Map(inputs);
  for (const writer of [1, 2]) {
    const parts = names.filter((name) => name.startsWith(`out/part-${writer}-`)).sort();
    let text = parts.map((name) => files[name]).join("");
    while (text !== "") {
      const name = text.slice(0, text.indexOf(" "));
      const expected = left.get(name);
      const what = `seed ${SEED}, writer ${writer}, input ${name}`;
      assert.ok(expected !== undefined, `doubled or torn: ${what}`);
      assert.ok(text.startsWith(expected), `differs: ${what}`);
      left.delete(name);
      text = text.slice(expected.length);
    }
  }
  assert.deepEqual([...left.keys()], [], `lost, seed ${SEED}`);
}

for (const [name, open, most] of [
  ["local files", localPlace, KILLS.file],
  ["OSS", () => ossPlace(), KILLS.oss],
  ["OSS with faults", () => ossPlace(SEED), KILLS.faulty],
] as const) {
  test(`${name}: a continuous job, killed by SIGKILL while files arrive, publishes each line once`, async (t) => {
    await using place = await open();
    t.diagnostic(await killAndFollow(place, most));
  });
}
