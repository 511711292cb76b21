import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { KEYS } from "./keys.ts";

test("the README's table names exactly the keys that are honoured", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const table = [...readme.matchAll(/^\| `(fs\.oss\.[^`]+)` \|/gm)].map((match) => match[1]);
  assert.deepEqual(
    table,
    Object.values(KEYS).map((option) => option.key),
  );
});

test("every key has a doc, and those that hold secrets are secret", () => {
  for (const option of Object.values(KEYS)) assert.notEqual(option.doc, "", option.key);
  assert.equal(KEYS.accessKeySecret.secret, true);
  assert.equal(KEYS.securityToken.secret, true);
});
