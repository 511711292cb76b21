import assert from "node:assert/strict";
import { test } from "node:test";
import { fencedBlocks } from "./markdown.ts";

test("blocks come with their line, language, info and file, in order", () => {
  const text = [
    "# A",
    "```ts file=a/b.ts real account",
    "one",
    "",
    "two",
    "```",
    "text",
    "1. item",
    "   ```",
    "   x",
    "   ```",
  ];
  assert.deepEqual(fencedBlocks(text.join("\n")), [
    { line: 2, language: "ts", info: "file=a/b.ts real account", file: "a/b.ts", text: "one\n\ntwo\n" },
    { line: 9, language: "", info: "", text: "x\n" },
  ]);
});

test("a fence inside a longer fence is text; one that is never closed is an error", () => {
  assert.equal(fencedBlocks("````md\n```ts\n````")[0]?.text, "```ts\n");
  assert.throws(() => fencedBlocks("a\n```ts\nb"), /line 2 is never closed/);
});
