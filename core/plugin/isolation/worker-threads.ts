/**
 * `node:worker_threads` as plugins see it: a worker that a plugin starts follows the isolation rule too. Workers
 * inherit no hooks, so the wrapped constructor adds a module that sets the rule up before the worker's own code.
 *
 * Code given as text (`eval: true`) is not covered: Node runs it without that module, and it lies in no folder.
 */
import workerThreads, { setEnvironmentData, Worker, type WorkerOptions } from "node:worker_threads";
import { errorCode, errorMessage } from "../../errors/errors.ts";
import { moduleFile } from "./module-file.ts";
import type { Root } from "./rule.ts";

export interface WorkerState {
  readonly roots: readonly Root[];
  /** Patterns by shared list. */
  readonly patterns: readonly (readonly string[])[];
  /** File name of the host's main module. */
  readonly host: string;
  /** URL of the core's front door: loaded anew in the worker. */
  readonly core: string;
  /** Whether the worker's own code is TypeScript. */
  readonly typescript: boolean;
}

export const WORKER_STATE = "plugfs.isolation";

export function wrappedWorkerThreads(
  state: () => Omit<WorkerState, "core" | "typescript">,
): typeof workerThreads {
  const Wrapped = new Proxy(Worker, {
    construct(target, [file, options = {}]: [string | URL, WorkerOptions?], newTarget) {
      const start = moduleFile("worker-start", "workers that plugins start");
      const core = new URL(`../../index.${start.href.split(".").at(-1)}`, start).href;
      const typescript = /\.[mc]?tsx?$/.test(file instanceof URL ? file.pathname : file);
      const make = (inherited: readonly string[]): Worker => {
        const execArgv = [...inherited, "--import", start.href];
        return Reflect.construct(target, [file, { ...options, execArgv }], newTarget);
      };
      setEnvironmentData(WORKER_STATE, { ...state(), core, typescript } satisfies WorkerState as never);
      try {
        return withAllowedFlags(options.execArgv ?? process.execArgv, make);
      } finally {
        setEnvironmentData(WORKER_STATE, undefined as never);
      }
    },
  });
  return { ...workerThreads, Worker: Wrapped };
}

/** Flags of the whole process are inherited silently, but refused when they are passed on; the message lists them. */
function withAllowedFlags<T>(flags: readonly string[], make: (flags: readonly string[]) => T): T {
  try {
    return make(flags);
  } catch (error) {
    if (errorCode(error) !== "ERR_WORKER_INVALID_EXEC_ARGV") throw error;
    const refused = new Set(errorMessage(error).split(/[:,]?\s+/));
    return make(flags.filter((flag) => !refused.has(flag)));
  }
}
