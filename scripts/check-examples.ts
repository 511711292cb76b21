/**
 * Proves the example hosts as strangers would run them: `npm pack`, then each folder of test/examples copied out of the
 * repository, installed with the tarball, and its own tests run under plain Node.js. Needs the npm registry.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = join(root, "test/examples");

async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  console.log(`$ ${[command, ...args].join(" ")}`);
  const child = spawn(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ${args[0]} failed: ${signal ?? `exit code ${code}`}`);
}

const folder = await realpath(await mkdtemp(join(tmpdir(), "plugfs-examples-")));
try {
  await run(root, "npm", "pack", "--loglevel=warn", "--pack-destination", folder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  for (const name of await readdir(examples)) {
    const example = join(folder, name);
    await mkdir(example);
    await cp(join(examples, name), example, { recursive: true });
    await run(
      example,
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--no-package-lock",
      join(folder, tarball),
    );
    await run(example, process.execPath, "--test");
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
