import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const main = fileURLToPath(new URL("main.js", import.meta.url));

test("each word is counted once, whichever process reads its split", async () => {
  const folder = await mkdtemp(join(tmpdir(), "splits-"));
  try {
    const lines = Array.from({ length: 20_000 }, (_, i) => `often word${i % 99}`);
    await writeFile(join(folder, "a.txt"), lines.join("\n"));
    await writeFile(join(folder, "b.txt"), "often\n");
    const { stdout } = await promisify(execFile)(process.execPath, [main, folder, "3"]);
    assert.match(stdout, /^5 splits, 100 words, most often: often 20001\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
