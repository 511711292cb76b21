import type { JobBar } from "./cli/job-bar.ts";
import type { JobProgress } from "./job/job-result.ts";

/** Milliseconds before the bar shows: what is done sooner needs none. */
const DELAY_MS = 1_000;

/**
 * How far a job is, for `execute(name, { onProgress: progressBar() })`: a line that is rewritten on `stream` when that is
 * a terminal, nothing otherwise. Lines, bytes, rate and checkpoints; a bar where `totalBytes` is known. It is taken away
 * at the job's end.
 */
export function progressBar(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stderr,
): (progress: JobProgress) => void {
  let bar: Promise<JobBar> | undefined;
  let last: JobProgress | undefined;
  return (progress) => {
    last = progress;
    if (stream.isTTY !== true || (bar === undefined && (progress.ended || progress.elapsedMs < DELAY_MS)))
      return;
    // What draws it is loaded for a terminal only.
    bar ??= import("./cli/job-bar.ts").then(({ JobBar }) => new JobBar(stream));
    void bar.then((shown) => shown.update(last as JobProgress));
  };
}
