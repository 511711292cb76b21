import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import { SplitQueue } from "../text/split-queue.ts";
import type { InputSplit } from "../text/splits.ts";

const SPLIT = 1_000;
const LINES = Array.from({ length: 2_000 }, (_, i) => `line ${String(i).padStart(6, "0")}`);
const LENGTH = `${LINES[0]}\n`.length;

/** What the writer gets: the lines of splits i mod n, in order. A line belongs to the split that its line break before lies in. */
function linesOf(writer: number, n: number): string[] {
  const last = Math.ceil((LINES.length * LENGTH) / SPLIT - 1.1);
  const splitOf = (i: number) => Math.min(last, Math.max(0, Math.floor((i * LENGTH - 1) / SPLIT)));
  return LINES.filter((_, i) => splitOf(i) % n === writer);
}

async function assertParts(folder: string, n: number): Promise<void> {
  for (let writer = 0; writer < n; writer++) {
    const text = await readFile(join(folder, String(writer + 1)), "utf8");
    assert.deepEqual(text.split("\n").slice(0, -1), linesOf(writer, n), `writer ${writer + 1} of ${n}`);
  }
}

test("splits of n writers are read side by side; each writer keeps its order", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at("in"), `${LINES.join("\n")}\n`);
  const { graph } = localJob();
  const inSecondSplit = linesOf(1, 2)[0] as string;
  let reached = () => {};
  const second = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const lines = graph.readTextFile(at("in"), { splitSize: SPLIT }).map(async (line) => {
    if (line === inSecondSplit) reached();
    // With one lane the second split would never be reached.
    if (line === LINES[0]) await second;
    return line;
  });
  lines.writeAsText(at("two"), { parallelism: 2 });
  lines.writeAsText(at("four"), { parallelism: 4 });
  const { linesRead } = await graph.execute();
  assert.equal(linesRead, LINES.length);
  await assertParts(at("two"), 2);
  await assertParts(at("four"), 4);
});

test("a sink of one writer has the order of the input, whatever lies beside it", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at("in"), `${LINES.join("\n")}\n`);
  const { graph } = localJob();
  const lines = graph.readTextFile(at("in"), { splitSize: SPLIT });
  lines.writeAsText(at("one"));
  lines.writeAsText(at("three"), { parallelism: 3 });
  await graph.execute();
  assert.equal(await readFile(at("one"), "utf8"), `${LINES.join("\n")}\n`);
  await assertParts(at("three"), 3);
});

test("each lane goes on where it stood in the checkpoint", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at("in"), `${LINES.join("\n")}\n`);
  const seen: string[] = [];
  const run = async (stopAt: string | undefined) => {
    const { graph } = localJob();
    graph.setStateBackend(new FsStateBackend(`file://${at("state")}`)).enableCheckpointing(60_000);
    const abort = new AbortController();
    graph
      .readTextFile(at("in"), { splitSize: SPLIT })
      .map(async (line) => {
        seen.push(line);
        if (line === stopAt) abort.abort(new Error("enough"));
        // The second lane stays behind.
        if (linesOf(1, 2).indexOf(line) % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        return line;
      })
      .writeAsText(at("out"), { parallelism: 2 });
    return graph.execute("lanes", { restore: "latest", signal: abort.signal });
  };
  await assert.rejects(run(linesOf(0, 2)[700]), /enough/);
  const before = seen.length;
  assert.ok(before < LINES.length);
  await run(undefined);
  assert.equal(seen.length, LINES.length);
  await assertParts(at("out"), 2);
});

test("a lane that gets ahead waits: few splits are held for the others", async () => {
  let listed = 0;
  async function* splits(): AsyncGenerator<InputSplit, void, undefined> {
    for (let index = 0; index < 1_000; index++) {
      listed++;
      yield { path: `file:///${index}`, start: 0, length: 1, index, fileLength: 1 };
    }
  }
  const abort = new AbortController();
  const queue = new SplitQueue(splits(), { lanes: 2, signal: abort.signal });
  const ahead: (number | undefined)[] = [];
  const running = (async () => {
    for (;;) ahead.push((await queue.next(0))?.index);
  })();
  const second = () => queue.next(1).then((split) => split?.index);
  // The first lane runs until it has to wait.
  for (let turns = 0; turns < 1_000; turns++) await Promise.resolve();
  assert.ok(listed > 100 && listed < 200, `${listed}`);
  const before = listed;
  assert.deepEqual([await second(), await second()], [1, 3]);
  for (let turns = 0; turns < 100; turns++) await Promise.resolve();
  assert.equal(listed, before + 4);
  abort.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  await queue.close();
  assert.deepEqual(ahead.slice(0, 3), [0, 2, 4]);
});
