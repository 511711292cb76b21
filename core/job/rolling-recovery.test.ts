import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { CrashingFileSystem } from "../../test/support/crashing-file-system.ts";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { FileSystem } from "../fs/contract.ts";
import { ownerId } from "../state/checkpoint-storage.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { JobResult } from "./job.ts";

/** Every step with PLUGFS_SOAK=1. */
const STRIDE = process.env.PLUGFS_SOAK === "1" ? 1 : 13;

const FILES = Array.from({ length: 4 }, (_, i) => {
  return Array.from({ length: 300 }, (_, j) => `${i} ${j} ${"x".repeat(j % 50)}\n`).join("");
});
const TEXT = FILES.join("");
const LAST = "3 299 ";

async function prepare(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "in"), { recursive: true });
  for (const [i, text] of FILES.entries()) await writeFile(join(folder, "in", `${i}`), text);
}

async function published(folder: string): Promise<string> {
  const names = (await readdir(join(folder, "out")).catch(() => [])).filter((name) => !name.startsWith("."));
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, "out", name), "utf8")));
  return texts.join("");
}

/** Follows the input; stops behind the last line, or runs to the end of an input that has one. */
function execute(folder: string, continuous: boolean, fileSystem?: FileSystem): Promise<JobResult> {
  const { graph } = localJob({}, fileSystem);
  graph.setStateBackend(new FsStateBackend(`file://${folder}/state`)).enableCheckpointing(1, { minPause: 2 });
  const abort = new AbortController();
  const input = graph.readTextFile(join(folder, "in"), continuous ? { continuous: { interval: 1 } } : {});
  const lines = input.map(async (line) => {
    if (line.split(" ")[1]?.endsWith("00")) await new Promise((resolve) => setTimeout(resolve, 1));
    return line;
  });
  lines.writeAsText(join(folder, "out"), { rolling: { size: 4_000, interval: 3 } });
  // What it stops on is there in every run: the restored ones too read on to the end, or find it published.
  const watch = setInterval(async () => {
    if ((await published(folder)).includes(LAST)) abort.abort(new Error("enough"));
  }, 3);
  return graph
    .execute("rolling", { restore: "latest", ...(continuous && { signal: abort.signal }) })
    .finally(() => clearInterval(watch));
}

for (const continuous of [false, true]) {
  test(`killed at any step and restored, ${continuous ? "a continuous" : "a bounded"} job publishes each line once`, async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    let kills = 0;
    for (const when of ["before", "after"] as const) {
      for (let step = when === "before" ? 1 : 4; ; step += STRIDE) {
        await prepare(path);
        const fileSystem = new CrashingFileSystem(step, when);
        await execute(path, continuous, fileSystem).catch((error) => {
          if (!fileSystem.isDead) throw error;
        });
        if (!fileSystem.isDead) break;
        kills++;
        const what = `killed ${when} step ${step}: ${fileSystem.log.at(-1)}`;
        assert.ok(TEXT.startsWith(await published(path)), `torn or doubled, ${what}`);
        await execute(path, continuous).catch((cause) => assert.fail(new Error(what, { cause })));
        assert.ok((await published(path)) === TEXT, what);
        for (const name of await readdir(join(path, "out"))) assert.match(name, /^part-1-\d{10}$/, what);
        const state = await readdir(join(path, "state", ownerId("rolling")));
        assert.match(state.sort().join(), continuous ? /^chk-\d+,published$/ : /^completed$/, what);
      }
    }
    assert.ok(kills > 60 / STRIDE, `${kills}`);
  });
}
