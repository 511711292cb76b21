/**
 * `npm run test:matrix [-- VERSION…]`: runs the tests of isolation, of embedding hosts and of containment with their
 * hosts on every Node that matters, and prints a table, version by test. The binaries are npm's `node-<platform>-<arch>` packages, kept in `.cache/node`.
 *
 * 20.19: the oldest supported. 22.15: the first with synchronous hooks. 22.22.2: its `load` hooks are broken. The rest:
 * the newest of each line.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import glob from "fast-glob";

const VERSIONS = ["20.19", "22.15", "22.22.2", "22", "24", "26"];
const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache/node");

/** Test → passed and total of its parts. */
type Outcome = ReadonlyMap<string, { passed: number; total: number }>;

const wanted = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS;
const outcomes = new Map<string, Outcome>();
for (const range of wanted) {
  const binary = await nodeBinary(range);
  const { stdout } = await promisify(execFile)(binary, ["--version"]);
  const version = stdout.trim();
  process.stderr.write(`${version} …\n`);
  outcomes.set(version, await runTests(binary));
}
process.exitCode = printTable(outcomes) ? 0 : 1;

/** Fetches the newest Node that fits, unless an earlier run did. */
async function nodeBinary(range: string): Promise<string> {
  const folder = join(cache, `${range}-${process.platform}-${process.arch}`);
  const binary = join(folder, "bin/node");
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "fetch-"));
  try {
    const name = `node-${process.platform}-${process.arch}@${range}`;
    process.stderr.write(`fetching ${name}\n`);
    await promisify(execFile)("npm", ["pack", name, "--pack-destination", work], { cwd: work });
    const [tarball = ""] = (await readdir(work)).filter((file) => file.endsWith(".tgz"));
    await promisify(execFile)("tar", ["-xzf", join(work, tarball), "-C", work, "package/bin/node"]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, "package"), folder);
    return binary;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The tests themselves run on this Node; `PLUGFS_NODE` is what their hosts run on. */
async function runTests(binary: string): Promise<Outcome> {
  const patterns = [
    "test/isolation/**/*.test.ts",
    "test/embedding/hosts.test.ts",
    "test/worker/*-table.test.ts",
  ];
  const files = await glob(patterns, { cwd: root });
  const args = [
    "--conditions=plugfs-source",
    "--import",
    "tsx",
    "--test",
    "--test-reporter=tap",
    ...files.sort(),
  ];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, PLUGFS_NODE: binary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const outcome = new Map<string, { passed: number; total: number }>();
  let part = { passed: 0, total: 0 };
  for await (const line of createInterface({ input: child.stdout })) {
    const [, indent = "", not, name = ""] = /^( *)(not )?ok \d+ - (.*)$/.exec(line) ?? [];
    if (name === "") continue;
    if (not !== undefined) process.stderr.write(`${line}\n`);
    if (indent !== "") {
      part.total += 1;
      if (not === undefined) part.passed += 1;
      continue;
    }
    const whole = { passed: not === undefined ? 1 : 0, total: 1 };
    outcome.set(name, part.total === 0 ? whole : part);
    part = { passed: 0, total: 0 };
  }
  return outcome;
}

/** Whether everything passed. */
function printTable(all: ReadonlyMap<string, Outcome>): boolean {
  const names = [...new Set([...all.values()].flatMap((outcome) => [...outcome.keys()]))];
  const width = Math.max(...names.map((name) => name.length));
  let green = names.length > 0;
  console.log(`| ${"test".padEnd(width)} | ${[...all.keys()].join(" | ")} |`);
  console.log(
    `|${"-".repeat(width + 2)}|${[...all.keys()].map((version) => "-".repeat(version.length + 2)).join("|")}|`,
  );
  for (const name of names) {
    const cells = [...all].map(([version, outcome]) => {
      const found = outcome.get(name);
      const passed = found !== undefined && found.passed === found.total;
      green &&= passed;
      const text =
        found === undefined ? "missing" : passed ? `${found.total}` : `${found.passed}/${found.total}`;
      return text.padStart(version.length);
    });
    console.log(`| ${name.padEnd(width)} | ${cells.join(" | ")} |`);
  }
  console.log(green ? "all passed (numbers: probes in the test)" : "NOT all passed");
  return green;
}
