/** `plugfs plugins lock` and what `plugin.verify` makes of it. */
import assert from "node:assert/strict";
import { appendFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Environment } from "plugfs";
import { plugfs } from "./cli/plugfs.ts";
import { collecting } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const PLUGIN = fileURLToPath(new URL("fixtures/plugins/memory-fs", import.meta.url));

async function home() {
  const folder = await temporaryFolder();
  const plugin = join(folder.path, "plugins/memory-fs");
  await mkdir(join(folder.path, "conf"));
  await cp(PLUGIN, plugin, { recursive: true });
  const warnings: string[] = [];
  const use = async (verify?: string) => {
    const configuration = verify === undefined ? {} : { "plugin.verify": verify };
    const logger = collecting(warnings);
    await using env = await Environment.open({ home: folder.path, configuration, logger });
    await env.fs.mkdir("mem://x/folder");
  };
  return { ...folder, [Symbol.asyncDispose]: folder[Symbol.asyncDispose], plugin, warnings, use };
}

test("without a lock file nothing is verified, unless that is enforced", async () => {
  await using at = await home();
  await at.use();
  await at.use("warn");
  assert.deepEqual(at.warnings, []);
  await assert.rejects(at.use("enforce"), {
    code: "ERR_PLUGIN_VERIFY",
    id: "memory-fs",
    message: /there is no .*plugins\.lock\.json.*plugfs plugins lock/,
  });
});

test("a changed or unknown folder is a warning, refused when enforced, and fine once locked again", async () => {
  await using at = await home();
  const run = (...args: string[]) => plugfs(["--home", at.path, "plugins", "lock", ...args]);
  const locked = await run();
  assert.equal(locked.code, 0, locked.stderr);
  assert.match(locked.stdout, /memory-fs: new\nLocked 1 plugin in .*conf\/plugins\.lock\.json/);
  const lock = JSON.parse(await readFile(join(at.path, "conf/plugins.lock.json"), "utf8"));
  assert.equal(lock.plugins["memory-fs"].version, "1.0.0");
  await at.use("enforce");
  assert.equal((await run("--check")).code, 0);

  await appendFile(join(at.plugin, "index.ts"), "// changed\n");
  await cp(PLUGIN, join(at.path, "plugins/another"), { recursive: true });
  const check = await run("--check", "--json");
  assert.equal(check.code, 1);
  assert.deepEqual(
    check.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ id, state }) => [id, state]),
    [
      ["another", "new"],
      ["memory-fs", "changed"],
    ],
  );
  const changed = /"another": it is not in|"memory-fs": its folder is not as it was locked/;
  await assert.rejects(at.use("enforce"), { code: "ERR_PLUGIN_VERIFY", message: changed });
  at.warnings.length = 0;
  await at.use();
  assert.ok(
    at.warnings.some((text) => changed.test(text)),
    at.warnings.join("\n"),
  );
  await at.use("off");
  assert.equal((await run()).code, 0);
  await at.use("enforce");
});
