/**
 * What becomes of the host when a plugin misbehaves, in the host's thread and in a worker: the table of the README, row by
 * row, made by real processes (`dist/`, plain Node).
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { node } from "../isolation/run-host.ts";
import { type Scene, scene } from "../isolation/scene.ts";
import { writeFiles } from "../support/files.ts";
import { ROGUE } from "./rogue.ts";

const HOST = `
  import { Environment } from "plugfs";
  const [pluginsDir, configuration, deed] = process.argv.slice(2);
  const quiet = () => {};
  const say = (text) => process.stdout.write(text + "\\n");
  const env = await Environment.open({
    pluginsDir,
    configuration: JSON.parse(configuration),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  await env.fs.stat("rogue://x/fine");
  say("calling");
  await env.fs.stat("rogue://x/" + deed).catch((error) => say(error.code + " " + error.message));
  await env.fs.stat("rogue://x/fine");
  say("goes on");
  await env.close();
  say("closed");
`;

const DEEDS = {
  exit: { says: "calls `process.exit(3)`", configuration: {} },
  throw: { says: "throws outside of a call", configuration: {} },
  reject: { says: "leaves a rejection unhandled", configuration: {} },
  heap: { says: "fills the heap", configuration: { "plugin.worker.memory": "32 mb" } },
  spin: { says: "never returns from a loop", configuration: { "plugin.worker.watchdog": "500 ms" } },
  handle: { says: "leaves a timer and a server behind", configuration: {} },
};

/** Long enough for a host that is about to end. What is told here does not happen later either. */
const STILL_THERE_MS = 1500;

let at: Scene;
before(async () => {
  at = await scene("inside", [], { rogue: ROGUE });
  await writeFiles(at.host, { "rogue-host.mjs": HOST });
});
after(() => at[Symbol.asyncDispose]());

/** What the README says of it. */
async function outcome(deed: keyof typeof DEEDS, configuration: object): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const args = [join(at.host, "rogue-host.mjs"), at.pluginsDir, JSON.stringify(configuration), deed];
  const child = spawn(node, ["--no-warnings", "--max-old-space-size=128", ...args], {
    cwd: at.path,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text) => errors.push(text));
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const last = deed === "handle" ? "closed" : "calling";
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    const inWorker = "plugin.worker" in configuration;
    // What goes on for ever is looked at for a while, from the last thing that the host says.
    if (line === last && !inWorker && (deed === "spin" || deed === "handle")) {
      const state = await Promise.race([ended, delay(STILL_THERE_MS, "there" as const, { ref: false })]);
      if (state === "there") {
        child.kill("SIGKILL");
        await ended;
        return deed === "spin" ? "the host hangs" : "the host does not end by itself";
      }
    }
  }
  const [code, signal] = await ended;
  if (said.at(-1) === "closed") {
    assert.equal(code, 0, errors.join(""));
    const [, reason] =
      /^ERR_PLUGIN_CRASHED .*its worker ended: (exit 3|uncaught|heap|watchdog)/m.exec(said.join("\n")) ?? [];
    return reason === undefined ? "ends with its worker, at `close()`" : `\`ERR_PLUGIN_CRASHED\`, ${reason}`;
  }
  if (/heap out of memory/.test(errors.join(""))) return "the host ends: out of memory";
  if (/thrown outside|rejected outside/.test(errors.join(""))) return "the host ends: uncaught error";
  return `the host ends: exit code ${code ?? signal}`;
}

for (const [deed, { says, configuration }] of Object.entries(DEEDS)) {
  test(`a plugin that ${says}`, async () => {
    const [inThread, inWorker] = await Promise.all([
      outcome(deed as keyof typeof DEEDS, {}),
      outcome(deed as keyof typeof DEEDS, { "plugin.worker": "*", ...configuration }),
    ]);
    const row = `| ${says} | ${inThread} | ${inWorker} |`;
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    assert.ok(readme.includes(`\n${row}\n`), `the README lacks\n${row}`);
  });
}
