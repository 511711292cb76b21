import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Examples of jobs and state: run as they are, by plain Node, on the package as built. */
for (const name of ["splits", "follow"]) {
  test(`the example ${name} runs and passes its own tests`, async () => {
    const cwd = fileURLToPath(new URL(`examples/${name}/`, import.meta.url));
    // A test run inside a test run would report to the outer one.
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
    const args = ["--test", "--test-reporter=tap", `${name}.test.js`];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
    assert.match(stdout, /^# pass 1$/m);
  });
}
