import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import { localJob } from "../test/support/local-job.ts";
import { temporaryFolder } from "../test/support/temporary-folder.ts";
import type { JobProgress } from "./job/job.ts";
import { progressBar } from "./progress-bar.ts";

/** Collects what is drawn. */
function terminal(isTTY: boolean) {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 100 }), text: () => text };
}

const at = (elapsedMs: number, more: Partial<JobProgress> = {}): JobProgress => ({
  linesRead: 12_345,
  bytesRead: 500_000,
  checkpoints: 3,
  elapsedMs,
  ended: false,
  ...more,
});

const loaded = () => import("./cli/job-bar.ts").then(() => new Promise((resolve) => setImmediate(resolve)));

test("a bar on a terminal, with a share where the total is known, taken away at the end", async () => {
  const { stream, text } = terminal(true);
  const onProgress = progressBar(stream);
  onProgress(at(500));
  await loaded();
  assert.equal(text(), "", "too soon");
  onProgress(at(2_000, { totalBytes: 1_000_000 }));
  await loaded();
  const line = "50%  12,345 lines  488.3 KiB  244.1 KiB/s  3 checkpoints  2.0 s";
  assert.ok(text().includes(line), text());
  onProgress(at(4_000, { totalBytes: 1_000_000, ended: true }));
  await loaded();
  const [showCursor, clearLine] = ["\u001b[?25h", "\u001b[0K"];
  assert.ok(text().slice(text().lastIndexOf(line)).includes(showCursor), "the cursor is back");
  assert.ok(text().trimEnd().slice(text().lastIndexOf("4.0 s")).includes(clearLine), "the line is cleared");
});

test("no share where the total is unknown; nothing in a pipe, nor for what is done at once", async () => {
  const unknown = terminal(true);
  const onProgress = progressBar(unknown.stream);
  onProgress(at(2_000));
  await loaded();
  assert.match(unknown.text(), /12,345 lines/);
  assert.doesNotMatch(unknown.text(), /%/);
  onProgress(at(2_100, { ended: true }));
  for (const [isTTY, progress] of [
    [false, at(5_000)],
    [true, at(5_000, { ended: true })],
  ] as const) {
    const quiet = terminal(isTTY);
    progressBar(quiet.stream)(progress);
    await loaded();
    assert.equal(quiet.text(), "");
  }
});

test("a job tells how far it is, with the total of a plain file, and its end when it fails too", async () => {
  await using folder = await temporaryFolder();
  const text = Array.from({ length: 1_000 }, (_, i) => `line ${i}\n`).join("");
  await writeFile(join(folder.path, "in"), text);
  for (const fails of [false, true]) {
    const told: JobProgress[] = [];
    const { graph } = localJob();
    graph
      .readTextFile(join(folder.path, "in"))
      .map((line) => {
        if (fails && line === "line 999") throw new Error("no good");
        return line;
      })
      .writeAsText(join(folder.path, `out-${fails}`));
    const running = graph.execute("told", { onProgress: (progress) => told.push(progress) });
    await (fails ? assert.rejects(running) : running);
    const last = told.at(-1);
    assert.deepEqual([last?.ended, last?.totalBytes], [true, text.length]);
    if (!fails) assert.equal(last?.linesRead, 1_000);
    assert.ok(told.slice(0, -1).every(({ ended }) => !ended));
  }
});
