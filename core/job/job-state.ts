import { JobError } from "../errors/errors.ts";
import type { Checkpoint } from "../state/checkpoint.ts";
import type { SinkState } from "../text/sink.ts";
import type { SourcePosition } from "../text/source.ts";

/** Name of a job's state in its checkpoints. */
const STATE = "job";
const VERSION = 2;

export interface SourceState {
  /** Absent: at its beginning. */
  readonly position?: SourcePosition;
  /** Every sink has its last line. */
  readonly ended: boolean;
}

/** What a checkpoint says of a job. */
export interface JobState {
  readonly version: typeof VERSION;
  /** `beginning`: nothing was done. `committing`: all is written, and the files are to get their names. */
  readonly phase: "beginning" | "running" | "committing";
  /** Sources, functions and sinks, in words: another program cannot go on here. */
  readonly fingerprint: readonly string[];
  readonly linesRead: number;
  readonly bytesRead: number;
  readonly sources: readonly SourceState[];
  readonly sinks: readonly SinkState[];
  /** What the sinks had closed for this checkpoint is published. */
  readonly published?: boolean;
}

export function encodeJobState(state: Omit<JobState, "version">): { name: string; bytes: Buffer } {
  return { name: STATE, bytes: Buffer.from(JSON.stringify({ version: VERSION, ...state }), "utf8") };
}

/** Of a job that has a checkpoint before it has begun. */
export const BEGINNING: Omit<JobState, "version"> = {
  phase: "beginning",
  fingerprint: [],
  linesRead: 0,
  bytesRead: 0,
  sources: [],
  sinks: [],
};

/** Undefined for {@link BEGINNING}. Rejects with `ERR_JOB_CHECKPOINT` when a checkpoint is not one of this job as it is now. */
export async function readJobState(
  checkpoint: Checkpoint,
  expected: { readonly id: string; readonly name: string; readonly fingerprint: readonly string[] },
): Promise<JobState | undefined> {
  const refuse = (why: string) => {
    throw new JobError({
      code: "ERR_JOB_CHECKPOINT",
      job: expected.name,
      message: `the checkpoint ${checkpoint.pointer} cannot be restored: ${why}`,
      hint: "Run the job from its beginning, without restore, or restore the program that took it",
    });
  };
  if (checkpoint.owner !== expected.id)
    refuse(`it is of another job (id ${checkpoint.owner}, not ${expected.id})`);
  if (!checkpoint.names.includes(STATE)) refuse("it holds no state of a job");
  const state: JobState = JSON.parse((await checkpoint.read(STATE)).toString("utf8"));
  if (state.version !== VERSION)
    refuse(`its state has version ${state.version}, this plugfs reads ${VERSION}`);
  if (state.phase === "beginning") return undefined;
  const difference = firstDifference(state.fingerprint, expected.fingerprint);
  if (difference !== undefined) refuse(difference);
  return state;
}

function firstDifference(then: readonly string[], now: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(then.length, now.length); i++) {
    if (then[i] === now[i]) continue;
    return `the job has changed: it had ${then[i] ?? "nothing"}, and has ${now[i] ?? "nothing"}`;
  }
  return undefined;
}
