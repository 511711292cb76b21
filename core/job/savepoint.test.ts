import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { ownerId } from "../state/checkpoint-storage.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { ExecuteOptions, JobExecution, JobResult } from "./job.ts";

const LINES = Array.from({ length: 3_000 }, (_, i) => `line ${i}`);
const TEXT = `${LINES.join("\n")}\n`;

/** Copies `in` to `out`; `onLine` is awaited for the line 1500. */
async function execute(
  folder: string,
  options: ExecuteOptions = {},
  onLine: (execution: JobExecution) => unknown = () => {},
): Promise<JobResult> {
  const { graph } = localJob();
  const backend = new FsStateBackend(`file://${folder}/state`, { savepoints: `file://${folder}/savepoints` });
  graph.setStateBackend(backend).enableCheckpointing(60_000);
  let execution: JobExecution | undefined;
  const onStart = (started: JobExecution) => {
    execution = started;
  };
  graph
    .readTextFile(join(folder, "in"), { splitSize: 1_000 })
    .map(async (line) => {
      if (line === LINES[1_500]) await onLine(execution as JobExecution);
      return line;
    })
    .writeAsText(join(folder, "out"));
  return graph.execute("saved", { onStart, ...options });
}

const savepoint = /\/savepoints\/savepoint-[0-9a-f]{6}-[0-9a-f]{12}$/;

test("a savepoint of a running job lies where the backend says; the job goes on, and discard takes it away", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await writeFile(join(path, "in"), TEXT);
  let pointer: Promise<string> | undefined;
  const broken = execute(path, {}, async (execution) => {
    pointer = execution.savepoint();
  });
  assert.equal((await broken).stopped, undefined);
  assert.match((await pointer) ?? "", savepoint);
  assert.equal(await readFile(join(path, "out"), "utf8"), TEXT);
  const { graph } = localJob();
  graph.setStateBackend(new FsStateBackend(`file://${path}/state`));
  const storage = await graph.stateStorage("saved");
  const taken = await storage.open((await pointer) as string);
  const state = JSON.parse(String(await taken.read("job")));
  assert.deepEqual([taken.owner, state.phase], [ownerId("saved"), "running"]);
  assert.ok(state.linesRead > 1_500 && state.linesRead < 3_000, `${state.linesRead}`);
  assert.equal(await storage.discard((await pointer) as string), true);
  assert.deepEqual(await readdir(join(path, "savepoints")), []);
});

test("a job that fails behind a savepoint goes on from it, and from no later checkpoint", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const run = (options: ExecuteOptions, breaks: boolean) => {
    const { graph } = localJob();
    const backend = new FsStateBackend(`file://${path}/state`, { savepoints: `file://${path}/savepoints` });
    graph.setStateBackend(backend).enableCheckpointing(3);
    let execution: JobExecution | undefined;
    let pointer = "";
    const seen: string[] = [];
    const lines = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 60; i++) {
          if (i === 20 && breaks) pointer = (await execution?.savepoint()) ?? "";
          if (i === 40 && breaks) throw new Error("broken");
          yield `${i}`;
          if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        }
      },
    };
    graph
      .fromLines(lines, { replayable: true })
      .map((line) => {
        seen.push(line);
        return line;
      })
      .writeAsText(join(path, "out"));
    const onStart = (started: JobExecution) => {
      execution = started;
    };
    return { done: graph.execute("saved", { onStart, ...options }), seen, pointer: () => pointer };
  };
  const broken = run({}, true);
  await assert.rejects(broken.done, { code: "ERR_JOB_INPUT", message: /broken/ });
  const restored = run({ restore: broken.pointer() }, false);
  const { linesRead, restoredFrom } = await restored.done;
  assert.deepEqual([linesRead, restored.seen[0], restored.seen.length], [60, "20", 40]);
  assert.match(restoredFrom ?? "", savepoint);
  assert.equal(
    await readFile(join(path, "out"), "utf8"),
    Array.from({ length: 60 }, (_, i) => `${i}\n`).join(""),
  );
});

test("stopped with a savepoint a job resolves, keeps what is staged, and goes on from either", async () => {
  for (const restore of ["latest", "pointer"]) {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await writeFile(join(path, "in"), TEXT);
    let pointer: Promise<string> | undefined;
    const stopped = await execute(path, {}, (execution) => {
      pointer = execution.savepoint({ target: `file://${path}/elsewhere`, stop: true });
    });
    assert.equal(stopped.stopped, true);
    assert.equal(stopped.savepoint, await pointer);
    assert.match(stopped.savepoint ?? "", /\/elsewhere\/savepoint-/);
    assert.ok(stopped.linesRead > 1_500 && stopped.linesRead < 3_000, `${stopped.linesRead}`);
    assert.deepEqual([stopped.sinks[0]?.lines, stopped.sinks[0]?.files], [stopped.linesRead, []]);
    const from = restore === "latest" ? restore : (stopped.savepoint as string);
    const result = await execute(path, { restore: from });
    assert.equal(result.linesRead, LINES.length);
    assert.equal(await readFile(join(path, "out"), "utf8"), TEXT);
    assert.deepEqual(await readdir(join(path, "state", ownerId("saved"))), ["completed"]);
    assert.equal((await readdir(join(path, "elsewhere"))).length, 1);
  }
});

test("a savepoint that cannot be written is told, and does not fail the job", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await writeFile(join(path, "in"), TEXT);
  await writeFile(join(path, "file"), "in the way");
  let failed: Promise<unknown> | undefined;
  await execute(path, {}, (execution) => {
    failed = assert.rejects(execution.savepoint({ target: `file://${path}/file/here` }), /ENOTDIR/);
  });
  await failed;
  assert.equal(await readFile(join(path, "out"), "utf8"), TEXT);
});

test("a savepoint is refused without checkpoints, without a place, and past the reading; the job goes on", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  const { graph } = localJob();
  const asked: Promise<unknown>[] = [];
  let kept: JobExecution | undefined;
  const run = (name: string) => {
    graph.fromLines(["a"], { replayable: true }).writeAsText(out, { writeMode: "OVERWRITE" });
    return graph.execute(name, {
      onStart: (execution) => {
        kept = execution;
        const stopping = execution.savepoint({ stop: true });
        stopping.catch(() => {});
        asked.push(stopping);
      },
    });
  };
  await run("plain");
  await assert.rejects(asked[0] as Promise<unknown>, {
    code: "ERR_JOB_CHECKPOINT",
    message: /without checkpoints/,
  });
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`)).enableCheckpointing(60_000);
  await run("no place");
  await assert.rejects(asked[1] as Promise<unknown>, { code: "ERR_JOB_STATE_PATH" });
  const late = (kept as JobExecution).savepoint({ target: `file://${folder.path}/late` });
  await assert.rejects(late, { code: "ERR_JOB_CHECKPOINT", message: /at its end/ });
  assert.deepEqual((await readdir(folder.path)).sort(), ["out", "state"]);
});
