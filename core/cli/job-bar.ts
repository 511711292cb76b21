import cliProgress from "cli-progress";
import type { JobProgress } from "../job/job-result.ts";
import { formatBytes, formatDuration } from "./printable.ts";

/** A job's progress on a terminal. */
export class JobBar {
  readonly #stream: NodeJS.WritableStream;
  #bar: cliProgress.SingleBar | undefined;
  #ended = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  update(progress: JobProgress): void {
    if (this.#ended) return;
    const { totalBytes, bytesRead } = progress;
    const total = Math.max(totalBytes ?? 1, 1);
    if (this.#bar === undefined) {
      this.#bar = new cliProgress.SingleBar(this.#options(totalBytes !== undefined));
      this.#bar.start(total, Math.min(bytesRead, total), payload(progress));
    }
    this.#bar.update(Math.min(bytesRead, total), payload(progress));
    if (!progress.ended) return;
    this.#ended = true;
    this.#bar.stop();
  }

  #options(hasTotal: boolean): cliProgress.Options {
    return {
      ...cliProgress.Presets.shades_classic,
      stream: this.#stream,
      format: `${hasTotal ? "{bar} {percentage}%  " : ""}{lines} lines  {bytes}  {rate}/s{checkpoints}  {elapsed}`,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      // The host handles signals, not a library.
      gracefulExit: false,
    };
  }
}

function payload({ linesRead, bytesRead, checkpoints, elapsedMs }: JobProgress): Record<string, string> {
  return {
    lines: linesRead.toLocaleString("en-US"),
    bytes: formatBytes(bytesRead),
    rate: formatBytes(Math.round(bytesRead / Math.max(elapsedMs / 1_000, 0.001))),
    checkpoints: checkpoints === 0 ? "" : `  ${checkpoints.toLocaleString("en-US")} checkpoints`,
    elapsed: formatDuration(elapsedMs),
  };
}
