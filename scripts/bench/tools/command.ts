import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Setup, Tool, Usage, Work } from "../task.ts";
import { plugfsConfiguration } from "./plugfs-configuration.ts";

const REPORT = `data:text/javascript,${encodeURIComponent(`
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const usage = { cpuMilliseconds: (user + system) / 1000, peakMemory: process.resourceUsage().maxRSS * 1024 };
  process.stderr.write("\\nUSAGE " + JSON.stringify(usage) + "\\n");
});`)}`;

/** The plugfs command, each time in a process of its own: its start counts too. */
export async function commandTool(setup: Setup, root: string): Promise<Tool> {
  const home = join(setup.work, "home");
  await mkdir(join(home, "conf"), { recursive: true });
  const lines = Object.entries(plugfsConfiguration(setup)).map(([key, value]) => `${key}: ${value}\n`);
  await writeFile(join(home, "conf/config.yaml"), lines.join(""));
  await symlink(setup.pluginsDir, join(home, "plugins"));

  const run = async (...args: string[]): Promise<Usage> => {
    const script = join(root, "dist/core/cli/main.js");
    const child = spawn(process.execPath, ["--import", REPORT, script, "--home", home, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [printed] = await Promise.all([text(child.stderr), once(child, "exit")]);
    const [, usage] = /^USAGE (.*)$/m.exec(printed) ?? [];
    if (child.exitCode !== 0 || usage === undefined) throw new Error(`plugfs ${args[0]} failed: ${printed}`);
    return JSON.parse(usage);
  };
  const uri = (key: string): string => `oss://${setup.bucket}/${key}`;
  const done = (amount: number, usage: Usage): Work => ({ amount, usage });

  return {
    operations: {
      "upload-files": async ({ key, target = "", count }) =>
        done(count, await run("cp", "-r", fileURLToPath(key), uri(target))),
      "upload-file": async ({ key, target = "", size }) =>
        done(size, await run("put", fileURLToPath(key), uri(target))),
      "download-file": async ({ key, target = "", size }) =>
        done(size, await run("cp", uri(key), fileURLToPath(target))),
    },
    async [Symbol.asyncDispose]() {},
  };
}
