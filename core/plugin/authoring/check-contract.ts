import { fork } from "node:child_process";
import { once } from "node:events";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContractMessage } from "./contract-program.ts";
import { error, type Finding, lastWords, type Section } from "./report.ts";

const PROGRAM = fileURLToPath(new URL(`./contract-program${extname(import.meta.url)}`, import.meta.url));
const TIMEOUT_MS = 300_000;

/** Runs the contract test that the manifest names, with the plugfs that the plugin's folder resolves. */
export async function checkContract(directory: string, contract: string): Promise<Section> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(PROGRAM, [resolve(directory, contract)], {
    cwd: directory,
    env,
    // The test runner hands them on to the test, which may be TypeScript. A bare --import means another folder there.
    execArgv: [
      ...process.execArgv.filter((flag) => flag.startsWith("--conditions=")),
      `--import=${import.meta.resolve("tsx")}`,
    ],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-2000);
  });
  const messages: ContractMessage[] = [];
  child.on("message", (message) => void messages.push(message as ContractMessage));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);

  const count = (kind: ContractMessage["kind"]) => messages.filter((message) => message.kind === kind).length;
  const notOwed = count("not-owed");
  const passed = count("pass") - notOwed;
  const findings: Finding[] = messages.flatMap((message) =>
    message.kind === "fail" ? [failure(message.name, message.message, contract)] : [],
  );
  if (count("end") === 0) {
    const ended = `the test ended with ${signal ?? `exit code ${code}`}${lastWords(stderr)}`;
    findings.push(error(ended, { place: contract }));
  } else if (passed <= 0 && findings.length === 0) {
    findings.push(
      error("it holds no test", { place: contract, hint: "Call fileSystemContract of plugfs/testing" }),
    );
  }
  const summary = `${passed} passed${notOwed === 0 ? "" : `, ${notOwed} not owed by its capabilities`}`;
  return { area: "contract", summary, findings };
}

function failure(name: string, message: string, contract: string): Finding {
  const [first = ""] = message.split("\n");
  const missing = /Cannot find (?:package|module) '(plugfs|tsx)[^']*'/.exec(message)?.[1];
  return error(`${name}: ${first}`, {
    place: contract,
    ...(missing !== undefined && { hint: `Run: npm install --save-dev ${missing}` }),
  });
}
