import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** `npm test -- <args>`, as a program of its own rather than a part of this run. */
async function npmTest(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/test.ts", ...args], { cwd: root, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, "close");
  return { code, output };
}

test("words choose the files by path, flags go to node, and the totals close the output", async () => {
  const { code, output } = await npmTest("authoring/shift", "--test-name-pattern=longer");
  assert.equal(code, 0, output);
  assert.match(output, /ℹ pass 1\n.*ℹ fail 0\n/s);
});

test("a run that finds no file fails and says so", async () => {
  assert.deepEqual(await npmTest("no-such-file"), {
    code: 1,
    output: "There is no test file whose path holds no-such-file in core/, opt/, scripts/ or test/.\n",
  });
});
