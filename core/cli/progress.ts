import type { Messages } from "./messages.ts";
import { progressLine } from "./progress-line.ts";

/** Milliseconds before the bar shows: what is done sooner needs none. */
const DELAY = 1000;

/** Columns where the terminal does not tell. */
const COLUMNS = 80;

/**
 * How far a transfer is: bytes, rate, time left, files. A bar on stderr when that is a terminal, nothing in a pipe.
 * Totals grow while the source is still being listed; the time left is shown once they are known.
 */
export class Progress implements Disposable {
  /** Whether there is a terminal to show it on. */
  readonly isShown: boolean;
  readonly started = performance.now();
  /** Done so far. */
  files = 0;
  bytes = 0;
  readonly #messages: Messages;
  readonly #timer: NodeJS.Timeout | undefined;
  #totalFiles = 0;
  #totalBytes = 0;
  #isTotal = false;
  #stopped = false;

  constructor(messages: Messages) {
    this.#messages = messages;
    this.isShown = messages.stream.isTTY === true;
    if (this.isShown) {
      this.#timer = setTimeout(() => void this.#show(), DELAY);
    }
  }

  /** One more file is to be transferred. */
  expect(bytes: number): void {
    this.#totalFiles++;
    this.#totalBytes += bytes;
  }

  /** Nothing more will be expected. */
  expectNoMore(): void {
    this.#isTotal = true;
  }

  add(bytes: number): void {
    this.bytes += bytes;
  }

  fileDone(): void {
    this.files++;
  }

  /** Takes the bar away. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#messages.lastLine.clear();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async #show(): Promise<void> {
    const { default: cliProgress } = await import("cli-progress");
    if (this.#stopped) return;
    const bar = new cliProgress.SingleBar({
      stream: this.#messages.stream,
      format: () => this.#line(),
      hideCursor: true,
      clearOnComplete: true,
      // Ctrl-C is handled once, for all that runs.
      gracefulExit: false,
      fps: 5,
    });
    this.#messages.lastLine.show({ show: () => bar.start(1, 0), hide: () => bar.stop() });
  }

  #line(): string {
    const { stream, colors } = this.#messages;
    const standing = {
      bytes: this.bytes,
      files: this.files,
      totalBytes: this.#totalBytes,
      totalFiles: this.#totalFiles,
      isTotal: this.#isTotal,
      milliseconds: performance.now() - this.started,
    };
    // The last column is left free: a terminal may go to the next line after it.
    return progressLine(standing, (stream.columns ?? COLUMNS) - 1, colors.cyan);
  }
}
