/**
 * `npm run lint-package`: what publint and arethetypeswrong say of the package as npm would pack it. Fails on anything but
 * what is meant to be so.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Message, publint } from "publint";
import { formatMessage } from "publint/utils";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The plugins of opt/ and the templates are packages of their own, which happen to travel in this one. */
function isMeant(message: Message): boolean {
  return (
    message.code === "NESTED_PACKAGE_JSON_FIELD_IGNORED" &&
    /^\.?\/?(opt|dist\/core\/cli\/templates)\//.test(message.args.filePath)
  );
}

const { messages, pkg } = await publint({ pkgDir: root, strict: true });
const problems = messages.filter((message) => !isMeant(message));
for (const problem of problems) console.error(`publint: ${formatMessage(problem, pkg)}`);
if (problems.length > 0) process.exitCode = 1;
else console.log("publint: nothing to say");

const folder = await mkdtemp(join(tmpdir(), "plugfs-lint-"));
try {
  const run = promisify(execFile);
  await run("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], {
    cwd: root,
  });
  const [tarball = ""] = await readdir(folder);
  // The package is ESM only, and says so by "type" and "engines".
  const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const args = [attw, join(folder, tarball), "--profile", "esm-only", "--no-emoji", "--format", "ascii"];
  await run(process.execPath, args).then(
    () => console.log("arethetypeswrong: nothing to say"),
    ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      console.error(`arethetypeswrong:\n${stdout}${stderr}`);
      process.exitCode = 1;
    },
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
