import type { FileStatus } from "../../fs/contract.ts";
import type { CommandContext, Place } from "../context.ts";
import { counted, display, formatBytes, formatDuration } from "../printable.ts";
import { Progress } from "../progress.ts";
import { ahead } from "./ahead.ts";
import { copyFile } from "./copy-file.ts";
import { each } from "./each.ts";
import { Failures } from "./failures.ts";

export interface FileStep {
  readonly kind: "file";
  readonly from: Place;
  readonly to: Place;
  readonly status: FileStatus;
  /** Whether a listing of the target told that nothing is in the way. */
  readonly isClear?: boolean | undefined;
}
export interface FolderStep {
  readonly kind: "folder";
  readonly at: Place;
}
/** One thing that a transfer does. */
export type Step = FileStep | FolderStep;

export interface TransferOptions {
  /** Files at a time. */
  readonly parallel: number;
  /** Whether a file at the target is replaced. */
  readonly overwrite: boolean;
  /** Whether each file is named. */
  readonly verbose: boolean;
  /** Called when a file has arrived. */
  readonly arrived?: (step: FileStep) => Promise<void>;
}

export interface TransferResult {
  readonly files: number;
  readonly bytes: number;
  readonly failures: number;
}

/** Milliseconds up to which a transfer needs no report, as `cp` has none. */
const SHORT = 1000;

/** Steps listed ahead of the copying, for the totals of the progress bar. */
const AHEAD = 10_000;

/**
 * Copies files, several at a time. One that fails is reported and the others go on, unless the failure would meet all of
 * them (see `Failures`). Memory is bounded by `parallel` and `AHEAD`, not by the number of files.
 */
export async function transfer(
  steps: AsyncIterable<Step>,
  options: TransferOptions,
  { messages, output, signal }: CommandContext,
): Promise<TransferResult> {
  const failures = new Failures(messages, signal);
  using progress = new Progress(messages);
  const expect = (step: Step) => {
    if (step.kind === "file") progress.expect(step.status.length);
  };
  const work = async (step: Step) => {
    if (step.kind === "folder") return step.at.fileSystem.mkdirs(step.at.path, { signal });
    const { from, to, status, isClear } = step;
    const { length } = await copyFile(from, to, {
      status,
      isClear,
      signal,
      overwrite: options.overwrite,
      onBytes: (count) => progress.add(count),
    });
    await options.arrived?.(step);
    progress.fileDone();
    if (output.json) await output.object({ source: from.path, target: to.path, length });
    else if (options.verbose) await output.line(`${display(from.path)} -> ${display(to.path)}`);
  };
  try {
    const listed = progress.isShown
      ? ahead(
          withEnd(steps, () => progress.expectNoMore()),
          AHEAD,
          expect,
        )
      : steps;
    await each(listed, options.parallel, (step) => failures.guard(() => work(step)));
  } catch (error) {
    progress.stop();
    if (progress.files > 0) messages.note(`${counted(progress.files, "file")} copied before it stopped.`);
    throw error;
  }
  progress.stop();
  const { files, bytes } = progress;
  const took = performance.now() - progress.started;
  if (progress.isShown && took >= SHORT && files > 0) {
    const rate = formatBytes(Math.round((bytes / took) * 1000));
    messages.note(`${counted(files, "file")}, ${formatBytes(bytes)} in ${formatDuration(took)} (${rate}/s).`);
  }
  return { files, bytes, failures: failures.count };
}

async function* withEnd<T>(items: AsyncIterable<T>, ended: () => void): AsyncGenerator<T> {
  yield* items;
  ended();
}
