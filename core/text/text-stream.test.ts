import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { FsDataInputStream } from "../fs/contract.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import type { Path } from "../fs/path.ts";
import type { TextStream } from "./text-stream.ts";

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

type Step = {
  readonly kind: "map" | "filter" | "flatMap";
  readonly asynchronous: boolean;
  readonly concurrency: number;
};

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("map", "filter", "flatMap"),
    asynchronous: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 5 },
);

/** The same steps on a stream and on an array. */
function apply(stream: TextStream, array: string[], list: readonly Step[]): [TextStream, string[]] {
  let expected = array;
  let result = stream;
  for (const { kind, asynchronous, concurrency } of list) {
    const later = <T>(value: T, size: number): T | Promise<T> =>
      asynchronous ? new Promise((resolve) => setTimeout(() => resolve(value), size % 3)) : value;
    const mapped = (line: string) => `${line}+`;
    const kept = (line: string) => line.length % 3 !== 0;
    const several = (line: string) => (line.length % 2 === 0 ? [line, line.toUpperCase()] : []);
    if (kind === "map") {
      result = result.map((line) => later(mapped(line), line.length), { concurrency });
      expected = expected.map(mapped);
    } else if (kind === "filter") {
      result = result.filter((line) => later(kept(line), line.length), { concurrency });
      expected = expected.filter(kept);
    } else {
      result = result.flatMap((line) => later(several(line), line.length), { concurrency });
      expected = expected.flatMap(several);
    }
  }
  return [result, expected];
}

test("functions do what they do on an array, whether synchronous, asynchronous or concurrent", async () => {
  const { graph } = localJob();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 6 }), { maxLength: 12 }), steps, async (lines, list) => {
      const [stream, expected] = apply(graph.fromLines(lines), lines, list);
      assert.deepEqual(await collect(stream), expected);
      assert.deepEqual((await collect(stream.batches())).flat(), expected);
    }),
    { numRuns: 60 },
  );
});

test("a function is told by the line it failed on, through filters and expansions before it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "in");
  await writeFile(path, "a\r\nbb\nskip\nccc\n");
  const { graph } = localJob();
  const cause = new Error("no good");
  const before = graph
    .readTextFile(path)
    .filter((line) => line !== "skip")
    .flatMap((line) => [...line]);
  const fail = (c: string) => {
    if (c === "c") throw cause;
    return c;
  };
  for (const stream of [
    before.map(fail),
    before.map(async (c) => fail(c)),
    before.map(async (c) => fail(c), { concurrency: 3 }),
    before.filter((c) => fail(c) !== ""),
    before.flatMap((c) => [fail(c)]),
  ]) {
    await assert.rejects(collect(stream), (error: Error & { code?: string }) => {
      assert.equal(error.code, "ERR_JOB_FUNCTION");
      assert.match(error.message, new RegExp(`threw at file://${path}, byte 11: no good`));
      return error.cause === cause;
    });
  }
});

test("a flatMap that returns nothing to iterate over is a failed function", async () => {
  const { graph } = localJob();
  for (const value of [undefined, 5, Promise.resolve(null)]) {
    const stream = graph.fromLines(["a"]).flatMap(() => value as never);
    await assert.rejects(collect(stream), { code: "ERR_JOB_FUNCTION", message: /flatMap.*line 1/ });
  }
});

test("no more calls at once than the concurrency, and none left when the stream fails", async () => {
  const { graph } = localJob();
  let active = 0;
  let most = 0;
  const stream = graph.fromLines(Array.from({ length: 50 }, (_, i) => `${i}`)).map(
    async (line) => {
      active++;
      most = Math.max(most, active);
      await new Promise((resolve) => setTimeout(resolve, 1));
      active--;
      if (line === "30") throw new Error("stop");
      return line;
    },
    { concurrency: 7 },
  );
  await assert.rejects(collect(stream), { code: "ERR_JOB_FUNCTION" });
  assert.deepEqual([most, active], [7, 0]);
});

test("streams are lazy, start again from the source each time, and a parent can have several children", async () => {
  const { graph } = localJob();
  let started = 0;
  const lines = {
    *[Symbol.iterator]() {
      started++;
      yield* ["a", "b"];
    },
  };
  const parent = graph.fromLines(lines);
  const upper = parent.map((line) => line.toUpperCase());
  const twice = parent.map((line) => line + line);
  assert.equal(started, 0);
  assert.deepEqual(await collect(upper), ["A", "B"]);
  assert.deepEqual(await collect(twice), ["aa", "bb"]);
  assert.deepEqual(await collect(upper), ["A", "B"]);
  assert.equal(started, 3);
});

test("break closes the file at once", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "in");
  await writeFile(path, "line\n".repeat(200_000));
  const open = new Set<FsDataInputStream>();
  class Watched extends LocalFileSystem {
    override async open(at: Path, options?: object): Promise<FsDataInputStream> {
      const stream = await super.open(at, options);
      open.add(stream);
      const close = stream.close.bind(stream);
      stream.close = () => {
        open.delete(stream);
        return close();
      };
      return stream;
    }
  }
  const { graph } = localJob({}, new Watched());
  for await (const line of graph.readTextFile(path)) {
    assert.equal(line, "line");
    assert.equal(open.size, 1);
    break;
  }
  assert.equal(open.size, 0);
  for await (const _ of graph.readTextFile(path).batches()) break;
  assert.equal(open.size, 0);
  await assert.rejects(async () => {
    for await (const _ of graph.readTextFile(path)) throw new Error("mine");
  }, /mine/);
  assert.equal(open.size, 0);
});

test("calls of next that do not wait for each other are answered in turn", async () => {
  const { graph } = localJob();
  const lines = Array.from({ length: 1_300 }, (_, i) => `${i}`);
  const iterator = graph.fromLines(lines)[Symbol.asyncIterator]();
  const answers = await Promise.all(Array.from({ length: 1_303 }, () => iterator.next()));
  assert.deepEqual(
    answers.slice(0, 1_300).map(({ value }) => value),
    lines,
  );
  assert.ok(answers.slice(1_300).every(({ done }) => done));
});

test("iterating in a closed environment rejects with the reason", async () => {
  const { graph, close } = localJob();
  const stream = graph.fromLines(["a", "b"]);
  close();
  await assert.rejects(collect(stream), /closed/);
});

test("functions and options are checked where they are given", () => {
  const { graph } = localJob();
  const stream = graph.fromLines(["a"]);
  assert.throws(() => stream.map("x" as never), {
    code: "ERR_JOB_FUNCTION",
    message: /map takes a function/,
  });
  assert.throws(() => stream.map((x) => x, { concurrency: 0 }), { code: "ERR_JOB_FUNCTION" });
  assert.throws(() => stream.writeAsText("/x", { parallelism: 1.5 }), { code: "ERR_JOB_OUTPUT" });
  assert.throws(() => stream.writeAsText("/x", { writeMode: "APPEND" as never }), { code: "ERR_JOB_OUTPUT" });
  for (const rolling of [{ size: 0 }, { interval: -1 }, { size: Number.NaN }]) {
    assert.throws(() => stream.writeAsText("/x", { rolling }), {
      code: "ERR_JOB_OUTPUT",
      message: /rolling/,
    });
  }
  const replacing = { rolling: {}, writeMode: "OVERWRITE" } as const;
  assert.throws(() => stream.writeAsText("/x", replacing), {
    code: "ERR_JOB_OUTPUT",
    message: /never replaced/,
  });
  assert.throws(() => graph.fromLines("abc" as never), { code: "ERR_JOB_INPUT" });
});

test("a slow function's results come in time, however many lines were read together", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "in");
  await writeFile(path, Array.from({ length: 400 }, (_, i) => `${i}\n`).join(""));
  const { graph } = localJob();
  let calls = 0;
  const slow = graph.readTextFile(path).map(async (line) => {
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 2));
    return line;
  });
  const sizes: number[] = [];
  const values: string[] = [];
  for await (const batch of slow.batches()) {
    if (sizes.length === 0) assert.equal(calls, batch.length);
    sizes.push(batch.length);
    values.push(...batch);
  }
  assert.ok(Math.max(...sizes) <= 64, `${sizes}`);
  assert.deepEqual(
    values,
    Array.from({ length: 400 }, (_, i) => `${i}`),
  );
});
