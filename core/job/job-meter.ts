import type { JobProgress } from "./job-result.ts";

const PROGRESS_MS = 100;

export interface JobMeterOptions {
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
  /** What only the job knows. */
  state(): Pick<JobProgress, "checkpoints"> & { readonly totals: readonly (number | undefined)[] };
}

/** Counts what a job reads, and tells its host about ten times a second. */
export class JobMeter {
  readonly #options: JobMeterOptions;
  readonly #started = performance.now();
  #linesRead = 0;
  #bytesRead = 0;
  #lastProgress = 0;

  constructor(options: JobMeterOptions) {
    this.#options = options;
  }

  get linesRead(): number {
    return this.#linesRead;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Earlier runs have read so much. */
  restore(counts: { readonly linesRead: number; readonly bytesRead: number } | undefined): void {
    this.#linesRead = counts?.linesRead ?? 0;
    this.#bytesRead = counts?.bytesRead ?? 0;
  }

  count(lines: number, bytes: number): void {
    this.#linesRead += lines;
    this.#bytesRead += bytes;
    if (performance.now() - this.#lastProgress >= PROGRESS_MS) this.#tell(false);
  }

  /** The job has come to its end, or failed. */
  end(): void {
    this.#tell(true);
  }

  #tell(ended: boolean): void {
    const { onProgress, state } = this.#options;
    if (onProgress === undefined) return;
    this.#lastProgress = performance.now();
    const { checkpoints, totals } = state();
    onProgress({
      linesRead: this.#linesRead,
      bytesRead: this.#bytesRead,
      checkpoints,
      elapsedMs: this.elapsedMs,
      ...(totals.length > 0 &&
        totals.every((total) => total !== undefined) && {
          totalBytes: totals.reduce((sum, total) => sum + total, 0),
        }),
      ended,
    });
  }
}
