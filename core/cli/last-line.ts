/** Something on the last line of the terminal. */
export interface Shown {
  show(): void;
  /** Leaves the line empty, with the cursor at its beginning. */
  hide(): void;
}

/** The last line of the terminal, for what stays below all that is printed: a progress bar. */
export class LastLine {
  #shown: Shown | undefined;

  show(shown: Shown): void {
    this.#shown = shown;
    shown.show();
  }

  clear(): void {
    this.#shown?.hide();
    this.#shown = undefined;
  }

  /** Prints above it. */
  above<T>(print: () => T): T {
    this.#shown?.hide();
    try {
      return print();
    } finally {
      this.#shown?.show();
    }
  }
}
