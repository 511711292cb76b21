import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const targets = new URL("../../scripts/setup/targets.mjs", import.meta.url).href;
const { staleTargets } = (await import(targets)) as { staleTargets(folder: string): { name: string }[] };

/** The compiled command starts three times as fast; what is not compiled as it stands is run from its source. */
export const command = staleTargets(repository).some(({ name }) => name === "dist")
  ? [
      "--conditions=plugfs-source",
      "--import",
      import.meta.resolve("tsx"),
      join(repository, "core/cli/main.ts"),
    ]
  : [join(repository, "dist/core/cli/main.js")];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
}

export interface StartOptions extends Omit<RunOptions, "input"> {
  /** A file descriptor in place of a pipe. */
  readonly stdout?: number;
}

/** The command as a process of its own, whose streams the test holds. */
export function start(
  args: readonly string[],
  { cwd = repository, env = {}, stdout }: StartOptions = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  const inherited = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", TZ: "UTC" };
  return spawn(process.execPath, [...command, ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ["pipe", stdout ?? "pipe", "pipe"],
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
}

/** Runs `plugfs <args>` to its end. */
export async function plugfs(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(args, options);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}
