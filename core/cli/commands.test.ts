import assert from "node:assert/strict";
import { test } from "node:test";
import { FileSystemError, PluginError } from "../errors/errors.ts";
import { describeError } from "./advice.ts";
import { parseArguments } from "./arguments.ts";
import { colorsFor } from "./colors.ts";
import { GLOBAL_OPTIONS } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, overview } from "./help.ts";
import { formatBytes, formatDuration, printable, table } from "./printable.ts";

for (const entry of COMMANDS) {
  test(`the help of ${entry.name} fits a terminal, and its examples are commands that it takes`, async () => {
    const { command } = await entry.load();
    assert.ok(command.examples.length > 0);
    for (const [line] of command.examples) {
      const own = line.split(/ [|>] /).find((part) => part.startsWith(`plugfs ${entry.name} `)) ?? line;
      const words = [...own.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
      assert.deepEqual(
        ["plugfs", ...entry.name.split(" ")],
        words.slice(0, 1 + entry.name.split(" ").length),
      );
      const args = words.slice(1 + entry.name.split(" ").length);
      const { operands } = parseArguments(args, { ...command.options, ...GLOBAL_OPTIONS });
      const { min, max } = command.operands;
      assert.ok(operands.length >= min && operands.length <= max, line);
    }
    const help = commandHelp(entry, command, colorsFor({}, {}));
    for (const columns of [100, 60]) {
      const words = command.examples.map(([line]) => `  $ ${line}`);
      for (const line of commandHelp(entry, command, colorsFor({}, {}), columns)) {
        assert.ok(line.length <= columns || line.startsWith("Usage:") || words.includes(line), line);
      }
    }
    const names = Object.keys({ ...command.options, ...GLOBAL_OPTIONS });
    for (const name of names)
      assert.ok(
        help.some((line) => line.includes(`--${name}`)),
        name,
      );
  });
}

test("the list of commands is wrapped at words, in a column of its own", () => {
  const lines = overview(colorsFor({}, {}), 60);
  for (const line of lines) assert.ok(line.length <= 60, line);
  const at = lines.findIndex((line) => line.includes("plugins enable"));
  assert.deepEqual(lines.slice(at, at + 2), [
    "  plugins enable   Copy a plugin into plugins/, and take it",
    "                   out of plugin.disabled",
  ]);
});

test("sizes and times are short and never lie by a unit", () => {
  const sizes = [0, 1023, 1024, 1_048_523, 1_048_525, 12_345_678, 2 ** 40, 2 ** 53 - 1];
  assert.deepEqual(sizes.map(formatBytes), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1023.9 KiB",
    "1.0 MiB",
    "11.8 MiB",
    "1.0 TiB",
    "8.0 PiB",
  ]);
  assert.deepEqual([400, 12_000, 185_000, 3_723_000].map(formatDuration), [
    "0.4 s",
    "12 s",
    "3:05",
    "1:02:03",
  ]);
});

test("what a terminal would obey is written out, and wide characters keep columns in line", () => {
  assert.equal(printable("a\nb\u001b[31m\u202ec\u0007日本"), "a\\nb\\e[31m\\u{202e}c\\u{07}日本");
  assert.deepEqual(
    table([
      ["日本", "x"],
      ["abcdef", "y"],
      ["\u001b[1ma\u001b[22m", "z"],
    ]),
    ["日本    x", "abcdef  y", "\u001b[1ma\u001b[22m       z"],
  );
});

test("colours: on a terminal only, NO_COLOR off, FORCE_COLOR on", () => {
  const terminal = { isTTY: true, hasColors: () => true };
  const cases: [stream: object, environment: Record<string, string>, isColored: boolean][] = [
    [terminal, {}, true],
    [{}, {}, false],
    [{ isTTY: true, hasColors: () => false }, {}, false],
    [terminal, { NO_COLOR: "1" }, false],
    [terminal, { NO_COLOR: "" }, true],
    [{}, { FORCE_COLOR: "1" }, true],
    [terminal, { FORCE_COLOR: "0" }, false],
    [terminal, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
  ];
  for (const [stream, environment, isColored] of cases) {
    assert.equal(colorsFor(stream, environment).isColorSupported, isColored, JSON.stringify(environment));
  }
});

test("an error is told by its code, and what went wrong first before what its clean-up met", () => {
  const path = "oss://b/x";
  const first = new FileSystemError({ code: "ENOSPC", path, operation: "write" });
  const told = describeError(first);
  assert.match(told, /^ENOSPC: .*oss:\/\/b\/x.*Free some space/);
  const disabled = { code: "ERR_PLUGIN_DISABLED", id: "x-fs", hint: "Call load" } as const;
  assert.match(
    describeError(new PluginError({ ...disabled, message: "it is disabled" })),
    /^ERR_PLUGIN_DISABLED: plugin "x-fs": it is disabled\. plugfs plugins enable x-fs switches it on$/,
  );
  const both = { name: "SuppressedError", error: new Error("clean-up"), suppressed: first };
  assert.equal(describeError(Object.assign(new Error("suppressed"), both)), told);
});
