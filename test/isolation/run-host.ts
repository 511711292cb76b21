import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository, type Scene } from "./scene.ts";

/** The Node that runs the hosts: the matrix sets another. */
export const node = process.env.PLUGFS_NODE ?? process.execPath;

export interface HostJob {
  readonly schemes: readonly string[];
  readonly configuration?: Record<string, unknown>;
  /** Names of host packages to pass as `shared`. */
  readonly shared?: readonly string[];
}

/** Probe → true, or what was wrong. */
export type Probes = Readonly<Record<string, true | string>>;

export interface HostReport {
  /** By scheme. */
  readonly results: Readonly<Record<string, Probes>>;
  readonly host: Probes;
  readonly plugins: readonly { id: string; state: string; error?: string }[];
  readonly log: readonly { level: string; message: string }[];
}

export interface HostStart {
  /** Arguments before the program: `["--import", x]`, or the tsx command. */
  readonly flags?: readonly string[];
  /** Default `host.mjs`. */
  readonly program?: string;
}

export const tsxCommand = join(repository, "node_modules/tsx/dist/cli.mjs");

/** Runs a scene's host and resolves to what it printed. */
export async function runHost(scene: Scene, job: HostJob, start: HostStart = {}): Promise<HostReport> {
  const { flags = [], program = "host.mjs" } = start;
  const stdout = await runNode(
    [
      ...flags,
      join(scene.host, program),
      JSON.stringify({ pluginsDir: scene.pluginsDir, path: scene.path, host: scene.host, ...job }),
    ],
    { cwd: scene.path, env: { NODE_PATH: join(scene.path, "node-path") } },
  );
  const line = stdout.trim().split("\n").at(-1) ?? "";
  return JSON.parse(line) as HostReport;
}

/** Major and minor of the Node that runs the hosts. */
export async function nodeVersion(): Promise<number[]> {
  const version = await runNode(["--print", "process.versions.node"]);
  return version.trim().split(".").map(Number);
}

/** Resolves to what it printed; rejects with its stderr unless it exits with 0. */
export async function runNode(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<string> {
  // The runner's own settings (tsx, the test channel) are not the host's.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const { stdout } = await promisify(execFile)(node, [...args], {
    cwd: options.cwd ?? repository,
    env: { ...env, ...options.env },
    timeout: 120_000,
    maxBuffer: 1 << 26,
  });
  return stdout;
}
