import { spawn } from "node:child_process";

export class SetupError extends Error {
  name = "SetupError";
}

/**
 * Runs a command to its end; what it printed is shown only when it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, signal?: AbortSignal, failure: string, shell?: boolean }} options
 * `signal` ends the command; `failure` begins the message of the `SetupError`
 */
export function run(command, args, { cwd, signal, failure }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], signal });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      reject(new SetupError(`${failure}: ${error.message}`, { cause: error }));
    });
    child.on("close", (code, endedBy) => {
      if (code === 0) return resolve();
      const why = endedBy === null ? `exit code ${code}` : endedBy;
      const text = Buffer.concat(output).toString().trimEnd();
      reject(new SetupError(`${failure} (${[command, ...args].join(" ")}: ${why})${text && `\n${text}`}`));
    });
  });
}
