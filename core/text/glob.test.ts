import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { globMatcher } from "./glob.ts";

test("what a pattern matches", () => {
  const cases: [pattern: string, matches: string[], others: string[]][] = [
    ["*.csv", ["a.csv", ".csv"], ["a.CSV", "d/a.csv", "a.csv.gz"]],
    ["**/*.csv", ["a.csv", "d/a.csv", "d/e/a.csv"], ["a.txt"]],
    ["logs/**", ["logs/a", "logs/b/c"], ["log/a", "logs"]],
    ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "ab"]],
    ["a**b", ["ab", "axxb"], ["a/b"]],
    ["20??-*.log", ["2024-x.log", "20第🦊-.log"], ["20-x.log", "20/4-x.log"]],
    ["{a,b*}.{txt,gz}", ["a.txt", "bcd.gz"], ["c.txt", "a.xz"]],
    ["{**/,x}a", ["a", "d/a", "xa"], ["xxa"]],
    ["[a-c]x[!0-9]", ["ax.", "cxy"], ["dxy", "ax5", "ax/"]],
    ["[]x]", ["]", "x"], ["y"]],
    ["[a", ["[a"], ["a"]],
    ["\\*.\\{a\\}", ["*.{a}"], ["x.{a}"]],
    ["a+(b).c$", ["a+(b).c$"], ["aab.c"]],
    ["a,b", ["a,b"], ["a"]],
    ["}", ["}"], [""]],
    ["[&&--]", ["&", "-"], ["a"]],
  ];
  for (const [pattern, matches, others] of cases) {
    const test = globMatcher(pattern);
    for (const path of matches) assert.ok(test(path), `${pattern} should match ${path}`);
    for (const path of others) assert.ok(!test(path), `${pattern} should not match ${path}`);
  }
});

test("patterns that cannot be read are refused", () => {
  for (const pattern of ["", "{a", "a\\", "[z-a]"]) {
    assert.throws(() => globMatcher(pattern), { code: "ERR_JOB_INPUT", message: /glob/ }, pattern);
  }
});

test("a folder is read through its glob, nested folders too when the pattern says so", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["a.csv", "b.txt", "d/c.csv", "d/e/f.csv", "d/_no.csv"]) {
    await mkdir(join(folder.path, name, ".."), { recursive: true });
    await writeFile(join(folder.path, name), `${name}\n`);
  }
  const { graph } = localJob();
  for (const [glob, expected] of [
    ["*.csv", ["a.csv"]],
    ["**/*.csv", ["a.csv", "d/c.csv", "d/e/f.csv"]],
    ["d/*", ["d/c.csv"]],
    ["*.none", []],
  ] as const) {
    const lines: string[] = [];
    for await (const line of graph.readTextFile(folder.path, { glob })) lines.push(line);
    assert.deepEqual(lines, expected, glob);
  }
});
