import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("follow.js", import.meta.url));

test("a file is named when it is new or has changed, and not again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "follow-"));
  try {
    const at = (name) => join(folder, name);
    const run = async () => {
      const args = [program, at("in"), `file://${at("state")}`];
      return (await promisify(execFile)(process.execPath, args)).stdout.split("\n").slice(0, -1);
    };
    await mkdir(at("in"));
    await writeFile(at("in/a"), "one");
    await writeFile(at("in/b"), "two");
    assert.deepEqual(await run(), ["a", "b"]);
    assert.deepEqual(await run(), []);
    await writeFile(at("in/b"), "longer");
    await writeFile(at("in/c"), "three");
    assert.deepEqual(await run(), ["b", "c"]);
    const [owner] = await readdir(at("state"));
    assert.deepEqual(await readdir(at(`state/${owner}`)), ["chk-3"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
