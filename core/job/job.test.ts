import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { FileSystemError } from "../errors/errors.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";

async function inputFile(folder: string, lines: number): Promise<string> {
  const path = join(folder, "input.txt");
  await writeFile(path, Array.from({ length: lines }, (_, i) => `line ${i}\n`).join(""));
  return path;
}

const textOf = (path: string) => readFile(path, "utf8");
const linesOf = async (path: string) => (await textOf(path)).split("\n").slice(0, -1);

test("reads, transforms and writes a file, and tells what it did", async () => {
  await using folder = await temporaryFolder();
  const input = await inputFile(folder.path, 10_000);
  const { graph } = localJob();
  graph
    .readTextFile(input)
    .filter((line) => !line.endsWith("7"))
    .map((line) => line.toUpperCase())
    .writeAsText(join(folder.path, "out.txt"));
  const result = await graph.execute("upper");
  const expected = Array.from({ length: 10_000 }, (_, i) => `LINE ${i}`).filter(
    (line) => !line.endsWith("7"),
  );
  assert.deepEqual(await linesOf(join(folder.path, "out.txt")), expected);
  const { linesRead, bytesRead, jobName, sinks, checkpoints } = result;
  assert.deepEqual(
    { linesRead, bytesRead, jobName, checkpoints },
    { linesRead: 10_000, bytesRead: (await textOf(input)).length, jobName: "upper", checkpoints: [] },
  );
  assert.match(result.jobId, /^[0-9a-f]{32}$/);
  assert.equal(sinks[0]?.lines, 9_000);
  assert.equal(sinks[0]?.bytes, (await textOf(join(folder.path, "out.txt"))).length);
  assert.deepEqual((await readdir(folder.path)).sort(), ["input.txt", "out.txt"]);
});

test("without a sink, and once the sinks are taken out: ERR_JOB_NO_SINK", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  await assert.rejects(graph.execute(), { code: "ERR_JOB_NO_SINK" });
  graph.fromLines(["a"]).writeAsText(join(folder.path, "out"));
  await graph.execute();
  await assert.rejects(graph.execute(), { code: "ERR_JOB_NO_SINK" });
});

test("several sinks share one reading, and a shared function is called once for a line", async () => {
  await using folder = await temporaryFolder();
  let iterations = 0;
  let calls = 0;
  const lines = {
    *[Symbol.iterator]() {
      iterations++;
      for (let i = 0; i < 2_000; i++) yield `${i}`;
    },
  };
  const { graph } = localJob();
  const numbers = graph.fromLines(lines).map((line) => {
    calls++;
    return Number(line);
  });
  numbers.filter((n) => n % 2 === 0).writeAsText(join(folder.path, "even"));
  numbers
    .filter((n) => n % 2 === 1)
    .map((n) => -n)
    .writeAsText(join(folder.path, "odd"));
  numbers.writeAsText(join(folder.path, "all"));
  const result = await graph.execute();
  assert.deepEqual([iterations, calls, result.linesRead], [1, 2_000, 2_000]);
  const all = Array.from({ length: 2_000 }, (_, i) => i);
  assert.deepEqual(await linesOf(join(folder.path, "all")), all.map(String));
  assert.deepEqual(await linesOf(join(folder.path, "even")), all.filter((n) => n % 2 === 0).map(String));
  assert.deepEqual(
    await linesOf(join(folder.path, "odd")),
    all.filter((n) => n % 2 === 1).map((n) => `${-n}`),
  );
});

test("several sources in one job", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  graph.fromLines(["a", "b"]).writeAsText(join(folder.path, "1"));
  graph
    .fromLines(
      (async function* () {
        yield "c";
      })(),
    )
    .writeAsText(join(folder.path, "2"));
  const { linesRead } = await graph.execute();
  assert.equal(linesRead, 3);
  assert.equal(await textOf(join(folder.path, "1")), "a\nb\n");
  assert.equal(await textOf(join(folder.path, "2")), "c\n");
});

test("a function that throws fails the job, names file and byte, keeps the cause, publishes nothing", async () => {
  await using folder = await temporaryFolder();
  const input = await inputFile(folder.path, 5_000);
  const offset = (await textOf(input)).indexOf("line 4321\n");
  const cause = new Error("no good");
  const { graph } = localJob();
  const stream = graph.readTextFile(input);
  stream.writeAsText(join(folder.path, "plain"));
  stream
    .flatMap((line) => (line.endsWith("3") ? [] : [line, line]))
    .map((line) => {
      if (line === "line 4321") throw cause;
      return line;
    })
    .writeAsText(join(folder.path, "out"), { parallelism: 3 });
  await assert.rejects(graph.execute("bad"), (error: Error & { code?: string }) => {
    assert.equal(error.code, "ERR_JOB_FUNCTION");
    assert.match(error.message, new RegExp(`job "bad".*map.*file://${input}, byte ${offset}: no good`));
    assert.equal(error.cause, cause);
    return true;
  });
  assert.deepEqual(await readdir(folder.path), ["input.txt"]);
});

test("null and undefined are no lines", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  graph
    .fromLines(["a", "b"])
    .map((line) => (line === "b" ? undefined : line))
    .writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j"), {
    code: "ERR_JOB_FUNCTION",
    message: /fromLines, line 2.*undefined/,
  });
  assert.deepEqual(await readdir(folder.path), []);
});

test("a missing input names job and path, and its ENOENT is the cause", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  const missing = join(folder.path, "missing");
  graph.readTextFile(missing).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j"), (error: Error & { code?: string; cause?: { code?: string } }) => {
    assert.equal(error.code, "ERR_JOB_INPUT");
    assert.ok(error.message.includes(`job "j": file://${missing}`), error.message);
    assert.equal(error.cause?.code, "ENOENT");
    return true;
  });
  assert.deepEqual(await readdir(folder.path), []);
});

test("a full disk fails the job; nothing is published, and nothing is left", async () => {
  class FullDisk extends LocalFileSystem {
    override async create(...args: Parameters<LocalFileSystem["create"]>) {
      const stream = await super.create(...args);
      let room = 3;
      const { write } = stream;
      stream.write = async (bytes) => {
        if (room-- === 0) throw new FileSystemError({ code: "ENOSPC", path: args[0], operation: "write" });
        return write.call(stream, bytes);
      };
      return stream;
    }
  }
  await using folder = await temporaryFolder();
  const input = await inputFile(folder.path, 200_000);
  const { graph } = localJob({}, new FullDisk());
  graph.readTextFile(input).writeAsText(join(folder.path, "out"), { parallelism: 2 });
  await assert.rejects(graph.execute("j"), (error: Error & { code?: string; cause?: { code?: string } }) => {
    assert.deepEqual([error.code, error.cause?.code], ["ERR_JOB_OUTPUT", "ENOSPC"]);
    return true;
  });
  assert.deepEqual(await readdir(folder.path), ["input.txt"]);
});

test("a file that vanishes while its folder is read fails the job, naming it", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await mkdir(at("in"));
  for (const name of ["a", "b"]) await writeFile(at(`in/${name}`), `${name}\n`);
  const { graph } = localJob();
  graph
    .readTextFile(at("in"))
    .map(async (line) => {
      await rm(at("in/b"), { force: true });
      return line;
    })
    .writeAsText(at("out"));
  await assert.rejects(graph.execute("j"), (error: Error & { code?: string; cause?: { code?: string } }) => {
    assert.deepEqual([error.code, error.cause?.code], ["ERR_JOB_INPUT", "ENOENT"]);
    assert.match(error.message, /in\/b/);
    return true;
  });
  assert.deepEqual(await readdir(folder.path), ["in"]);
});

test("an output that exists is refused before anything is read, and replaced with OVERWRITE", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  await writeFile(out, "old\n");
  const unread = {
    // biome-ignore lint/correctness/useYield: it must never get so far
    *[Symbol.iterator](): Iterator<string> {
      assert.fail("read");
    },
  };
  const { graph } = localJob();
  graph.fromLines(unread).writeAsText(out);
  await assert.rejects(graph.execute(), {
    code: "ERR_JOB_OUTPUT",
    message: /out: the output exists.*NO_OVERWRITE/,
  });
  assert.equal(await textOf(out), "old\n");
  graph.fromLines(["new"]).writeAsText(out, { writeMode: "OVERWRITE" });
  await graph.execute();
  assert.equal(await textOf(out), "new\n");
  const overwriting = localJob({ "fs.overwrite-files": true }).graph;
  overwriting.fromLines(["newer"]).writeAsText(out);
  await overwriting.execute();
  assert.equal(await textOf(out), "newer\n");
});

test("a file is not replaced by a folder, nor a folder by a file", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "old\n");
  await mkdir(join(folder.path, "folder"));
  const { graph } = localJob();
  graph.fromLines(["a"]).writeAsText(join(folder.path, "file"), { writeMode: "OVERWRITE", parallelism: 2 });
  await assert.rejects(graph.execute(), { code: "ERR_JOB_OUTPUT", message: /is a file.*writes a directory/ });
  graph.fromLines(["a"]).writeAsText(join(folder.path, "folder"), { writeMode: "OVERWRITE" });
  await assert.rejects(graph.execute(), { code: "ERR_JOB_OUTPUT", message: /is a directory.*writes a file/ });
});

test("with parallelism n a folder of the files 1 to n; OVERWRITE removes the parts of a wider run only", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  const input = await inputFile(folder.path, 1_000);
  const { graph } = localJob();
  graph.readTextFile(input, { splitSize: 1_000 }).writeAsText(out, { parallelism: 5 });
  const wide = await graph.execute();
  assert.deepEqual((await readdir(out)).sort(), ["1", "2", "3", "4", "5"]);
  assert.equal(wide.sinks[0]?.files.length, 5);
  const merged = (await Promise.all(["1", "2", "3", "4", "5"].map((n) => linesOf(join(out, n))))).flat();
  assert.deepEqual(merged.sort(), (await linesOf(input)).sort());
  await writeFile(join(out, "notes.txt"), "mine");
  graph.readTextFile(input).writeAsText(out, { parallelism: 2, writeMode: "OVERWRITE" });
  await graph.execute();
  assert.deepEqual((await readdir(out)).sort(), ["1", "2", "notes.txt"]);
  graph.fromLines(["a"]).writeAsText(out, { parallelism: 2 });
  await assert.rejects(graph.execute(), { code: "ERR_JOB_OUTPUT" });
});

test("fs.output.always-create-directory makes a folder for one writer too", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob({ "fs.output.always-create-directory": "true" });
  graph.fromLines(["a"]).writeAsText(join(folder.path, "out"));
  await graph.execute();
  assert.equal(await textOf(join(folder.path, "out", "1")), "a\n");
});

test("outputs that overlap each other, the input or the checkpoints are refused", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await mkdir(at("in"));
  const { graph } = localJob();
  const twoSinks = graph.fromLines(["a"]);
  twoSinks.writeAsText(at("out")).writeAsText(`file://${at("out")}`);
  await assert.rejects(graph.execute(), { code: "ERR_JOB_OUTPUT", message: /two sinks write to/ });
  twoSinks.writeAsText(at("out")).writeAsText(at("out/inner"));
  await assert.rejects(graph.execute(), { code: "ERR_JOB_OUTPUT", message: /lie in each other/ });
  for (const out of ["in/out", "in"]) {
    graph.readTextFile(at("in")).writeAsText(at(out), { writeMode: "OVERWRITE" });
    await assert.rejects(graph.execute(), { code: "ERR_JOB_OUTPUT", message: /overlaps the input/ });
  }
  graph.setStateBackend(new FsStateBackend(`file://${at("out/state")}`)).enableCheckpointing(1_000);
  graph.fromLines(["a"], { replayable: true }).writeAsText(at("out"));
  await assert.rejects(graph.execute("j"), {
    code: "ERR_JOB_OUTPUT",
    message: /checkpoint directory.*output/,
  });
  graph.setStateBackend(new FsStateBackend(`file://${at("in/state")}`));
  graph.readTextFile(at("in"), { recursive: true }).writeAsText(at("out"));
  await assert.rejects(graph.execute("j"), {
    code: "ERR_JOB_OUTPUT",
    message: /checkpoint directory.*input/,
  });
  graph.readTextFile(at("in")).writeAsText(at("out"));
  await graph.execute("not nested");
});

test("a job that would wait for ever for a stream is refused, with the limit that it needs", async () => {
  await using folder = await temporaryFolder();
  const input = await inputFile(folder.path, 10);
  const run = async (limits: Record<string, number>, checkpoints: boolean) => {
    const { graph } = localJob(limits);
    if (checkpoints) {
      graph.setStateBackend(new FsStateBackend(`file://${folder.path}/state`)).enableCheckpointing(60_000);
    }
    const out = join(folder.path, "out");
    graph.readTextFile(input).writeAsText(out, { parallelism: 2, writeMode: "OVERWRITE" });
    return graph.execute("limited");
  };
  const refused = (message: RegExp) => ({ code: "ERR_JOB_OUTPUT", message });
  await assert.rejects(
    run({ "fs.file.limit.total": 1 }, false),
    refused(/limit\.total is 1, but .* has 4 streams/),
  );
  await assert.rejects(
    run({ "fs.file.limit.output": 1 }, false),
    refused(/limit\.output is 1, .* has 2 streams/),
  );
  await assert.rejects(
    run({ "fs.file.limit.total": 4 }, true),
    refused(/limit\.total is 4, .* has 5 streams/),
  );
  await run({ "fs.file.limit.total": 4, "fs.file.limit.output": 2 }, false);
  await run({ "fs.file.limit.total": 5 }, true);
});

test("a job's id is half the SHA-256 of its name, or the one it is given", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  const run = (name: string | undefined, jobId?: string) => {
    graph.fromLines(["a"]).writeAsText(join(folder.path, "out"), { writeMode: "OVERWRITE" });
    return graph.execute(name, { jobId });
  };
  const jobId = "0123456789abcdef0123456789abcdef";
  assert.equal(
    (await run("word count")).jobId,
    createHash("sha256").update("word count").digest("hex").slice(0, 32),
  );
  assert.equal((await run("word count", jobId)).jobId, jobId);
  assert.notEqual((await run(undefined)).jobId, (await run(undefined)).jobId);
  await assert.rejects(run("word count", "short"), {
    code: "ERR_JOB_NAME_REQUIRED",
    message: /32 hexadecimal/,
  });
});

test("an abort ends the job with its reason and publishes nothing", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  const abort = new AbortController();
  const reason = new Error("enough");
  let ended = false;
  async function* endless(): AsyncGenerator<string> {
    try {
      for (let i = 0; ; i++) {
        if (i === 1_000) abort.abort(reason);
        yield `${i}`;
      }
    } finally {
      ended = true;
    }
  }
  graph.fromLines(endless()).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j", { signal: abort.signal }), reason);
  assert.ok(ended);
  assert.deepEqual(await readdir(folder.path), []);
  graph.fromLines(["a"]).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j", { signal: abort.signal }), reason);
});

test("an abort reaches a job that waits for its input", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  const abort = new AbortController();
  async function* silent(): AsyncGenerator<string> {
    yield "a";
    abort.abort(new Error("enough"));
    await new Promise(() => {});
  }
  graph.fromLines(silent()).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j", { signal: abort.signal }), /enough/);
  assert.deepEqual(await readdir(folder.path), []);
});

test("a closed environment ends its jobs and refuses new ones", async () => {
  await using folder = await temporaryFolder();
  const { graph, close } = localJob();
  async function* lines(): AsyncGenerator<string> {
    yield "a";
    close();
    await new Promise(() => {});
  }
  graph.fromLines(lines()).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j"), /closed/);
  assert.deepEqual(await readdir(folder.path), []);
  graph.fromLines(["a"]).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j"), { code: "ERR_JOB_CLOSED" });
});

test("progress is told, last with everything", async () => {
  await using folder = await temporaryFolder();
  const input = await inputFile(folder.path, 100);
  const { graph } = localJob();
  graph.readTextFile(input).writeAsText(join(folder.path, "out"));
  const told: number[] = [];
  await graph.execute(undefined, { onProgress: ({ linesRead }) => told.push(linesRead) });
  assert.equal(told.at(-1), 100);
});

test("a source that never waits still lets timers run", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  function* lines(): Generator<string> {
    while (ticks < 3) yield "a";
  }
  graph
    .fromLines(lines())
    .filter(() => false)
    .writeAsText(join(folder.path, "out"));
  await graph.execute();
  clearInterval(timer);
});

test("restore without checkpoints is refused, and the sinks stay declared", async () => {
  await using folder = await temporaryFolder();
  const { graph } = localJob();
  graph.fromLines(["a"]).writeAsText(join(folder.path, "out"));
  await assert.rejects(graph.execute("j", { restore: "latest" }), { code: "ERR_JOB_CHECKPOINT" });
  await graph.execute("j");
  assert.equal(await textOf(join(folder.path, "out")), "a\n");
});
