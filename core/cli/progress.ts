import type { SingleBar } from "cli-progress";
import type { Messages } from "./messages.ts";
import { formatBytes, formatDuration } from "./printable.ts";

/** Milliseconds before the bar shows: what is done sooner needs none. */
const DELAY = 1000;

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
  #bar: SingleBar | undefined;
  #refresh: NodeJS.Timeout | undefined;
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
    clearInterval(this.#refresh);
    this.#bar?.stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async #show(): Promise<void> {
    const { default: cliProgress } = await import("cli-progress");
    if (this.#stopped) return;
    const { cyan } = this.#messages.colors;
    this.#bar = new cliProgress.SingleBar(
      {
        stream: this.#messages.stream,
        format: `${cyan("{bar}")} {share} {size}  {rate}/s  {left}  {count}`,
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        // Ctrl-C is handled once, for all that runs.
        gracefulExit: false,
        emptyOnZero: true,
      },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(this.#totalBytes, this.bytes, this.#payload());
    this.#refresh = setInterval(() => {
      this.#bar?.setTotal(Math.max(this.#totalBytes, 1));
      this.#bar?.update(Math.min(this.bytes, this.#totalBytes), this.#payload());
    }, 200);
  }

  #payload(): Record<string, string> {
    const seconds = (performance.now() - this.started) / 1000;
    const rate = this.bytes / seconds;
    const rest = Math.max(0, this.#totalBytes - this.bytes);
    const more = this.#isTotal ? "" : "+";
    const share = this.#totalBytes === 0 ? 0 : Math.floor((100 * this.bytes) / this.#totalBytes);
    return {
      share: this.#isTotal ? `${Math.min(share, 100)}%` : "",
      size: `${formatBytes(this.bytes)} / ${formatBytes(this.#totalBytes)}${more}`,
      rate: formatBytes(Math.round(rate)),
      left: this.#isTotal && rate > 0 ? `${formatDuration((rest / rate) * 1000)} left` : "listing…",
      count: `${this.files.toLocaleString("en-US")} / ${this.#totalFiles.toLocaleString("en-US")}${more} files`,
    };
  }
}
