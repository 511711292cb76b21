import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { run } from "../../core/cli/run.ts";
import { writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { plugfs } from "./plugfs.ts";

/** The command line in this process, for the many ways to write it wrong. */
async function within(...args: string[]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const environment = { PLUGFS_HOME: "/nonexistent" };
  const code = await run(args, { stdin, stdout, stderr, environment, signal: new AbortController().signal });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

const WRONG: [args: string[], message: string, hint: string][] = [
  [["lss"], "plugfs: ERR_USAGE: there is no command lss. Did you mean ls?", "help"],
  [["cta", "x"], "plugfs: ERR_USAGE: there is no command cta. Did you mean cat?", "help"],
  [["frobnicate"], "plugfs: ERR_USAGE: there is no command frobnicate.", "help"],
  [["plugins"], "plugfs: ERR_USAGE: plugins needs one of: list, ", "help"],
  [["plugins", "lits"], "plugfs: ERR_USAGE: there is no command plugins lits. Did you mean list?", "help"],
  [
    ["cp", "--recursiv", "a", "b"],
    "plugfs cp: ERR_USAGE: unknown option --recursiv. Did you mean --recursive?",
    "help cp",
  ],
  [["cp", "-x", "a", "b"], "plugfs cp: ERR_USAGE: unknown option -x.", "help cp"],
  [
    ["cp", "a"],
    "plugfs cp: ERR_USAGE: too few operands; it takes [-r] [--continue] SOURCE... TARGET",
    "help cp",
  ],
  [["sync", "a", "b", "c"], 'plugfs sync: ERR_USAGE: "c" is too much; it takes', "help sync"],
  [["ls", ""], "plugfs ls: ERR_USAGE: an operand is empty.", "help ls"],
  [["ls", "--json=yes"], "plugfs ls: ERR_USAGE: --json takes no value.", "help ls"],
  [["ls", "--home"], "plugfs ls: ERR_USAGE: --home needs DIR.", "help ls"],
  [
    ["ls", "--home", "--json"],
    "plugfs ls: ERR_USAGE: --home needs DIR, and --json looks like an option.",
    "help ls",
  ],
  [["ls", "-D", "secret-without-equals"], "plugfs ls: ERR_USAGE: -D needs KEY=VALUE.", "help ls"],
  [["cp", "-p", "0", "a", "b"], "plugfs cp: ERR_USAGE: --parallel: ", "help cp"],
  [
    ["find", "--type", "x", "."],
    'plugfs find: ERR_USAGE: --type is f (files) or d (folders), not "x".',
    "help find",
  ],
  [["find", "--older", "soon", "."], "plugfs find: ERR_USAGE: --older: expected a duration", "help find"],
  [["put", "oss://b/x", "oss://b/y"], "plugfs put: ERR_USAGE: oss://b/x is not a local path;", "help put"],
  [["cp", "-", "x", "y"], "plugfs cp: ERR_USAGE: - (standard input) is the only source", "help cp"],
  [["stat", "-"], "plugfs stat: ERR_USAGE: - (standard input or output) cannot be used here.", "help stat"],
];

test("a command line that is wrong is exit code 2, one line, and where to look", async () => {
  for (const [args, message, hint] of WRONG) {
    const { code, stdout, stderr } = await within(...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.ok(stderr.startsWith(message), `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, new RegExp(`^[^\n]+ See plugfs ${hint}\n$`));
    assert.doesNotMatch(stderr, /secret-without/);
  }
});

test("help: of all, of one, of a group; nothing at all is help on stderr", async () => {
  const all = await within("--help");
  assert.match(all.stdout, /^plugfs: .*\n\nUsage: .*\n\n {2}ls +List files and folders\n/);
  assert.deepEqual(await within("help"), all);
  const cp = await within("help", "cp");
  assert.match(cp.stdout, /^Usage: plugfs cp .*\n\nCopy files .*Examples:\n/s);
  assert.deepEqual(await within("cp", "--help"), cp);
  assert.deepEqual(await within("cp", "-h", "x"), cp);
  assert.match((await within("help", "plugins")).stdout, /^ {2}plugfs plugins list +List/);
  assert.match((await within("--version")).stdout, /^plugfs \d+\.\d+\.\d+\n$/);
  const nothing = await within();
  assert.deepEqual([nothing.code, nothing.stdout], [2, ""]);
  assert.match(nothing.stderr, /^plugfs: .*Usage/s);
});

test("a scheme that nobody serves is answered with the plugin that would", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "conf"));
  await writeFiles(join(folder.path, "opt/x-fs"), {
    "package.json": { name: "x-fs", plugfs: { schemes: ["x"] } },
    "index.js": "",
  });
  const { code, stdout, stderr } = await plugfs(["cat", "x://bucket/key"], { cwd: folder.path });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^plugfs cat: ERR_PLUGIN_UNKNOWN_SCHEME: no file system is known for x:\/\/; .*opt\/x-fs.*\n$/,
  );
});

test("where the home comes from, and -D over the file", async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, {
    "one/conf/config.yaml": "where: one\ntoken: t0ken\n",
    "one/plugins/README.md": "",
    "two/conf/flink-conf.yaml": "where: two\n",
  });
  const conf = async (args: string[], env: Record<string, string> = {}) => {
    const ended = await plugfs(["conf", "--json", ...args], { cwd: join(folder.path, "one/plugins"), env });
    assert.deepEqual([ended.code, ended.stderr], [0, ""]);
    return ended.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  };
  assert.deepEqual(
    await conf([]),
    [
      { key: "token", value: "******", source: "../conf/config.yaml:2" },
      { key: "where", value: "one", source: "../conf/config.yaml:1" },
    ].map((setting) => ({ ...setting, source: join(folder.path, "one", setting.source.slice(3)) })),
  );
  const two = join(folder.path, "two");
  const [fromVariable] = await conf(["where"], { PLUGFS_HOME: two });
  assert.equal(fromVariable.value, "two");
  const [fromOption] = await conf(["--home", two, "-Dwhere=a=b", "where"], { PLUGFS_HOME: "/nonexistent" });
  assert.deepEqual(fromOption, { key: "where", value: "a=b", source: "-D" });
});
