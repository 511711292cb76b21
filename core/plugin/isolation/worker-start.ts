/** Runs first in a worker that a plugin started, and sets up the isolation rule there. */
import { getEnvironmentData } from "node:worker_threads";
import { Isolation } from "./isolation.ts";
import { WORKER_STATE, type WorkerState } from "./worker-threads.ts";

const state = getEnvironmentData(WORKER_STATE) as unknown as WorkerState | undefined;
if (state !== undefined) {
  const core = (await import(state.core)) as object;
  await Isolation.ofProcess().inherit(state, new Map([["plugfs", core]]));
  if (state.typescript) {
    const { register } = await import("tsx/esm/api");
    register();
  }
}
