import { fork } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { errorCode } from "../../errors/errors.ts";
import { error, type Finding, lastWords, note, type Section, warning } from "./report.ts";

/** What the child process says. */
export interface ImportResult {
  readonly schemes: readonly string[];
  readonly loadMillis: number;
  readonly warnings: readonly string[];
  readonly error?: string;
  /** The plugin itself works: it wants to be told something, and nothing is configured here. */
  readonly isConfiguration?: boolean;
}

const PROGRAM = fileURLToPath(new URL(`./import-program${extname(import.meta.url)}`, import.meta.url));
/** Longer than plugin.load-timeout, which says more. */
const TIMEOUT_MS = 60_000;
const LINGER_MS = 2_000;

export interface ExportsOptions {
  readonly id: string;
  readonly directory: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Relative to the folder. */
  readonly shipped: readonly string[];
}

/**
 * Imports the plugin through a real environment, in a process of its own: the files that are shipped, and beside them
 * what `npm install --omit=dev` would leave in `node_modules`.
 */
export async function checkExports(options: ExportsOptions): Promise<Section> {
  const pluginsDir = await realpath(await mkdtemp(join(tmpdir(), "plugfs-check-")));
  try {
    await place(options, join(pluginsDir, options.id));
    return await importIn(pluginsDir, options.id);
  } finally {
    await rm(pluginsDir, { recursive: true, force: true });
  }
}

async function place({ directory, json, shipped }: ExportsOptions, target: string): Promise<void> {
  for (const file of shipped) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await copyFile(join(directory, file), join(target, file), constants.COPYFILE_FICLONE);
  }
  const notThere = new Set([
    "plugfs",
    ".bin",
    ".cache",
    ...Object.keys((json.devDependencies as object | undefined) ?? {}),
  ]);
  const modules = join(directory, "node_modules");
  await cp(modules, join(target, "node_modules"), {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => !notThere.has(relative(modules, source).replaceAll(sep, "/")),
  }).catch((problem: unknown) => {
    if (errorCode(problem) !== "ENOENT") throw problem;
  });
}

async function importIn(pluginsDir: string, id: string): Promise<Section> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(PROGRAM, [pluginsDir, id], { stdio: ["ignore", "ignore", "pipe", "ipc"], env });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-2000);
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const answer = new Promise<ImportResult | undefined>((resolve) => {
    child.once("message", (message) => resolve(message as ImportResult));
    exited.then(
      () => resolve(undefined),
      () => resolve(undefined),
    );
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  try {
    const result = await answer;
    if (result === undefined) {
      const [code, signal] = await exited;
      return section("", [
        error(
          `the process ended (${signal ?? `exit code ${code}`}) while the plugin was imported${lastWords(stderr)}`,
          {
            hint: "A plugin's module must not end its process, nor run on",
          },
        ),
      ]);
    }
    const findings: Finding[] = result.warnings
      .filter((text) => text !== result.error)
      .map((text) => warning(text));
    if (result.isConfiguration) findings.push(note(`it has to be configured: ${result.error}`));
    else if (result.error !== undefined) findings.push(error(result.error));
    const lingers = await Promise.race([exited.then(() => false), wait(LINGER_MS, true, { ref: false })]);
    if (lingers) {
      findings.push(
        warning(
          "the process goes on after the environment is closed: something in the module holds a timer or a socket",
          {
            hint: "Make it in create, and free it in close",
          },
        ),
      );
    }
    const schemes = result.schemes.map((scheme) => `${scheme}://`).join(" ");
    const time = result.error === undefined ? `, imported in ${Math.round(result.loadMillis)} ms` : "";
    return section(`${schemes || "no scheme"}${time}`, findings);
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited.catch(() => undefined);
  }
}

function section(summary: string, findings: readonly Finding[]): Section {
  return { area: "exports", summary, findings };
}
