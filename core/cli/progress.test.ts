import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "./confirm.ts";
import { Interruption } from "./exit.ts";
import { Messages } from "./messages.ts";
import { Progress } from "./progress.ts";
import { progressLine } from "./progress-line.ts";

/** Enough of a terminal for the bar and for questions; keeps what is shown. */
function terminal() {
  const stream = Object.assign(new PassThrough({ encoding: "utf8" }), {
    isTTY: true,
    columns: 120,
    cursorTo: (x: number) => stream.write(`<${x}>`),
    moveCursor: () => true,
    clearLine: () => true,
    clearScreenDown: () => true,
  });
  return stream;
}

async function shownUntil(stream: PassThrough, expected: RegExp): Promise<string> {
  let shown = "";
  for await (const chunk of stream) {
    shown += chunk;
    if (expected.test(shown)) return shown;
  }
  throw new Error(`not shown: ${shown}`);
}

test("a bar with bytes, rate, time left and files, after one second and not before", async () => {
  const stream = terminal();
  const started = performance.now();
  using progress = new Progress(new Messages(stream as never, { NO_COLOR: "1" }));
  for (const bytes of [1024, 3072]) progress.expect(bytes);
  progress.expectNoMore();
  progress.add(1024);
  progress.fileDone();
  const shown = await shownUntil(stream, /files/);
  assert.ok(performance.now() - started >= 999);
  assert.match(shown, /█+░+ {2}25% 1\.0 KiB \/ 4\.0 KiB {2}\d+ B\/s {2}\S+ s left {2}1 \/ 2 files/);
});

test("in a narrow terminal the bar shrinks, then what matters less is left out", () => {
  const standing = { bytes: 3 << 20, files: 3, totalBytes: 12 << 20, totalFiles: 1200, milliseconds: 2000 };
  const lines = (isTotal: boolean) =>
    [120, 80, 70, 45, 39, 19, 8, 1].map((columns) => progressLine({ ...standing, isTotal }, columns));
  assert.deepEqual(lines(true), [
    "██████░░░░░░░░░░░░░░░░░░  25% 3.0 MiB / 12.0 MiB  1.5 MiB/s  6.0 s left  3 / 1,200 files",
    "███░░░░░░░░░  25% 3.0 MiB / 12.0 MiB  1.5 MiB/s  6.0 s left  3 / 1,200 files",
    "25% 3.0 MiB / 12.0 MiB  1.5 MiB/s  6.0 s left  3 / 1,200 files",
    "25%  1.5 MiB/s  6.0 s left  3 / 1,200 files",
    "25%  3.0 MiB  6.0 s left",
    "25%  6.0 s left",
    "25%",
    "",
  ]);
  assert.deepEqual(lines(false).slice(-4), [
    "1.5 MiB/s  listing…  3 / 1,200+ files",
    "3.0 MiB  listing…",
    "listing…",
    "",
  ]);
});

test("what is done sooner shows nothing, and neither does a pipe", async () => {
  const stream = terminal();
  const quick = new Progress(new Messages(stream as never, {}));
  quick.stop();
  const pipe = new PassThrough();
  using slow = new Progress(new Messages(pipe as never, {}));
  assert.equal(slow.isShown, false);
  await delay(1100);
  assert.equal(stream.read(), null);
  assert.equal(pipe.read(), null);
});

test("only yes means yes, and Ctrl-C ends the question", async () => {
  const answers: [text: string, expected: boolean][] = [
    ["y\n", true],
    ["YES\n", true],
    ["\n", false],
    ["yep\n", false],
  ];
  for (const [text, expected] of answers) {
    const input = terminal();
    const output = terminal();
    input.write(text);
    assert.equal(await ask("Remove it?", { input, output }, new AbortController().signal), expected, text);
    assert.equal(output.read(), "Remove it? [y/N] ");
  }
  const closed = terminal();
  closed.end();
  assert.equal(await ask("?", { input: closed, output: terminal() }, new AbortController().signal), false);

  const controller = new AbortController();
  const output = terminal();
  const answer = ask("?", { input: terminal(), output }, controller.signal);
  await once(output, "readable");
  controller.abort(new Interruption(130, "interrupted"));
  await assert.rejects(answer, { code: "ERR_INTERRUPTED" });
});
