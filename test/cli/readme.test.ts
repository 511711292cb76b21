import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { COMMANDS } from "../../core/cli/commands.ts";
import { fencedBlocks } from "../support/markdown.ts";
import { commandsOf, openConsole } from "./console.ts";

const readme = await readFile(new URL("../../core/cli/README.md", import.meta.url), "utf8");

test("every command of core/cli/README.md prints what stands there", async () => {
  await using shell = await openConsole();
  for (const { language, text } of fencedBlocks(readme)) {
    if (language !== "console") continue;
    for (const { line, printed } of commandsOf(text)) {
      assert.equal(comparable(await shell.run(line)), comparable(printed), line);
    }
  }
});

test("every command is in core/cli/README.md", () => {
  for (const { name } of COMMANDS) assert.ok(readme.includes(`plugfs ${name}`), name);
});

/** Times, durations, tags and ids are others in each run. */
function comparable(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME")
    .replace(/\b\d+ ms\b/g, "N ms")
    .replace(/request [0-9A-F]+/g, "request ID")
    .replace(/v\d+\.\d+\.\d+ on \w+/g, "NODE")
    .replace(/(there in|copied|moved) [\d.]+ s/g, "$1");
}
