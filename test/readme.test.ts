/**
 * Runs README.md and those of the core, of env.fs and of oss-fs: every fenced block, from top to bottom, in one home for each, as a
 * reader would who copies them.
 *
 *   ```ts file=job.ts           written to the home and run from there; a comment behind a `console.log` is a line
 *                               that the output must hold
 *   ```ts file=plugins/x/y.ts   written (so is json, yaml): a file in a folder is part of something else
 *   ```sh                       run in the home
 *   ```text                     a picture, not a program
 *   … real account              not run: it needs what only the reader has
 *
 * Not run either: a `sh` block of `npm start` and `npm test`, the two commands themselves. Any other block is an error.
 * Renderers show nothing of what follows the language.
 *
 * The home is an application that installed the package: `node_modules/plugfs` leads here, so the programs run on `dist/`
 * under `node --import tsx`, against an OSS server of this test, which has the bucket `demo` with `access.log`.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Environment } from "plugfs";
import { startOssServer } from "./oss-server/server.ts";
import { type Block, fencedBlocks } from "./support/markdown.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/core/cli/main.js");
const credentials = { accessKeyId: "reader", accessKeySecret: "only-in-this-test" };
const isProgram = (file: string) => /\.[cm]?[jt]s$/.test(file) && !file.includes("/");

for (const readme of ["README.md", "core/README.md", "core/fs/README.md", "opt/oss-fs/README.md"]) {
  test(readme, async (t) => {
    const blocks = fencedBlocks(await readFile(join(root, readme), "utf8"));
    await using server = await startOssServer({ buckets: ["demo"], ...credentials });
    await using folder = await temporaryFolder();
    const home = folder.path;
    await makeHome(home, server.endpoint);

    let seeded = false;
    for (const block of blocks) {
      if (isExempt(block)) continue;
      await t.test(`line ${block.line}: ${block.language} ${block.file ?? ""}`, async () => {
        if (block.file === undefined) {
          assert.equal(block.language, "sh", `a block of ${block.language || "no language"} needs file=…`);
          await run("sh", ["-euc", block.text], home);
          return;
        }
        await write(join(home, block.file), block.text);
        if (!isProgram(block.file)) return;
        if (!seeded && readme === "README.md") await seed(home);
        seeded = true;
        const output = await run(
          process.execPath,
          ["--import", import.meta.resolve("tsx"), block.file],
          home,
        );
        for (const line of promisedLines(block.text)) {
          assert.ok(
            output.split("\n").includes(line),
            `the output does not hold the line ${line}:\n${output}`,
          );
        }
      });
    }
  });
}

async function makeHome(home: string, endpoint: string): Promise<void> {
  await write(join(home, "package.json"), '{ "type": "module" }\n');
  await mkdir(join(home, "node_modules"));
  await symlink(root, join(home, "node_modules/plugfs"));
  await symlink(join(root, "opt"), join(home, "opt"));
  // What npm makes of the package's "bin".
  await write(join(home, "node_modules/.bin/plugfs"), `#!/bin/sh\nexec node "${main}" "$@"\n`);
  await chmod(join(home, "node_modules/.bin/plugfs"), 0o755);
  const { accessKeyId, accessKeySecret } = credentials;
  await write(
    join(home, "conf/flink-conf.yaml"),
    `fs.oss.endpoint: ${endpoint}\nfs.oss.accessKeyId: ${accessKeyId}\nfs.oss.accessKeySecret: ${accessKeySecret}\n`,
  );
}

/** What the programs read; the plugin is there by then, copied by the README's own commands. */
async function seed(home: string): Promise<void> {
  await using env = await Environment.open({ home });
  await env.fs.writeFile("oss://demo/access.log", 'GET /a 200 12\nGET /b 500 7\n"POST /c" 500 9\n');
}

function isExempt({ language, info, text }: Block): boolean {
  if (language === "text" || info.includes("real account")) return true;
  const lines = text.trim().split("\n");
  return language === "sh" && lines.every((line) => /^npm (start|test)\s*(#.*)?$/.test(line));
}

function promisedLines(program: string): string[] {
  return [...program.matchAll(/console\.log\(.*\);? *\/\/ (.+)$/gm)].map((match) => match[1] ?? "");
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Rejects with the output when the command fails or says anything on stderr. */
async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // npx would otherwise warn of what stands in the reader's npm configuration.
  const quiet = { ...env, npm_config_loglevel: "error" };
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env: quiet });
  assert.equal(stderr, "");
  return stdout;
}
