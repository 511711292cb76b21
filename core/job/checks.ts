import type { Configuration } from "../config/configuration.ts";
import { JobError } from "../errors/errors.ts";
import { Path } from "../fs/path.ts";
import { readLimits } from "../fs/wrappers/limit-options.ts";
import { FileSource, SplitSource } from "../text/file-source.ts";
import { LinesSource } from "../text/lines-source.ts";
import type { SinkDeclaration } from "../text/text-stream.ts";
import { lanesFor } from "./plan.ts";
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
  for (const [i, { path, stream }] of sinks.entries()) {
    for (const other of sinks.slice(0, i)) {
      if (path.equals(other.path)) refuse(`two sinks write to ${path}`);
      if (overlaps(path, other.path)) refuse(`the outputs ${other.path} and ${path} lie in each other`);
    }
    for (const sink of sinks) {
      const input = inputPath(sink.stream.source);
      if (input !== undefined && overlaps(path, input))
        refuse(`the output ${path} overlaps the input ${input}`);
    }
    if (checkpointing === undefined) continue;
    const checkpoints = Path.parse(checkpointing.backend.checkpoints);
    if (checkpoints.startsWith(path)) {
      refuse(`the checkpoint directory ${checkpoints} lies in the output ${path}`);
    }
    const { source } = stream;
    if (!(source instanceof FileSource)) continue;
    if (checkpoints.equals(source.path) || (source.isNested && checkpoints.startsWith(source.path))) {
      refuse(`the checkpoint directory ${checkpoints} lies in the input ${source.path}`);
    }
  }
}

/** Refuses a job that would never publish anything. */
export function checkRolling(
  job: string | undefined,
  sinks: readonly SinkDeclaration[],
  checkpointing: CheckpointSettings | undefined,
): void {
  const endless = sinks.find(({ stream }) => stream.source.isContinuous)?.stream.source;
  for (const { path, options } of sinks) {
    if (options.rolling === undefined && endless !== undefined) {
      throw new JobError({
        code: "ERR_JOB_OUTPUT",
        job,
        message: `${endless.name} is read continuously, so that ${path} would never be published`,
        hint: "Pass { rolling: {} } to writeAsText",
      });
    }
    if (options.rolling !== undefined && checkpointing === undefined) {
      throw new JobError({
        code: "ERR_JOB_OUTPUT",
        job,
        message: `the rolling files of ${path} are published with checkpoints, and this job takes none`,
        hint: "Call setStateBackend and enableCheckpointing",
      });
    }
  }
}

/**
 * Refuses a job that would wait for ever for a stream: its outputs stay open until its end, and beside them it has to
 * read and to write its checkpoints.
 */
export function checkLimits(
  job: string | undefined,
  sinks: readonly SinkDeclaration[],
  checkpointing: CheckpointSettings | undefined,
  configuration: Configuration,
): void {
  const checkpoints = checkpointing && rootOf(Path.parse(checkpointing.backend.checkpoints));
  const inputs = inputStreams(sinks);
  const outputs = new Map<string, { scheme: string; count: number }>();
  for (const { path, options } of sinks) {
    const { count } = outputs.get(rootOf(path)) ?? { count: 0 };
    outputs.set(rootOf(path), { scheme: path.scheme, count: count + (options.parallelism ?? 1) });
  }
  for (const [root, { scheme, count }] of outputs) {
    const limits = readLimits(scheme, configuration);
    if (limits === undefined) continue;
    const output = count + (checkpoints === root ? 1 : 0);
    const total = output + (inputs.get(root) ?? 0);
    const [key, limit, needed] =
      limits.output < output ? ["output", limits.output, output] : ["total", limits.total, total];
    if (limit >= needed) continue;
    throw new JobError({
      code: "ERR_JOB_OUTPUT",
      job,
      message: `${limits.keys}.${key} is ${limit}, but the job has ${needed} streams of ${root} open at once`,
      hint: `Set it to ${needed} at least, or lower the parallelism of writeAsText`,
    });
  }
}

/** Streams that are read side by side, by the root of their file system. */
function inputStreams(sinks: readonly SinkDeclaration[]): Map<string, number> {
  const streams = new Map<string, number>();
  for (const source of new Set(sinks.map(({ stream }) => stream.source))) {
    const path = inputPath(source);
    if (path === undefined) continue;
    const own = sinks.filter(({ stream }) => stream.source === source);
    const lanes = lanesFor(own.map(({ options }) => options.parallelism ?? 1));
    streams.set(rootOf(path), (streams.get(rootOf(path)) ?? 0) + lanes);
  }
  return streams;
}

function rootOf(path: Path): string {
  return `${path.scheme}://${path.authority}`;
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
