import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { fromSource } from "../support/from-source.ts";
import { fencedBlocks } from "../support/markdown.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

test("the README's TypeScript runs", async () => {
  await using folder = await temporaryFolder();
  const blocks = fencedBlocks(await readFile(new URL("README.md", import.meta.url), "utf8"));
  const [block, ...more] = blocks.filter(({ language }) => language === "ts");
  assert.equal(more.length, 0);
  const text = block?.text.replace(
    '"./server.ts"',
    JSON.stringify(new URL("server.ts", import.meta.url).href),
  );
  const script = join(folder.path, "readme.mts");
  await writeFile(script, `${text}\nconsole.log("ran to the end");`);
  const args = [...fromSource, script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout, "ran to the end\n");
});
