/**
 * `npm test`: runs every `*.test.ts` of the repository under node:test.
 *
 * `npm test -- oss-server path` runs the files whose path holds one of the words; what begins with `-` goes to node
 * (`--test-name-pattern=…`). The files are named one by one, because on Node 20 a bare `--test` with tsx finds none
 * and succeeds.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import glob from "fast-glob";

const root = fileURLToPath(new URL("..", import.meta.url));
const soak = process.env.PLUGFS_SOAK === "1";
/** No file may hang the run; a file counts as one test. */
const TIMEOUT_MS = soak ? 3_600_000 : 180_000;

const args = process.argv.slice(2);
const words = args.filter((arg) => !arg.startsWith("-"));
const flags = args.filter((arg) => arg.startsWith("-"));

const all = await glob("{core,opt,scripts,test}/**/*.test.ts", {
  cwd: root,
  ignore: ["**/node_modules/**", "test/fixtures/**", "test/examples/**", "core/cli/templates/**"],
  followSymbolicLinks: false,
});
const files = all.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort();

if (files.length === 0) {
  const which = words.length === 0 ? "*.test.ts file" : `test file whose path holds ${words.join(" or ")}`;
  console.error(`There is no ${which} in core/, opt/, scripts/ or test/.`);
  process.exitCode = 1;
} else {
  await runTests(files);
}

async function runTests(files: readonly string[]): Promise<void> {
  const command = [
    ["--conditions=plugfs-source", "--import", "tsx", "--test", "--test-reporter=spec"],
    // One more than there are processors: some files wait for what they have started.
    [`--test-concurrency=${availableParallelism() + 1}`, `--test-timeout=${TIMEOUT_MS}`],
    [...flags, ...files],
  ].flat();
  const child = spawn(process.execPath, command, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  let interruptedBy: NodeJS.Signals | undefined;
  const forward = (signal: NodeJS.Signals) => {
    interruptedBy = signal;
    child.kill(signal);
  };
  process.on("SIGINT", forward);
  process.on("SIGTERM", forward);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...ended) => resolve(ended));
  });
  process.removeListener("SIGINT", forward);
  process.removeListener("SIGTERM", forward);
  // Ends as the signal would have ended it, for the shell's sake: node's test runner exits with 1.
  const endedBy = interruptedBy ?? signal;
  if (endedBy !== null) process.kill(process.pid, endedBy);
  process.exitCode = code ?? 1;
}
