/** Lets batches through, or a checkpoint, never both: a checkpoint sees no half-processed batch. */
export class CheckpointGate {
  #inside = 0;
  #checkpoint: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  /** Runs the processing of one batch, once no checkpoint is under way. */
  async batch(process: () => Promise<void>): Promise<void> {
    while (this.#checkpoint !== undefined) await this.#checkpoint;
    this.#inside += 1;
    try {
      await process();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) this.#emptied?.();
    }
  }

  /** Runs `take` once no batch is being processed; batches wait for it. One at a time. */
  async checkpoint<T>(take: () => Promise<T>): Promise<T> {
    let open = () => {};
    this.#checkpoint = new Promise((resolve) => {
      open = resolve;
    });
    try {
      if (this.#inside > 0) {
        await new Promise<void>((resolve) => {
          this.#emptied = resolve;
        });
      }
      return await take();
    } finally {
      this.#emptied = undefined;
      this.#checkpoint = undefined;
      open();
    }
  }
}
