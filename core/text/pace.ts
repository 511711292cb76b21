/** What handing on one batch should take: short enough for checkpoints and first results, long enough to cost nothing. */
const SHORT_MS = 20;
const LONG_MS = 100;
const FIRST_LIMIT = 64;

/**
 * How many lines to take at once. Functions that wait (a request for each line, say) get few, so that their results
 * come in time; fast ones soon get whole batches.
 */
export class Pace {
  readonly #least: number;
  #limit: number;

  /** `concurrency`: the most calls at once of any function; fewer lines than some of these would leave calls idle. */
  constructor(concurrency: number) {
    this.#least = concurrency === 1 ? 1 : 4 * concurrency;
    this.#limit = Math.max(FIRST_LIMIT, this.#least);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Says how long `lines` lines took. */
  took(lines: number, ms: number): void {
    if (ms > LONG_MS) this.#limit = Math.max(this.#least, Math.floor(lines / 2));
    else if (ms < SHORT_MS && lines === this.#limit) this.#limit *= 4;
  }
}
