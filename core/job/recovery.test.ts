import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { CrashingFileSystem } from "../../test/support/crashing-file-system.ts";
import { type LocalJob, localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { FileSystem } from "../fs/contract.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import { ownerId } from "../state/checkpoint-storage.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { CheckpointingOptions, ExecuteOptions, JobResult } from "./job.ts";

/** Every step with PLUGFS_SOAK=1. */
const STRIDE = process.env.PLUGFS_SOAK === "1" ? 1 : 9;

const LINES = Array.from({ length: 3_000 }, (_, i) => `line ${i} ${"x".repeat(i % 40)}`);

interface Setting {
  readonly folder: string;
  readonly fileSystem?: FileSystem;
  readonly options?: ExecuteOptions;
  readonly checkpointing?: CheckpointingOptions;
  /** Called for every 100th line. */
  readonly onLine?: (line: string) => unknown;
}

/** The job of these tests: one input, a folder of two files that replaces a wider one, and a file. */
async function execute(setting: Setting): Promise<JobResult & Pick<LocalJob, "warnings">> {
  const { folder, fileSystem, options, checkpointing, onLine } = setting;
  const { graph, warnings } = localJob({}, fileSystem);
  graph.setStateBackend(new FsStateBackend(`file://${folder}/state`)).enableCheckpointing(1, checkpointing);
  const lines = graph.readTextFile(join(folder, "in"), { splitSize: 20_000 }).flatMap(async (line) => {
    const number = Number(line.split(" ")[1]);
    if (number % 100 === 0) {
      await onLine?.(line);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return number % 7 === 0 ? [] : [line, `${line}!`];
  });
  lines.writeAsText(join(folder, "wide"), { parallelism: 2, writeMode: "OVERWRITE" });
  lines.filter((line) => line.endsWith("!")).writeAsText(join(folder, "marked"));
  const result = await graph.execute("recovering", options);
  return { ...result, warnings };
}

async function prepare(folder: string): Promise<void> {
  await writeFile(join(folder, "in"), `${LINES.join("\n")}\n`);
  await mkdir(join(folder, "wide"), { recursive: true });
  for (const part of ["1", "2", "3"]) await writeFile(join(folder, "wide", part), "old\n");
}

/** Every file of a folder but the state, with its content. */
async function outputOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.startsWith(join(folder, "state"))) {
      files[path.slice(folder.length + 1)] = await readFile(path, "utf8");
    }
  }
  return files;
}

const restoring = { restore: "latest" };

async function undisturbed(): Promise<{ output: Record<string, string>; result: JobResult }> {
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  const result = await execute({ folder: folder.path });
  return { output: await outputOf(folder.path), result };
}

async function assertComplete(folder: string, expected: Record<string, string>, what: string): Promise<void> {
  assert.deepEqual(Object.keys(await outputOf(folder)).sort(), Object.keys(expected).sort(), what);
  assert.deepEqual(await outputOf(folder), expected, what);
  assert.deepEqual(await readdir(join(folder, "state", ownerId("recovering"))), ["completed"], what);
}

test("killed at any step and restored, a job ends with the output of an undisturbed run", async () => {
  const { output, result: whole } = await undisturbed();
  assert.deepEqual(Object.keys(output).sort(), ["in", "marked", "wide/1", "wide/2"]);
  await using folder = await temporaryFolder();
  let kills = 0;
  for (const when of ["before", "after"] as const) {
    for (let step = when === "before" ? 1 : 3; ; step += STRIDE) {
      await rm(folder.path, { recursive: true });
      await mkdir(folder.path);
      await prepare(folder.path);
      const fileSystem = new CrashingFileSystem(step, when);
      await execute({ folder: folder.path, fileSystem, checkpointing: { minPause: 2 } }).catch((error) => {
        if (!fileSystem.isDead) throw error;
      });
      if (!fileSystem.isDead) break;
      kills++;
      const what = `killed ${when} step ${step}: ${fileSystem.log.at(-1)}`;
      const marked = (await outputOf(folder.path)).marked;
      assert.ok(marked === undefined || marked === output.marked, `torn output, ${what}`);
      const result = await execute({ folder: folder.path, options: restoring });
      await assertComplete(folder.path, output, what);
      assert.equal(result.linesRead, whole.linesRead, what);
      assert.deepEqual(
        result.sinks.map(({ lines, bytes }) => [lines, bytes]),
        whole.sinks.map(({ lines, bytes }) => [lines, bytes]),
        what,
      );
    }
  }
  assert.ok(kills > 80 / STRIDE, `${kills}`);
});

test("killed again and again, also while it is being restored", async () => {
  const { output } = await undisturbed();
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  let kills = 0;
  for (let step = 5; ; step += 7) {
    const fileSystem = new CrashingFileSystem(step, step % 2 === 0 ? "before" : "after");
    const run = execute({
      folder: folder.path,
      fileSystem,
      options: restoring,
      checkpointing: { minPause: 2 },
    });
    await run.catch((error) => {
      if (!fileSystem.isDead) throw error;
    });
    if (!fileSystem.isDead) break;
    kills++;
  }
  assert.ok(kills > 2, `${kills}`);
  await assertComplete(folder.path, output, `${kills} kills`);
});

test("an abort takes a last checkpoint; the restored job reads no line again", async () => {
  const { output } = await undisturbed();
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  const abort = new AbortController();
  const seen: string[] = [];
  const stop = (line: string) => {
    seen.push(line);
    if (line === LINES[1_500]) abort.abort(new Error("enough"));
  };
  const options = { signal: abort.signal };
  await assert.rejects(execute({ folder: folder.path, options, onLine: stop }), /enough/);
  const result = await execute({
    folder: folder.path,
    options: restoring,
    onLine: (line) => seen.push(line),
  });
  assert.match(result.restoredFrom ?? "", /chk-\d+$/);
  assert.deepEqual(
    seen,
    LINES.filter((_, i) => i % 100 === 0),
  );
  await assertComplete(folder.path, output, "aborted");
});

test("a job that has come to its end does nothing when it is restored, and says so", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  const first = await execute({ folder: folder.path });
  await writeFile(join(folder.path, "marked"), "changed since\n");
  const again = await execute({ folder: folder.path, options: restoring });
  assert.equal(again.alreadyCompleted, true);
  assert.deepEqual(again.sinks, first.sinks);
  assert.match(again.warnings.join(), /was completed at 20\d\d-.*nothing is done/);
  assert.equal(await readFile(join(folder.path, "marked"), "utf8"), "changed since\n");
  await rm(join(folder.path, "marked"));
  const fresh = await execute({ folder: folder.path });
  assert.equal(fresh.alreadyCompleted, undefined);
  assert.deepEqual(fresh.sinks, first.sinks);
});

test("restore latest with nothing to restore begins at the beginning", async () => {
  const { output } = await undisturbed();
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  const result = await execute({ folder: folder.path, options: restoring });
  assert.equal(result.restoredFrom, undefined);
  await assertComplete(folder.path, output, "fresh");
});

test("a run without restore forgets what a failed one has left", async () => {
  const { output } = await undisturbed();
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  await stopAt(folder.path, 2_000);
  assert.ok(Object.keys(await outputOf(folder.path)).some((name) => name.includes("inprogress")));
  await execute({ folder: folder.path });
  await assertComplete(folder.path, output, "begun anew");
});

test("a second instance takes over; the first ends, publishes nothing and deletes nothing", async () => {
  const { output } = await undisturbed();
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  let second: Promise<JobResult> | undefined;
  const first = execute({
    folder: folder.path,
    onLine: (line) => {
      if (line === LINES[1_000]) second = execute({ folder: folder.path, options: restoring });
    },
  });
  await assert.rejects(first, { code: "ERR_JOB_FENCED", message: /job "recovering": another instance/ });
  await second;
  await assertComplete(folder.path, output, "taken over");
});

test("whatever fails in an instance that was taken over is told as that, and deletes nothing", async () => {
  const { output } = await undisturbed();
  for (const retain of ["none", "on-failure"] as const) {
    await using folder = await temporaryFolder();
    await prepare(folder.path);
    const abort = new AbortController();
    const broken = new Error("broken");
    const first = (end: () => void) =>
      execute({
        folder: folder.path,
        options: { signal: abort.signal },
        checkpointing: { retain },
        onLine: async (line) => {
          if (line !== LINES[1_000]) return;
          await execute({ folder: folder.path, options: restoring });
          end();
        },
      });
    const fail = () => {
      throw broken;
    };
    await assert.rejects(first(fail), { code: "ERR_JOB_FENCED" }, retain);
    await assertComplete(folder.path, output, `failed, ${retain}`);
    await rm(join(folder.path, "marked"));
    const aborting = first(() => abort.abort(broken));
    // Its own last checkpoint may have told it before.
    await assert.rejects(aborting, (error: { code?: string }) => {
      return error === broken || error.code === "ERR_JOB_FENCED";
    });
    await assertComplete(folder.path, output, `aborted, ${retain}`);
  }
});

test("a checkpoint of another program, another job or a newer version is refused; nothing is touched", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  await stopAt(folder.path, 1_000);
  const before = await outputOf(folder.path);
  const { graph } = localJob();
  graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`)).enableCheckpointing(100);
  const declare = () => graph.readTextFile(join(folder.path, "in")).writeAsText(join(folder.path, "other"));
  declare();
  await assert.rejects(graph.execute("recovering", restoring), {
    code: "ERR_JOB_CHECKPOINT",
    message: /it had the source readTextFile .*"splitSize":20000.*, and has the source readTextFile .*\{\}/,
  });
  declare();
  const pointer = (await (await graph.stateStorage("recovering")).latest())?.pointer as string;
  await assert.rejects(graph.execute("another", { restore: pointer }), {
    code: "ERR_JOB_CHECKPOINT",
    message: /it is of another job/,
  });
  declare();
  await assert.rejects(graph.execute("recovering", { restore: `file://${folder.path}/none` }), {
    code: "ERR_JOB_CHECKPOINT",
    message: /nothing is there/,
  });
  assert.deepEqual(await outputOf(folder.path), before);
  await execute({ folder: folder.path, options: { restore: pointer } });
});

test("a checkpoint whose job state has another version is refused, naming both", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  const { graph } = localJob();
  const storage = await graph.stateStorage("recovering", new FsStateBackend(`file://${folder.path}/state`));
  for (const version of [1, 3]) {
    await using checkpoint = await storage.begin();
    await checkpoint.write("job", Buffer.from(JSON.stringify({ version, phase: "running" })));
    await checkpoint.complete();
    await assert.rejects(execute({ folder: folder.path, options: restoring }), {
      code: "ERR_JOB_CHECKPOINT",
      message: new RegExp(`its state has version ${version}, this plugfs reads 2`),
    });
  }
});

test("a compressed input goes on in its middle, and is read from its start for that", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await writeFile(join(path, "in.gz"), gzipSync(`${LINES.join("\n")}\n`));
  const run = (signal: AbortSignal | undefined, onLine: (line: string) => void) => {
    const { graph } = localJob();
    graph.setStateBackend(new FsStateBackend(`file://${path}/state`)).enableCheckpointing(60_000);
    const lines = graph.readTextFile(join(path, "in.gz")).map((line) => {
      onLine(line);
      return line;
    });
    lines.writeAsText(join(path, "out"));
    return graph.execute("compressed", { ...restoring, ...(signal && { signal }) });
  };
  const abort = new AbortController();
  const seen: string[] = [];
  const first = run(abort.signal, (line) => {
    seen.push(line);
    if (line === LINES[700]) abort.abort(new Error("enough"));
  });
  await assert.rejects(first, /enough/);
  assert.ok(seen.length < LINES.length);
  await run(undefined, (line) => seen.push(line));
  assert.deepEqual(seen, LINES);
  assert.equal(await readFile(join(path, "out"), "utf8"), `${LINES.join("\n")}\n`);
});

test("an input that has changed since the checkpoint is refused", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  await stopAt(folder.path, 1_000);
  await writeFile(join(folder.path, "in"), `${LINES.join("\n")}\nmore\n`);
  await assert.rejects(execute({ folder: folder.path, options: restoring }), {
    code: "ERR_JOB_CHECKPOINT",
    message: /the input is not the one of the checkpoint: split \d/,
  });
});

test("a staged file that is gone fails the restore, naming it", async () => {
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  await stopAt(folder.path, 1_000);
  for (const name of Object.keys(await outputOf(folder.path))) {
    if (name.startsWith(".marked")) await rm(join(folder.path, name));
  }
  await assert.rejects(execute({ folder: folder.path, options: restoring }), {
    code: "ERR_JOB_OUTPUT",
    message: /marked cannot be continued: ENOENT/,
  });
});

test("publishing that stops halfway says what is published; a restored run publishes the rest", async () => {
  const { output } = await undisturbed();
  await using folder = await temporaryFolder();
  await prepare(folder.path);
  class InTheWay extends LocalFileSystem {
    override async createRecoverableWriter() {
      const writer = await super.createRecoverableWriter();
      const { open } = writer;
      writer.open = async (target, options) => {
        const stream = await open.call(writer, target, options);
        if (target.name !== "marked") return stream;
        const { closeForCommit } = stream;
        stream.closeForCommit = async () => {
          const committer = await closeForCommit.call(stream);
          committer.commit = () => Promise.reject(new Error("not now"));
          return committer;
        };
        return stream;
      };
      return writer;
    }
  }
  await assert.rejects(execute({ folder: folder.path, fileSystem: new InTheWay() }), {
    code: "ERR_JOB_OUTPUT",
    message:
      /marked cannot be published: not now; published: .*wide\/1, .*wide\/2; not published: .*marked.*restore/,
  });
  await execute({ folder: folder.path, options: restoring });
  await assertComplete(folder.path, output, "published the rest");
});

test("a source of the host's own goes on behind the lines that were taken", async () => {
  await using folder = await temporaryFolder();
  const run = (options: ExecuteOptions, stopAfter: number) => {
    const { graph } = localJob();
    graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`)).enableCheckpointing(60_000);
    const lines = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 100; i++) {
          if (i === stopAfter) throw new Error("the source broke");
          yield `${i}`;
          await nextTurn();
        }
      },
    };
    const abort = new AbortController();
    graph
      .fromLines(lines, { replayable: true })
      .map((line) => {
        if (line === "50" && stopAfter > 100) abort.abort(new Error("enough"));
        return line;
      })
      .writeAsText(join(folder.path, "out"));
    return graph.execute("lines", { ...options, signal: abort.signal });
  };
  await assert.rejects(run({}, 200), /enough/);
  await assert.rejects(run(restoring, 70), /the source broke/);
  const { linesRead } = await run(restoring, 100);
  assert.equal(linesRead, 100);
  const expected = Array.from({ length: 100 }, (_, i) => `${i}\n`).join("");
  assert.equal(await readFile(join(folder.path, "out"), "utf8"), expected);
});

/** Runs the job up to a line and aborts it there: staged files and a checkpoint are left. */
async function stopAt(folder: string, line: number): Promise<void> {
  const abort = new AbortController();
  const onLine = (text: string) => {
    if (text === LINES[line]) abort.abort(new Error("stopped"));
  };
  await assert.rejects(execute({ folder, options: { signal: abort.signal }, onLine }), /stopped/);
}

test("a checkpoint that an instance completes after it was taken over is never gone on from", async () => {
  const { output } = await undisturbed();
  for (const killSecond of [false, true]) {
    await using folder = await temporaryFolder();
    await prepare(folder.path);
    const late = new LateMetadata(2);
    const first = execute({ folder: folder.path, fileSystem: late, checkpointing: { retain: "on-failure" } });
    first.catch(() => {});
    await late.held;
    // The first holds its second checkpoint back; the second instance goes on from its first one, and beyond.
    const killed = new CrashingFileSystem(14, "after");
    const second = execute({
      folder: folder.path,
      options: restoring,
      ...(killSecond && { fileSystem: killed }),
    });
    if (killSecond) {
      await assert.rejects(second);
      assert.ok(killed.isDead);
      assert.ok(
        killed.log.some((entry) => entry.startsWith("recover")),
        killed.log.join(),
      );
    } else {
      await second;
    }
    late.release();
    await assert.rejects(first, { code: "ERR_JOB_FENCED" });
    const state = join(folder.path, "state", ownerId("recovering"));
    assert.ok((await readdir(state)).includes("chk-2"), "the late one is complete");
    if (killSecond) {
      const { restoredFrom } = await execute({ folder: folder.path, options: restoring });
      assert.match(restoredFrom ?? "", /chk-[34]$/);
      await assertComplete(folder.path, output, "late checkpoint");
    } else {
      assert.deepEqual(await outputOf(folder.path), output);
      const again = await execute({ folder: folder.path, options: restoring });
      assert.equal(again.alreadyCompleted, true);
      await assertComplete(folder.path, output, "late checkpoint, at the end");
    }
  }
});

/** Holds back the metadata of the n-th checkpoint until it is released. */
class LateMetadata extends LocalFileSystem {
  readonly held: Promise<void>;
  release = () => {};
  #hold = () => {};
  readonly #name: string;

  constructor(n: number) {
    super();
    this.#name = `chk-${n}/_metadata`;
    this.held = new Promise((resolve) => {
      this.#hold = resolve;
    });
  }

  override async create(...args: Parameters<LocalFileSystem["create"]>) {
    if (args[0].key.endsWith(this.#name)) {
      this.#hold();
      await new Promise<void>((resolve) => {
        this.release = resolve;
      });
    }
    return super.create(...args);
  }
}
