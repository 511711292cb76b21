import type { Configuration } from "../config/configuration.ts";
import { JobError } from "../errors/errors.ts";
import { FsStateBackend } from "../state/fs-state-backend.ts";
import type { StateBackend } from "../state/state-backend.ts";
import {
  CHECKPOINT_INTERVAL,
  CHECKPOINT_MIN_PAUSE,
  CHECKPOINT_RETENTION,
  CHECKPOINT_TIMEOUT,
} from "./options.ts";

export interface CheckpointingOptions {
  /**
   * When the last checkpoint outlives the job. `none`: never. `on-failure` (default): when the job fails or is aborted.
   * `on-success`: in these cases and after success too. Default: what
   * `execution.checkpointing.externalized-checkpoint-retention` says.
   */
  readonly retain?: "none" | "on-failure" | "on-success" | undefined;
  /** Milliseconds; a checkpoint that takes longer fails the job. Default: `execution.checkpointing.timeout`. */
  readonly timeout?: number | undefined;
  /** Least milliseconds between two checkpoints. Default: `execution.checkpointing.min-pause`. */
  readonly minPause?: number | undefined;
}

export interface Retention {
  readonly afterSuccess: boolean;
  readonly afterFailure: boolean;
  readonly afterAbort: boolean;
}

/** How one job takes its checkpoints. */
export interface CheckpointSettings {
  readonly backend: StateBackend;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  readonly retention: Retention;
}

/** What `setStateBackend` and `enableCheckpointing` have said. */
export interface DeclaredSettings {
  readonly backend: StateBackend | undefined;
  readonly intervalMs: number | undefined;
  readonly options: CheckpointingOptions;
}

/** Throws `ERR_JOB_CHECKPOINT` for an interval or options that cannot work. */
export function checkCheckpointing(intervalMs: number, options: CheckpointingOptions): void {
  const { retain, timeout, minPause } = options;
  checkDuration("the checkpoint interval", intervalMs, 1);
  if (timeout !== undefined) checkDuration("the checkpoint timeout", timeout, 1);
  if (minPause !== undefined) checkDuration("minPause", minPause, 0);
  if (retain !== undefined && !["none", "on-failure", "on-success"].includes(retain)) {
    throw refused(`retain is ${String(retain)}; expected none, on-failure or on-success`);
  }
}

/** Undefined when the job takes no checkpoints: a backend alone asks for none, as in Flink. */
export function checkpointSettings(
  declared: DeclaredSettings,
  configuration: Configuration,
  job: string | undefined,
): CheckpointSettings | undefined {
  const intervalMs = declared.intervalMs ?? configuration.get(CHECKPOINT_INTERVAL);
  if (intervalMs === undefined) return undefined;
  const backend = declared.backend ?? FsStateBackend.fromConfiguration(configuration);
  if (backend === undefined) {
    throw new JobError({
      code: "ERR_JOB_NO_STATE_BACKEND",
      job,
      hint: 'Call setStateBackend(new FsStateBackend("scheme://…")) or set execution.checkpointing.dir',
    });
  }
  if (job === undefined) {
    throw new JobError({
      code: "ERR_JOB_NAME_REQUIRED",
      message: "a job with checkpoints needs a name: its checkpoints are found again by it",
      hint: 'Pass it, as in execute("my-job")',
    });
  }
  const { options } = declared;
  return {
    backend,
    intervalMs,
    timeoutMs: options.timeout ?? configuration.get(CHECKPOINT_TIMEOUT),
    minPauseMs: options.minPause ?? configuration.get(CHECKPOINT_MIN_PAUSE),
    retention: retention(options.retain, configuration),
  };
}

function retention(retain: CheckpointingOptions["retain"], configuration: Configuration): Retention {
  const key = configuration.get(CHECKPOINT_RETENTION) ?? "RETAIN_ON_CANCELLATION";
  return {
    afterSuccess: retain === "on-success",
    afterFailure: retain === undefined ? key !== "NO_EXTERNALIZED_CHECKPOINTS" : retain !== "none",
    afterAbort: retain === undefined ? key === "RETAIN_ON_CANCELLATION" : retain !== "none",
  };
}

/** Longest time that a timer of Node takes. */
const LONGEST = 2 ** 31 - 1;

function checkDuration(name: string, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least && value <= LONGEST) return;
  throw refused(`${name} is ${value}; expected milliseconds from ${least} to ${LONGEST}`);
}

function refused(message: string): JobError {
  return new JobError({ code: "ERR_JOB_CHECKPOINT", message });
}
