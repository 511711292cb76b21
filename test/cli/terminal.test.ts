import assert from "node:assert/strict";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import stringWidth from "string-width";
import { writeFiles } from "../support/files.ts";
import { type OssHome, ossHome } from "./oss-home.ts";
import { onTerminal, Terminal } from "./terminal.ts";
import { until } from "./until.ts";

const MIB = 1 << 20;
/** Bytes a second, of each connection. */
const SLOW = 2 * MIB;
const CTRL_C = "\u0003";
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
const COLOUR = /\u001b\[\d+m/;

let home: OssHome;
before(async () => {
  home = await ossHome();
});
after(() => home[Symbol.asyncDispose]());
beforeEach(() => {
  home.server.shape.rate = Number.POSITIVE_INFINITY;
});

const at = (name: string) => join(home.work, name);

async function bigFile(name: string): Promise<void> {
  await writeFile(at(name), "");
  await truncate(at(name), 64 * MIB);
}

describe("a bar below what is printed", () => {
  for (const [columns, expected] of [
    [100, /^[█░]{24} {2}\d+% [\d.]+ \w+ \/ 64\.0 MiB {2}[\d.]+ \w+\/s {2}.+ {2}0 \/ 1 files$/m],
    [40, /^\d+% {2}.+$/m],
    [20, /^\d+%(?: {2}.+)?$/m],
  ] as const) {
    test(`in ${columns} columns, gone at the end`, async () => {
      await bigFile("big");
      home.server.shape.rate = SLOW;
      const terminal = new Terminal(["cp", "-v", "big", `oss://demo/bar-${columns}`], {
        cwd: home.work,
        columns,
      });
      await terminal.shows(expected);
      assert.ok(!terminal.screen.cursor);
      for (const line of terminal.screen.lines()) assert.ok(stringWidth(line) < columns, line);
      home.server.shape.rate = Number.POSITIVE_INFINITY;
      assert.equal((await terminal.ended).exitCode, 0);
      assert.ok(terminal.screen.cursor);
      const text = terminal.screen.lines().join("");
      assert.match(
        text,
        /^\S+\/big -> oss:\/\/demo\/bar-\d+1 file, 64\.0 MiB in ?[\d.]+ s ?\([\d.]+ MiB\/s\)\.$/,
      );
    });
  }

  test("which takes the width that the terminal is given", async () => {
    await bigFile("big");
    home.server.shape.rate = SLOW;
    const terminal = new Terminal(["cp", "big", "oss://demo/resized"], { cwd: home.work, columns: 100 });
    await terminal.shows(/^[█░]{24} /m);
    terminal.resize(40);
    await terminal.shows(/^\d+% {2}.+$/m);
    assert.ok(terminal.screen.lines().every((line) => stringWidth(line) < 40));
    terminal.resize(100);
    await terminal.shows(/^[█░]{24} /m);
    home.server.shape.rate = Number.POSITIVE_INFINITY;
    assert.equal((await terminal.ended).exitCode, 0);
  });

  test("and takes no message with it", async () => {
    await writeFiles(at("some"), { "1": "1", "3/x": "3" });
    await bigFile("some/2");
    await home.server.put("demo", "some/3", "in the way");
    home.server.shape.rate = SLOW;
    const terminal = new Terminal(["cp", "-r", "-v", "-p1", "some", "oss://demo/"], {
      cwd: home.work,
      columns: 100,
    });
    await terminal.shows(/^[█░]{24} /m);
    await terminal.shows(/some\/1 ->/);
    home.server.shape.rate = Number.POSITIVE_INFINITY;
    assert.equal((await terminal.ended).exitCode, 1);
    const lines = terminal.screen.text();
    assert.match(lines, /^\S+\/some\/1 -> oss:\/\/demo\/some\/1\n\S+\/some\/2 -> .*\nplugfs cp: ENOTDIR: /);
    assert.match(lines, /\n2 files, 64\.0 MiB in .*$/);
    assert.doesNotMatch(lines, /[█░]/);
  });
});

describe("Ctrl-C", () => {
  test("in the middle of an upload exits with 130 and leaves nothing", async () => {
    await bigFile("big");
    home.server.shape.rate = SLOW;
    const terminal = new Terminal(["cp", "big", "oss://demo/interrupted"], { cwd: home.work, columns: 100 });
    await terminal.shows(/^[█░]{24} /m);
    await until(() => home.server.uploads("demo").length > 0, terminal.ended);
    home.server.shape.rate = Number.POSITIVE_INFINITY;
    terminal.type(CTRL_C);
    assert.equal((await terminal.ended).exitCode, 130);
    assert.deepEqual(home.server.uploads("demo"), []);
    assert.ok(!home.server.keys("demo").includes("interrupted"));
    assert.ok(terminal.screen.cursor);
    assert.doesNotMatch(terminal.screen.text(), /[█░]/);
  });

  test("in the middle of a download leaves no temporary file", async () => {
    await home.server.put("demo", "large", Buffer.alloc(32 * MIB));
    await writeFiles(at("into"), { kept: "" });
    home.server.shape.rate = SLOW;
    const terminal = new Terminal(["get", "oss://demo/large", "into"], { cwd: home.work, columns: 100 });
    await terminal.shows(/^[█░]{24} /m);
    home.server.shape.rate = Number.POSITIVE_INFINITY;
    terminal.type(CTRL_C);
    assert.equal((await terminal.ended).exitCode, 130);
    assert.deepEqual(await readdir(at("into")), ["kept"]);
  });
});

describe("rm -r asks", () => {
  const remaining = () => home.server.keys("demo").filter((key) => key.startsWith("old/"));
  beforeEach(async () => {
    for (const key of ["old/a", "old/b/c"]) await home.server.put("demo", key, "12345");
  });
  for (const [keys, code, expected] of [
    ["y\r", 0, []],
    ["n\r", 1, ["old/a", "old/b/c"]],
    ["\r", 1, ["old/a", "old/b/c"]],
    ["\u0004", 1, ["old/a", "old/b/c"]],
    [CTRL_C, 130, ["old/a", "old/b/c"]],
  ] as const) {
    test(`and takes ${JSON.stringify(keys)} for ${code === 0 ? "yes" : "no"}`, async () => {
      const terminal = new Terminal(["rm", "-r", "oss://demo/old"], { cwd: home.work });
      await terminal.shows(/^Remove oss:\/\/demo\/old \(2 files, 10 B\)\? \[y\/N\]$/m);
      terminal.type(keys);
      assert.equal((await terminal.ended).exitCode, code);
      assert.deepEqual(remaining(), expected);
      if (code === 1) assert.match(terminal.screen.text(), /\nNothing was removed\.$/);
    });
  }
});

test("colours on a terminal, none with NO_COLOR or on a dumb one", async () => {
  await home.server.put("demo", "list/sub/file", "1");
  const args = ["ls", "oss://demo/list"];
  assert.match((await onTerminal(args, { cwd: home.work })).raw, COLOUR);
  assert.doesNotMatch((await onTerminal(args, { cwd: home.work, env: { NO_COLOR: "1" } })).raw, COLOUR);
  assert.doesNotMatch((await onTerminal(args, { cwd: home.work, env: { TERM: "dumb" } })).raw, COLOUR);
});

test("columns stay in line under wide characters and written-out control characters", async () => {
  for (const key of ["wide/日本語.txt", "wide/😀", "wide/e\u0301", "wide/a\nb", "wide/x"]) {
    await home.server.put("demo", key, "1");
  }
  const { lines } = await onTerminal(["ls", "oss://demo/wide"], { cwd: home.work });
  assert.deepEqual(
    lines.map((line) => line.replace(/\d\d+/g, "N")),
    ["a\\nb", "e\u0301", "x", "日本語.txt", "😀"].map((name) => `       1 B  N-N-N N:N:N  ${name}`),
  );
  const du = await onTerminal(["du", "oss://demo/wide"], { cwd: home.work });
  assert.deepEqual(du.lines, ["       5 B            5 files  oss://demo/wide"]);
});
