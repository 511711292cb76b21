import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { FileSystemError } from "../errors/errors.ts";
import type { FileSystem } from "../fs/contract.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import { ownerId } from "../state/checkpoint-storage.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { ReadTextOptions } from "../text/splits.ts";
import type { RollingOptions } from "../text/text-stream.ts";
import type { ExecuteOptions, JobExecution, JobResult } from "./job.ts";

interface Setting {
  readonly folder: string;
  readonly fileSystem?: FileSystem;
  readonly options?: ExecuteOptions;
  readonly read?: ReadTextOptions;
  readonly rolling?: RollingOptions;
  readonly parallelism?: number;
  readonly onLine?: (line: string) => unknown;
}

/** Follows `in`, writes `out`. */
function execute(setting: Setting): Promise<JobResult> {
  const { folder, fileSystem, options, read, rolling = { interval: 0 }, parallelism = 1, onLine } = setting;
  const { graph } = localJob({}, fileSystem);
  graph.setStateBackend(new FsStateBackend(`file://${folder}/state`)).enableCheckpointing(5);
  graph
    .readTextFile(join(folder, "in"), { continuous: { interval: 2 }, recursive: true, ...read })
    .map(async (line) => {
      await onLine?.(line);
      return line;
    })
    .writeAsText(join(folder, "out"), { rolling, parallelism });
  return graph.execute("following", { restore: "latest", ...options });
}

/** A file appears whole. */
async function put(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, "in", name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(join(path, "..", ".new"), text);
  await rename(join(path, "..", ".new"), path);
}

/** What is published, in the order of its names; the folder holds nothing else once `settled`. */
async function published(folder: string): Promise<string> {
  const names = (await readdir(join(folder, "out")).catch(() => [])).filter((name) => !name.startsWith("."));
  for (const name of names) assert.match(name, /^part-\d+-\d{10}$/);
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, "out", name), "utf8")));
  for (const text of texts) assert.match(text, /\n$/);
  return texts.join("");
}

async function assertNothingStaged(folder: string): Promise<void> {
  for (const name of await readdir(join(folder, "out"))) assert.match(name, /^part-\d+-\d{10}$/);
}

/** Runs the job until `until` resolves. */
async function runUntil(setting: Setting, until: () => Promise<unknown>): Promise<JobResult> {
  const abort = new AbortController();
  const running = execute({ ...setting, options: { ...setting.options, signal: abort.signal } });
  await Promise.race([running, until()]);
  abort.abort(new Error("enough"));
  return running;
}

async function untilPublished(folder: string, text: string): Promise<void> {
  while (!(await published(folder)).includes(text)) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("files are read as they appear, and published with checkpoints while the job runs", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a1\na2\n");
  const result = await runUntil({ folder: path }, async () => {
    await untilPublished(path, "a2\n");
    await put(path, "nested/b", "b1\n");
    await untilPublished(path, "b1\n");
    await put(path, "_hidden", "never\n");
    await put(path, "0", "late\n");
    await untilPublished(path, "late\n");
  });
  assert.equal(await published(path), "a1\na2\nb1\nlate\n");
  await assertNothingStaged(path);
  assert.equal(result.stopped, true);
  assert.equal(result.linesRead, 4);
  const [sink] = result.sinks;
  assert.deepEqual([sink?.lines, sink?.bytes, sink?.fileCount], [4, 14, 3]);
  assert.match(result.retained ?? "", /chk-\d+$/);
});

test("a stopped job goes on: nothing is missed, nothing is read twice, another version is", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a\n");
  await put(path, "b", "b\n");
  await runUntil({ folder: path }, () => untilPublished(path, "b\n"));
  await put(path, "b", "b again\n");
  await put(path, "A", "while it was away\n");
  const second = await runUntil({ folder: path }, () => untilPublished(path, "b again\n"));
  assert.equal(await published(path), "a\nb\nwhile it was away\nb again\n");
  assert.equal(second.linesRead, 4);
  assert.match(second.restoredFrom ?? "", /chk-\d+$/);
  const idle = await runUntil({ folder: path }, async () => {});
  assert.deepEqual([idle.linesRead, idle.sinks[0]?.fileCount], [4, second.sinks[0]?.fileCount]);
});

test("stopping publishes what was read, in the middle of a file too; the rest follows", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}\n`);
  await put(path, "in", lines.join(""));
  const abort = new AbortController();
  const onLine = (line: string) => {
    if (line === "line 777") abort.abort(new Error("enough"));
  };
  const rolling = { interval: Number.POSITIVE_INFINITY };
  const first = await execute({ folder: path, onLine, rolling, options: { signal: abort.signal } });
  const before = await published(path);
  assert.ok(first.linesRead > 777 && first.linesRead < 5_000, `${first.linesRead}`);
  assert.equal(before, lines.slice(0, first.linesRead).join(""));
  await runUntil({ folder: path }, () => untilPublished(path, "line 4999\n"));
  assert.equal(await published(path), lines.join(""));
});

test("published files may be taken away before the job goes on", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a\n");
  await runUntil({ folder: path }, () => untilPublished(path, "a\n"));
  for (const name of await readdir(join(path, "out"))) await rm(join(path, "out", name));
  await put(path, "b", "b\n");
  await runUntil({ folder: path }, () => untilPublished(path, "b\n"));
  assert.deepEqual(await readdir(join(path, "out")), ["part-1-0000000002"]);
});

test("size closes files between checkpoints; writers keep the order of their splits", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const texts = Array.from({ length: 8 }, (_, i) => {
    return Array.from({ length: 2_000 }, (_, j) => `${i} ${j}\n`).join("");
  });
  await mkdir(join(path, "in"));
  for (const [i, text] of texts.entries()) await put(path, `${i}`, text);
  const last = "7 1999\n";
  const rolling = { size: 5_000, interval: 0 };
  const { sinks } = await runUntil({ folder: path, rolling, parallelism: 2 }, async () => {
    await untilPublished(path, last);
    await untilPublished(path, "6 1999\n");
  });
  const even = texts.filter((_, i) => i % 2 === 0).join("");
  assert.equal(await published(path), even + texts.filter((_, i) => i % 2 === 1).join(""));
  assert.ok((sinks[0]?.fileCount ?? 0) >= 8, `${sinks[0]?.fileCount}`);
  assert.equal((await readdir(join(path, "out"))).length, sinks[0]?.fileCount);
});

test("a bounded job with rolling has all published at its end, and leaves nothing else", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");
  await put(path, "in", text);
  const read = { continuous: undefined };
  const result = await execute({ folder: path, read, rolling: { size: 20_000 } });
  assert.equal(result.stopped, undefined);
  assert.equal(await published(path), text);
  await assertNothingStaged(path);
  assert.ok((result.sinks[0]?.fileCount ?? 0) > 1);
  assert.deepEqual(await readdir(join(path, "state", ownerId("following"))), ["completed"]);
  const again = await execute({ folder: path, read, rolling: { size: 20_000 } });
  assert.equal(again.alreadyCompleted, true);
});

test("a file that is replaced before its first line is read is read as it is then", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a\n");
  await put(path, "b", "old\n");
  await put(path, "c", "gone\n");
  const onLine = async (line: string) => {
    if (line !== "a") return;
    await put(path, "b", "new\n");
    await rm(join(path, "in/c"));
  };
  await runUntil({ folder: path, onLine }, () => untilPublished(path, "new\n"));
  assert.equal(await published(path), "a\nnew\n");
});

test("a file that changes while it is read fails the job, naming it", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", Array.from({ length: 400_000 }, (_, i) => `line ${i}\n`).join(""));
  let changed = false;
  const onLine = async () => {
    if (changed) return;
    changed = true;
    await writeFile(join(path, "in/a"), "other\n");
  };
  await assert.rejects(execute({ folder: path, onLine }), (error: Error & { code?: string }) => {
    assert.equal(error.code, "ERR_JOB_INPUT");
    assert.match(error.message, /in\/a/);
    return true;
  });
});

test("stopped with a savepoint, a continuous job goes on from it", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a\n");
  let execution: JobExecution | undefined;
  const onStart = (started: JobExecution) => {
    execution = started;
  };
  const rolling = { interval: Number.POSITIVE_INFINITY };
  const running = execute({ folder: path, rolling, options: { onStart } });
  while (execution === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
  await execution.savepoint({ target: `file://${path}/savepoints` });
  const pointer = await execution.savepoint({ target: `file://${path}/savepoints`, stop: true });
  assert.equal((await running).savepoint, pointer);
  await put(path, "b", "b\n");
  const options = { restore: pointer };
  const { restoredFrom } = await runUntil({ folder: path, options }, () => untilPublished(path, "b\n"));
  assert.equal(restoredFrom, pointer);
  assert.equal((await published(path)).replace("a\n", ""), "b\n");
});

test("a listing that fails fails the job, and what was read stays to go on from", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a\n");
  let listings = 0;
  class Failing extends LocalFileSystem {
    override async *listStatus(...args: Parameters<LocalFileSystem["listStatus"]>) {
      if (args[0].name === "in" && ++listings > 3)
        throw new FileSystemError({ code: "EACCES", path: args[0] });
      yield* super.listStatus(...args);
    }
  }
  const failing = execute({ folder: path, fileSystem: new Failing() });
  await assert.rejects(failing, { code: "ERR_JOB_INPUT", message: /EACCES/ });
  await put(path, "b", "b\n");
  await runUntil({ folder: path }, () => untilPublished(path, "b\n"));
  assert.equal(await published(path), "a\nb\n");
});

test("what is remembered follows what is there", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const remembered = async () => {
    const { graph } = localJob();
    const storage = await graph.stateStorage("following", new FsStateBackend(`file://${path}/state`));
    const state = JSON.parse(String(await (await storage.latest())?.read("job")));
    return state.sources[0].position;
  };
  for (let i = 0; i < 50; i++) await put(path, `${i}`, `${i}\n`);
  await runUntil({ folder: path }, () => untilPublished(path, "8\n9\n"));
  assert.deepEqual([(await remembered()).done.length, (await remembered()).files], [50 * 22, []]);
  for (let i = 0; i < 49; i++) await rm(join(path, "in", `${i}`));
  await put(path, "last", "last\n");
  await runUntil({ folder: path }, () => untilPublished(path, "last\n"));
  // A listing later the 49 are forgotten.
  await runUntil({ folder: path }, async () => {
    while ((await remembered()).done.length !== 2 * 22)
      await new Promise((resolve) => setTimeout(resolve, 5));
  });
  assert.equal((await remembered()).done.length, 2 * 22);
});

test("what would never be published is refused, and so are files without recoverable writers", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const { graph } = localJob();
  graph.readTextFile(at("in"), { continuous: {} }).writeAsText(at("out"));
  const code = "ERR_JOB_OUTPUT";
  await assert.rejects(graph.execute("j"), { code, message: /in is read continuously.*out.*rolling/ });
  graph.fromLines(["a"]).writeAsText(at("out"), { rolling: {} });
  await assert.rejects(graph.execute("j"), { code, message: /takes none/ });
  class Plain extends LocalFileSystem {
    override readonly capabilities = new Set(["write", "directories"] as const);
  }
  await assert.rejects(execute({ folder: folder.path, fileSystem: new Plain() }), {
    code,
    message: /no recoverable writer/,
  });
  const missing = execute({ folder: folder.path });
  await assert.rejects(missing, { code: "ERR_JOB_INPUT", message: /ENOENT/ });
  assert.throws(() => graph.readTextFile(at("in"), { continuous: { interval: 0 } }), {
    code: "ERR_JOB_INPUT",
  });
  assert.throws(() => graph.createInputSplits(at("in"), { continuous: {} }), { code: "ERR_JOB_INPUT" });
});

test("a folder that holds something is refused; a checkpoint older than what is published too", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await put(path, "a", "a\n");
  await mkdir(join(path, "out"));
  await writeFile(join(path, "out/precious"), "mine\n");
  await assert.rejects(execute({ folder: path }), { code: "ERR_JOB_OUTPUT", message: /exists/ });
  await rm(join(path, "out/precious"));
  const { retained } = await runUntil({ folder: path }, () => untilPublished(path, "a\n"));
  const kept = join(path, "kept");
  await rename((retained as string).replace("file://", ""), kept);
  await put(path, "b", "b\n");
  // Nothing is left to go on from, but what was published is there.
  await assert.rejects(execute({ folder: path }), { code: "ERR_JOB_OUTPUT", message: /go on with restore/ });
  await runUntil({ folder: path, options: { restore: `file://${kept}` } }, () => untilPublished(path, "b\n"));
  await assert.rejects(execute({ folder: path, options: { restore: `file://${kept}` } }), {
    code: "ERR_JOB_CHECKPOINT",
    message: /part-1-0000000002 was published after the checkpoint/,
  });
  assert.equal(await published(path), "a\nb\n");
});
