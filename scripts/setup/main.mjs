import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, SetupError } from "./command.mjs";
import { install, installationProblem } from "./dependencies.mjs";
import { exclusively } from "./lock.mjs";
import { staleTargets, targets, writeStamp } from "./targets.mjs";

/**
 * Brings `node_modules`, `dist/` and the plugins of `opt/` up to date. Several calls at once, in one process or many,
 * do the work once.
 *
 * @param {{ root: URL, rebuild?: boolean }} options `rebuild`: also what is up to date
 */
export async function setUp({ root, rebuild = false }) {
  const folder = fileURLToPath(root);
  if (!rebuild && isReady(folder)) return;
  mkdirSync(join(folder, ".cache"), { recursive: true });
  await exclusively(join(folder, ".cache", "setup.lock"), say, async (signal) => {
    const problem = installationProblem(folder);
    if (problem !== undefined) {
      say(`installing packages (${problem})`);
      await install(folder, signal);
    }
    await build(folder, rebuild ? targets(folder) : staleTargets(folder), signal);
  });
}

function isReady(folder) {
  return installationProblem(folder) === undefined && staleTargets(folder).length === 0;
}

/** A target that fails does not stop the others; all failures are told together. */
async function build(folder, stale, signal) {
  const failures = [];
  for (const target of stale) {
    say(`building ${target.name}`);
    // As they are before the build: what changes meanwhile is built the next time.
    const inputs = target.inputs();
    const command = ["--import", "tsx", "scripts/build.ts", target.name];
    try {
      await run(process.execPath, command, {
        cwd: folder,
        signal,
        failure: `${target.name} could not be built`,
      });
      writeStamp(folder, target.name, { inputs, outputs: target.outputs() });
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new SetupError(failures.map((error) => error.message).join("\n"));
}

/** On stderr: the output of `npm pack --json` must stay JSON. */
function say(message) {
  process.stderr.write(`plugfs: ${message}\n`);
}
