import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

test("the day's lines are taken once, without those for debugging", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nightly-"));
  const at = (name) => join(folder, name);
  await mkdir(at("in"));
  await writeFile(at("in/a.log"), "2026-01-01 INFO one\n2026-01-01 DEBUG no\n2026-01-02 INFO later\n");
  await writeFile(at("in/b.log"), "2025-12-31 INFO before\n2026-01-01 ERROR two\n");
  const run = () =>
    promisify(execFile)(
      process.execPath,
      ["nightly.js", at("in"), at("out"), `file://${at("state")}`, "2026-01-01"],
      {
        cwd: import.meta.dirname ?? ".",
      },
    );
  assert.match((await run()).stdout, /^5 lines read/);
  const lines = (await readFile(at("out/2026-01-01.log"), "utf8")).trim().split("\n").sort();
  assert.deepEqual(lines, ["2026-01-01 ERROR two", "2026-01-01 INFO one"]);
  assert.match((await run()).stdout, /is there already \(41 bytes\)/);
  await rm(folder, { recursive: true });
});
