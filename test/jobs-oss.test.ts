import assert from "node:assert/strict";
import { test } from "node:test";
import { type Environment, FsStateBackend, type InputSplit, type JobResult } from "plugfs";
import { type OssHome, ossHome } from "./support/oss-home.ts";

const LINES = Array.from({ length: 100_000 }, (_, i) => `line ${i} ${"x".repeat(i % 50)}`);
const TEXT = `${LINES.join("\n")}\n`;
const DENIED = { kind: "status", status: 403, code: "AccessDenied" } as const;

/** Reads `oss://demo/in`, writes `oss://demo/out`. */
function copy(env: Environment, name = "copy"): Promise<JobResult> {
  env.readTextFile("oss://demo/in").writeAsText("oss://demo/out");
  return env.execute(name);
}

interface JobFailure extends Error {
  readonly code?: string;
  readonly cause?: { readonly code?: string };
}

/** The job fails with these codes, its message says so, and nothing of its output is there. */
async function assertFails(
  home: OssHome,
  job: Promise<unknown>,
  expected: { readonly code: string; readonly cause: string; readonly message: RegExp },
): Promise<void> {
  await assert.rejects(job, (error: JobFailure) => {
    assert.deepEqual([error.code, error.cause?.code], [expected.code, expected.cause], error.message);
    assert.match(error.message, expected.message);
    return true;
  });
  assert.equal(await home.server.get("demo", "out"), undefined);
  assert.deepEqual(home.server.uploads("demo"), []);
}

test("a missing object, bucket or folder fails the job, each with its own code", async () => {
  await using home = await ossHome();
  const env = await home.open();
  const missing = {
    code: "ERR_JOB_INPUT",
    cause: "ENOENT",
    message: /job "copy": oss:\/\/demo\/in cannot be read/,
  };
  await assertFails(home, copy(env), missing);
  env.readTextFile("oss://nobody/in").writeAsText("oss://demo/out");
  const noBucket = { code: "ERR_JOB_INPUT", cause: "ENODEV", message: /oss:\/\/nobody\/in/ };
  await assertFails(home, env.execute("copy"), noBucket);
});

test("storage that denies in the middle of reading fails the job, and nothing is published", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in", TEXT);
  const env = await home.open();
  home.server.faults.add({ operation: "GetObject", nth: 3, times: Number.POSITIVE_INFINITY, fault: DENIED });
  await assertFails(home, copy(env), { code: "ERR_JOB_INPUT", cause: "EACCES", message: /oss:\/\/demo\/in/ });
});

test("storage that denies writing fails the job, and nothing is published", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in", TEXT);
  const env = await home.open();
  const operation = ["PutObject", "UploadPart", "CompleteMultipartUpload"];
  using _fault = home.server.faults.add({ operation, times: Number.POSITIVE_INFINITY, fault: DENIED });
  await assertFails(home, copy(env), {
    code: "ERR_JOB_OUTPUT",
    cause: "EACCES",
    message: /oss:\/\/demo\/out/,
  });
});

test("a checkpoint that cannot be written fails the job, and nothing is published", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in", TEXT);
  const env = await home.open();
  env.setStateBackend(new FsStateBackend("oss://demo/state")).enableCheckpointing(60_000);
  home.server.faults.add({ key: /_metadata$/, times: Number.POSITIVE_INFINITY, fault: DENIED });
  await assertFails(home, copy(env), {
    code: "ERR_JOB_CHECKPOINT",
    cause: "EACCES",
    message: /job "copy": a checkpoint failed/,
  });
  assert.deepEqual(
    home.server.keys("demo").filter((key) => !key.endsWith("/")),
    ["in"],
  );
});

test("an upload whose beginning was answered to nobody is gone when the job has ended", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in", TEXT);
  const env = await home.open();
  home.server.faults.add({ operation: "InitiateMultipartUpload", fault: { kind: "answer-lost" } });
  const job = env.job("copy");
  job.readTextFile("oss://demo/in").writeAsText("oss://demo/out");
  job.setStateBackend(new FsStateBackend("oss://demo/state"));
  job.enableCheckpointing(10);
  await job.execute();
  const begun = home.server.log.entries().filter(({ operation }) => operation === "InitiateMultipartUpload");
  assert.equal(begun.length, 2);
  assert.equal((await home.server.get("demo", "out"))?.toString(), TEXT);
  assert.deepEqual(home.server.uploads("demo"), []);
});

test("an error while listing is not an empty folder", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "folder/a", "a\n");
  const env = await home.open();
  using _fault = home.server.faults.add({
    operation: "ListObjectsV2",
    nth: 2,
    times: Number.POSITIVE_INFINITY,
    fault: DENIED,
  });
  await assert.rejects(
    async () => {
      for await (const _ of env.readTextFile("oss://demo/folder")) assert.fail("a line");
    },
    { code: "EACCES" },
  );
});

test("an object that is replaced while it is read fails the job", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in", TEXT);
  const env = await home.open();
  let replaced = false;
  env
    .readTextFile("oss://demo/in", { splitSize: 200_000 })
    .map(async (line) => {
      if (!replaced) await home.server.put("demo", "in", `${TEXT}more\n`);
      replaced = true;
      return line;
    })
    .writeAsText("oss://demo/out");
  await assertFails(home, env.execute("copy"), {
    code: "ERR_JOB_INPUT",
    cause: "ESTALE",
    message: /oss:\/\/demo\/in/,
  });
});

test("splits are read by several environments, each line once, and hardly a byte twice", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in/a.txt", TEXT);
  await home.server.put("demo", "in/b.txt", TEXT.slice(0, 1_000));
  await home.server.put("demo", "in/_ignored", "no\n");
  const splits: InputSplit[] = [];
  for await (const split of (await home.open()).createInputSplits("oss://demo/in", { splitSize: 500_000 })) {
    splits.push(JSON.parse(JSON.stringify(split)));
  }
  assert.ok(splits.length > 5);
  home.server.log.clear();
  const workers = await Promise.all([home.open(), home.open(), home.open()]);
  const read = await Promise.all(
    splits.map(async (split, i) => {
      const lines: string[] = [];
      const env = workers[i % workers.length] as Environment;
      for await (const batch of env.readSplit(split).batches()) lines.push(...batch);
      return lines;
    }),
  );
  assert.deepEqual(read.flat(), [...LINES, ...TEXT.slice(0, 1_000).split("\n")]);
  const moved = home.server.log.entries().reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  const overshoot = splits.length * 70_000;
  assert.ok(moved < TEXT.length + 1_000 + overshoot, `${moved} bytes moved for ${TEXT.length}`);
});

test("a compressed object is read, and a truncated one names itself", async () => {
  await using home = await ossHome();
  const { gzipSync } = await import("node:zlib");
  const bytes = gzipSync(TEXT);
  await home.server.put("demo", "in.gz", bytes);
  await home.server.put("demo", "cut.gz", bytes.subarray(0, -100));
  const env = await home.open();
  let count = 0;
  for await (const batch of env.readTextFile("oss://demo/in.gz").batches()) count += batch.length;
  assert.equal(count, LINES.length);
  env.readTextFile("oss://demo/cut.gz").writeAsText("oss://demo/out");
  await assert.rejects(env.execute("cut"), {
    code: "ERR_JOB_INPUT",
    message: /job "cut": oss:\/\/demo\/cut\.gz is damaged or cut short/,
  });
  assert.equal(await home.server.get("demo", "out"), undefined);
});

test("two jobs of one environment run side by side", async () => {
  await using home = await ossHome();
  await home.server.put("demo", "in", TEXT);
  const env = await home.open();
  env.setStateBackend(new FsStateBackend("oss://demo/state"));
  const results = await Promise.all(
    ["one", "two"].map((name) => {
      const job = env.job(name);
      job.setStateBackend(new FsStateBackend("oss://demo/state")).enableCheckpointing(20);
      job.readTextFile("oss://demo/in").writeAsText(`oss://demo/${name}`);
      return job.execute();
    }),
  );
  for (const { jobName, linesRead } of results) {
    assert.equal(linesRead, LINES.length);
    assert.ok(Buffer.from((await home.server.get("demo", jobName ?? "")) ?? []).equals(Buffer.from(TEXT)));
  }
});
