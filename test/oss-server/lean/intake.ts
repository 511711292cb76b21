/** Up to so many lent bytes, such as a head, are copied: that costs less than to stop reading and to begin again. */
const COPIED_BYTES = 4 * 1024;
/** So many may wait to be taken; then the client has to. */
const MOST_BYTES = 256 * 1024;

/** Bytes that came and that nobody has taken yet. */
export class Intake {
  readonly #readOn: () => void;
  /** Of the first one, which may be taken as a whole already, the bytes from `#at` on. */
  readonly #chunks: Buffer[] = [];
  #at = 0;
  #unread = 0;
  #isPaused = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** @param readOn reads the socket again, after `offer` has said no */
  constructor(readOn: () => void) {
    this.#readOn = readOn;
  }

  /**
   * Takes bytes that came; false: the socket is not to be read before `readOn`.
   *
   * @param areLent they stay as they are only until the socket is read again
   */
  offer(bytes: Buffer, areLent: boolean): boolean {
    const isCopied = areLent && bytes.length <= COPIED_BYTES;
    this.#chunks.push(isCopied ? Buffer.from(bytes) : bytes);
    this.#unread += bytes.length;
    this.#isPaused = (areLent && !isCopied) || this.#unread > MOST_BYTES;
    this.#wake?.();
    return !this.#isPaused;
  }

  /** Nothing more will come. */
  finish(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** At most `most` bytes of what is there, valid until `release`; undefined: there is nothing. */
  take(most: number): Buffer | undefined {
    if (this.#unread === 0) return undefined;
    if (this.#at === this.#chunks[0]?.length) {
      this.#chunks.shift();
      this.#at = 0;
    }
    const bytes = this.#chunks[0]?.subarray(this.#at, this.#at + most);
    this.#at += bytes?.length ?? 0;
    this.#unread -= bytes?.length ?? 0;
    return bytes;
  }

  /** Puts back the last `count` bytes that were taken. */
  putBack(count: number): void {
    this.#at -= count;
    this.#unread += count;
  }

  /** What was taken is no longer needed: if that was all, the socket is read again. */
  release(): void {
    if (!this.#isPaused || this.#unread > 0) return;
    this.#isPaused = false;
    if (!this.#isOver) this.#readOn();
  }

  /** Releases; then resolves when there is something to take, or to false when nothing more will come. */
  async more(): Promise<boolean> {
    this.release();
    while (this.#unread === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#unread > 0;
  }
}
