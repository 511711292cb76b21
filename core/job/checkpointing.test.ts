import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { FsDataOutputStream } from "../fs/contract.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import type { Path } from "../fs/path.ts";
import { ownerId } from "../state/checkpoint-storage.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { JobGraph } from "./job.ts";

interface Position {
  readonly lanes: readonly { readonly offset?: number }[];
}

/** Lines that come one at a time, and the moment at which a job has completed `count` checkpoints. */
function slowLines(graph: JobGraph, owner: string, count: number) {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<string> {
      const storage = await graph.stateStorage(owner);
      for (let i = 0; ; i++) {
        yield `${i}`;
        if (((await storage.latest())?.id ?? 0) >= count) return;
        await pause(2);
      }
    },
  };
}

test("a job takes checkpoints at its interval, and drops them when it has succeeded", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  const state = join(folder.path, "state");
  graph.setStateBackend(new FsStateBackend(`file://${state}`)).enableCheckpointing(10);
  graph
    .fromLines(slowLines(graph, "counting", 3), { replayable: true })
    .writeAsText(join(folder.path, "out"));
  const result = await graph.execute("counting");
  assert.ok(result.checkpoints.length >= 3);
  assert.deepEqual(
    result.checkpoints.map(({ id }) => id),
    result.checkpoints.map((_, i) => i + 1),
  );
  assert.equal(result.jobId, ownerId("counting"));
  assert.equal(result.checkpoints[0]?.pointer, `file://${state}/${result.jobId}/chk-1`);
  assert.equal(result.retained, undefined);
  assert.deepEqual(await readdir(join(state, result.jobId)), ["completed"]);
});

test("retain on-success keeps a last checkpoint that stands at the end of the input", async () => {
  await using folder = await temporaryFolder();
  const input = join(folder.path, "in");
  await writeFile(input, "a\nb\nc\n");
  const { graph } = localJob();
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`));
  graph.enableCheckpointing(60_000, { retain: "on-success" });
  graph.readTextFile(input).writeAsText(join(folder.path, "out"));
  const { retained, checkpoints } = await graph.execute("kept");
  const storage = await graph.stateStorage("kept");
  assert.deepEqual(
    (await storage.list()).map(({ pointer }) => pointer),
    [retained],
  );
  assert.equal(checkpoints.length, 1);
  const state = JSON.parse(String(await (await storage.latest())?.read("job")));
  assert.deepEqual([state.phase, state.linesRead, state.sources[0].ended], ["committing", 3, true]);
  assert.equal(await storage.discard(retained ?? ""), true);
  assert.deepEqual(await readdir(join(folder.path, "state", ownerId("kept"))), ["completed"]);
});

test("a checkpoint stands behind the last line that every sink has accepted", async () => {
  await using folder = await temporaryFolder();
  const input = join(folder.path, "in");
  const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}`);
  await writeFile(input, lines.join("\n"));
  const { graph } = localJob();
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`));
  graph.enableCheckpointing(1, { retain: "on-success" });
  const bytes = await readFile(input);
  let checked = 0;
  graph
    .readTextFile(input)
    .map(async (line) => {
      if (checked === 0 && Number(line.slice(5)) % 1_000 === 0) await pause(20);
      // By now there is one, behind the batches before.
      while (checked === 0 && line === "line 29000") await pause(2);
      return line;
    })
    .writeAsText(join(folder.path, "out"));
  const watch = setInterval(async () => {
    const storage = await graph.stateStorage("positions");
    const checkpoint = await storage.latest().catch(() => undefined);
    const state = checkpoint && (await checkpoint.read("job").catch(() => undefined));
    if (state === undefined) return;
    const { sources, sinks } = JSON.parse(String(state));
    const position = sources[0].position as Position | undefined;
    const offset = position?.lanes[0]?.offset;
    if (offset === undefined) return;
    const behind = bytes.subarray(0, offset).toString().split("\n");
    const last = behind.at(-1) === "" ? behind.length - 1 : behind.length;
    assert.equal(sinks[0].parts[0].lines, last);
    const staged = (await readdir(folder.path)).find((name) => name.startsWith(".out.inprogress"));
    if (staged === undefined) return;
    assert.ok((await stat(join(folder.path, staged))).size >= sinks[0].parts[0].bytes);
    checked++;
  }, 3);
  await graph.execute("positions");
  clearInterval(watch);
  assert.equal(await readFile(join(folder.path, "out"), "utf8"), `${lines.join("\n")}\n`);
});

test("when a job fails its checkpoint stays, unless nothing is to be retained", async () => {
  for (const [retain, kept] of [
    [undefined, 1],
    ["on-failure", 1],
    ["on-success", 1],
    ["none", 0],
  ] as const) {
    await using folder = await temporaryFolder();
    const { graph } = localJob();
    graph
      .setStateBackend(new FsStateBackend(`file://${folder.path}/state`))
      .enableCheckpointing(5, { retain });
    async function* failing(): AsyncGenerator<string> {
      yield* slowLines(graph, "failing", 2);
      throw new Error("the source broke");
    }
    graph.fromLines(failing(), { replayable: true }).writeAsText(join(folder.path, "out"));
    await assert.rejects(graph.execute("failing"), { code: "ERR_JOB_INPUT", message: /the source broke/ });
    assert.equal((await (await graph.stateStorage("failing")).list()).length, kept, `${retain}`);
    const staged = (await readdir(folder.path)).filter((name) => name !== "state");
    assert.deepEqual(
      staged.map((name) => /^\.out\.inprogress/.test(name)),
      Array(kept).fill(true),
    );
  }
});

test("Flink's key says what is retained when the program does not", async () => {
  for (const [value, onAbort] of [
    ["NO_EXTERNALIZED_CHECKPOINTS", 0],
    ["DELETE_ON_CANCELLATION", 0],
    ["RETAIN_ON_CANCELLATION", 1],
  ] as const) {
    await using folder = await temporaryFolder();
    const { graph } = localJob({
      "execution.checkpointing.interval": "5 ms",
      "state.checkpoints.dir": `file://${folder.path}/state`,
      "execution.checkpointing.externalized-checkpoint-retention": value,
    });
    const abort = new AbortController();
    async function* lines(): AsyncGenerator<string> {
      yield* slowLines(graph, "job", 1);
      abort.abort(new Error("enough"));
      yield "more";
    }
    graph.fromLines(lines(), { replayable: true }).writeAsText(join(folder.path, "out"));
    await assert.rejects(graph.execute("job", { signal: abort.signal }), /enough/);
    assert.equal((await (await graph.stateStorage("job")).list()).length, onAbort, value);
  }
});

test("a checkpoint that cannot be written fails the job, and nothing is published", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "state"), "in the way");
  const { graph } = localJob();
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state/here`)).enableCheckpointing(1);
  async function* endless(): AsyncGenerator<string> {
    for (let i = 0; ; i++) {
      yield `${i}`;
      await pause(1);
    }
  }
  graph.fromLines(endless(), { replayable: true }).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j"), {
    code: "ERR_JOB_CHECKPOINT",
    message: /job "j": the checkpoints in .* cannot be used: ENOTDIR/,
  });
  assert.deepEqual(await readdir(folder.path), ["state"]);
});

test("a checkpoint that hangs fails the job after its timeout", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob({}, new HangingFileSystem());
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`));
  graph.enableCheckpointing(1, { timeout: 20 });
  async function* endless(): AsyncGenerator<string> {
    yield "a";
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  }
  graph.fromLines(endless(), { replayable: true }).writeAsText(join(folder.path, "out"));
  const alive = setInterval(() => {}, 1_000);
  await assert.rejects(graph.execute("j"), { code: "ERR_JOB_CHECKPOINT", message: /longer than 20 ms/ });
  clearInterval(alive);
  assert.deepEqual(await readdir(folder.path), ["state"]);
  assert.deepEqual(await readdir(join(folder.path, "state")), []);
});

test("checkpoints need a backend and a name, and a source that can be read again", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  const lines = graph.fromLines(["a"]);
  lines.writeAsText(join(folder.path, "out"));
  graph.enableCheckpointing(100);
  await assert.rejects(graph.execute("j"), { code: "ERR_JOB_NO_STATE_BACKEND" });
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`));
  await assert.rejects(graph.execute(), { code: "ERR_JOB_NAME_REQUIRED" });
  await assert.rejects(graph.execute("j"), { code: "ERR_JOB_INPUT", message: /replayable/ });
  assert.throws(() => graph.enableCheckpointing(0), { code: "ERR_JOB_CHECKPOINT" });
  assert.throws(() => graph.enableCheckpointing(5, { retain: "always" as never }), {
    code: "ERR_JOB_CHECKPOINT",
  });
});

test("a backend without an interval takes no checkpoints, and settings are those of the call", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`));
  graph.fromLines(["a"]).writeAsText(join(folder.path, "out"));
  const running = graph.execute();
  graph.enableCheckpointing(1, { retain: "on-success" });
  assert.deepEqual((await running).checkpoints, []);
  assert.deepEqual(await readdir(folder.path), ["out"]);
});

/** Never makes a file in a checkpoint directory, but listens to its signal. */
class HangingFileSystem extends LocalFileSystem {
  override create(path: Path, options?: { signal?: AbortSignal }): Promise<FsDataOutputStream> {
    if (!path.key.includes("/chk-")) return super.create(path, options);
    return new Promise((_, reject) => {
      options?.signal?.addEventListener("abort", () => reject(options.signal?.reason), { once: true });
    });
  }
}

test("keys of Flink that mean nothing here are warned about once", async () => {
  await using folder = await temporaryFolder();
  const { graph, warnings } = localJob({
    "state.checkpoints.dir": `file://${folder.path}/state`,
    "execution.checkpointing.interval": "1 min",
    "execution.checkpointing.mode": "AT_LEAST_ONCE",
    "execution.checkpointing.file-merging.enabled": "true",
  });
  for (const name of ["a", "b"]) {
    graph.fromLines(["a"], { replayable: true }).writeAsText(join(folder.path, name));
    await graph.execute(name);
  }
  assert.deepEqual(warnings, [
    "execution.checkpointing.file-merging.enabled has no effect: a checkpoint has few files",
    "execution.checkpointing.mode has no effect: a restored job writes each line exactly once",
  ]);
});
