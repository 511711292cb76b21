/** Up to so many bytes, such as a head, are copied: that costs less than to stop reading and to begin again. */
const COPIED_BYTES = 4 * 1024;

/** Bytes that came and that nobody has taken yet. They are few: the client has to wait until somebody takes them. */
export class Intake {
  readonly #readOn: () => void;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #isPaused = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** @param readOn reads the socket again, after `offer` has said no */
  constructor(readOn: () => void) {
    this.#readOn = readOn;
  }

  /** Takes `chunk[0, end)`. False: it has to stay as it is, and the socket is not to be read before `readOn`. */
  offer(chunk: Buffer, end: number): boolean {
    const unread = this.#end - this.#at;
    if (unread === 0 && end > COPIED_BYTES) {
      this.#chunk = chunk;
      this.#end = end;
    } else {
      const before = this.#chunk.subarray(this.#at, this.#end);
      this.#chunk = Buffer.concat([before, chunk.subarray(0, end)]);
      this.#end = this.#chunk.length;
    }
    this.#at = 0;
    this.#isPaused = unread > 0 || end > COPIED_BYTES;
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
    if (this.#at === this.#end) return undefined;
    const from = this.#at;
    this.#at = Math.min(this.#end, from + most);
    return this.#chunk.subarray(from, this.#at);
  }

  /** Puts back the last `count` bytes that were taken. */
  putBack(count: number): void {
    this.#at -= count;
  }

  /** What was taken is no longer needed: if that was all, the socket is read again. */
  release(): void {
    if (!this.#isPaused || this.#at < this.#end) return;
    this.#isPaused = false;
    if (!this.#isOver) this.#readOn();
  }

  /** Releases; then resolves when there is something to take, or to false when nothing more will come. */
  async more(): Promise<boolean> {
    this.release();
    while (this.#at === this.#end && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#at < this.#end;
  }
}
