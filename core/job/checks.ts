import { JobError } from "../errors/errors.ts";
import { Path } from "../fs/path.ts";
import { FileSource, SplitSource } from "../text/file-source.ts";
import { LinesSource } from "../text/lines-source.ts";
import type { SinkDeclaration } from "../text/text-stream.ts";
import type { CheckpointSettings } from "./settings.ts";

/** Refuses, before anything is touched, what would read or delete its own output. */
export function checkPaths(
  job: string | undefined,
  sinks: readonly SinkDeclaration[],
  checkpointing: CheckpointSettings | undefined,
): void {
  const refuse = (message: string) => {
    throw new JobError({ code: "ERR_JOB_OUTPUT", job, message, hint: "Choose another path" });
  };
  for (const [i, { path }] of sinks.entries()) {
    for (const other of sinks.slice(0, i)) {
      if (path.equals(other.path)) refuse(`two sinks write to ${path}`);
      if (overlaps(path, other.path)) refuse(`the outputs ${other.path} and ${path} lie in each other`);
    }
    for (const { stream } of sinks) {
      const input = inputPath(stream.source);
      if (input !== undefined && overlaps(path, input))
        refuse(`the output ${path} overlaps the input ${input}`);
    }
    if (checkpointing !== undefined && Path.parse(checkpointing.backend.checkpoints).startsWith(path)) {
      refuse(`the checkpoint directory ${checkpointing.backend.checkpoints} lies in the output ${path}`);
    }
  }
}

/** Refuses a source that a job with checkpoints could not continue. */
export function checkReplayable(job: string | undefined, sinks: readonly SinkDeclaration[]): void {
  for (const { stream } of sinks) {
    if (!(stream.source instanceof LinesSource) || stream.source.replayable) continue;
    throw new JobError({
      code: "ERR_JOB_INPUT",
      job,
      message: "fromLines cannot be read again, and this job takes checkpoints",
      hint: "Pass { replayable: true } when iterating it again gives the same lines",
    });
  }
}

function inputPath(source: unknown): Path | undefined {
  return source instanceof FileSource || source instanceof SplitSource ? source.path : undefined;
}

function overlaps(a: Path, b: Path): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
