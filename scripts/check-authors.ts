/**
 * `npm run check-authors`: the ten minutes of an author, from an empty folder outside the repository and with nothing but the
 * packed package: make a plugin, test, check and pack it, use it. Then the plugins of test/fixtures/plugins/, each installed
 * and checked the same way, with the table of what they keep of the contract. `--js` makes the new plugin in JavaScript.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../core/plugin/authoring/report.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const fixtures = join(root, "test/fixtures/plugins");
const language = process.argv.slice(2).filter((flag) => flag === "--js");

async function tenMinutes(folder: string, tarball: string): Promise<void> {
  const start = performance.now();
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  await run(folder, "npm", "install", ...QUIET, tarball);
  await run(folder, "npx", "plugfs", "plugins", "new", "sky-fs", "--scheme", "sky", ...language);
  const plugin = join(folder, "sky-fs");
  // As long as plugfs is not in the registry it is installed from the tarball; afterwards `npm install` is enough.
  await run(plugin, "npm", "install", ...QUIET, "--save-dev", tarball);
  await run(plugin, "npm", "test"); // a line for each case, of which the last ones tell
  await run(plugin, "npm", "run", "check");
  await run(plugin, "npm", "run", "pack");
  await run(folder, "mkdir", "plugins");
  await run(folder, "cp", "-r", "sky-fs/packed/sky-fs", "plugins/");
  await writeFile(join(folder, "use.js"), USE);
  await run(folder, process.execPath, "use.js");
  console.log(
    `\nFrom nothing to a shipped plugin in ${((performance.now() - start) / 1000).toFixed(0)} s of machine time.`,
  );
}

const USE = `import { Environment } from "plugfs";
const env = await Environment.open();
await env.fs.writeFile("sky://blue/hello", "It works\\n");
process.stdout.write(await env.fs.readFile("sky://blue/hello"));
await env.close();
`;

/** Each plugin alone, with what its manifest names and the packed plugfs. */
async function checkFixtures(folder: string, tarball: string): Promise<void> {
  const reports: Report[] = [];
  for (const entry of await readdir(fixtures, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "broken") continue;
    const plugin = join(folder, entry.name);
    await cp(join(fixtures, entry.name), plugin, {
      recursive: true,
      filter: (source) => !source.includes("node_modules"),
    });
    await run(plugin, "npm", "install", ...QUIET, "--save-dev", tarball);
    const { stdout } = await run(plugin, "npx", "plugfs", "plugins", "check", "--json");
    reports.push(JSON.parse(stdout));
  }
  console.log("");
  for (const { id, ok, sections } of reports) {
    const summary = (area: string) => sections.find((section) => section.area === area)?.summary ?? "";
    console.log(
      [ok ? "ok    " : "failed", id.padEnd(12), summary("contract").padEnd(50), summary("isolation")].join(
        "  ",
      ),
    );
    if (!ok) process.exitCode = 1;
  }
}

const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/** Echoes a command as a transcript does; rejects when it fails, but for a check, which says it in its report. */
async function run(cwd: string, command: string, ...args: string[]): Promise<{ stdout: string }> {
  const where = cwd.slice(folder.length + 1) || ".";
  console.log(
    `\n${where} $ ${[command.replace(process.execPath, "node"), ...args].join(" ").replaceAll(folder, "…")}`,
  );
  const child = spawn(command, args, { cwd, env: ENVIRONMENT, stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  const isShown = !args.includes("--json");
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (isShown && args[0] !== "test") process.stdout.write(text);
  });
  const [code, signal] = await once(child, "close");
  if (args[0] === "test") console.log(["…", ...stdout.trimEnd().split("\n").slice(-9)].join("\n"));
  if (code !== 0 && isShown)
    throw new Error(`${command} ${args[0]} failed: ${signal ?? `exit code ${code}`}`);
  return { stdout };
}

const ENVIRONMENT = { ...process.env, npm_config_loglevel: "error", NODE_TEST_CONTEXT: undefined };

const folder = await realpath(await mkdtemp(join(tmpdir(), "plugfs-authors-")));
try {
  const tarballs = join(folder, "tarballs");
  await mkdir(tarballs);
  await run(root, "npm", "pack", "--ignore-scripts", "--pack-destination", tarballs);
  const [name = ""] = await readdir(tarballs);
  const author = join(folder, "author");
  const others = join(folder, "fixtures");
  await Promise.all([mkdir(author), mkdir(others)]);
  await tenMinutes(author, join(tarballs, name));
  await checkFixtures(others, join(tarballs, name));
} finally {
  await rm(folder, { recursive: true, force: true });
}
