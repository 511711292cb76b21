export interface StopSignalsOptions {
  /** Ends everything at once. */
  readonly hard: AbortSignal;
  /** Asks for an end between two batches. */
  readonly soft: AbortSignal | undefined;
  /** Milliseconds after which `soft` ends everything too; 0: at once. */
  readonly softLimitMs: number;
}

/** The signals that end a job, linked for as long as it runs. */
export class StopSignals {
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  readonly #options: StopSignalsOptions;
  readonly #onHard: () => void;
  readonly #onSoft: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StopSignalsOptions) {
    const { hard, soft, softLimitMs } = options;
    this.#options = options;
    this.#onHard = () => this.end(hard.reason);
    this.#onSoft = () => this.stop(soft?.reason, softLimitMs);
    link(hard, this.#onHard);
    if (soft !== undefined) link(soft, this.#onSoft);
  }

  /** Aborted when no further batch is to begin; also once `ended` is. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted when everything is to end where it stands. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** No further batch is to begin; everything ends after `limitMs`. */
  stop(reason: unknown, limitMs: number): void {
    this.#stopping.abort(reason);
    if (limitMs === 0) this.end(reason);
    else this.#timer ??= setTimeout(() => this.end(reason), limitMs).unref();
  }

  /** The first reason counts. */
  end(reason: unknown): void {
    this.#ended.abort(reason);
    this.#stopping.abort(reason);
  }

  /** From here on only the hard signal counts. */
  ignoreSoft(): void {
    this.#options.soft?.removeEventListener("abort", this.#onSoft);
    clearTimeout(this.#timer);
  }

  release(): void {
    this.ignoreSoft();
    this.#options.hard.removeEventListener("abort", this.#onHard);
  }
}

function link(signal: AbortSignal, onAbort: () => void): void {
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
}
