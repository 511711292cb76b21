import { randomBytes } from "node:crypto";

/** Gives out request ids as OSS has them: 24 upper-case hexadecimal digits, no two alike. */
export class RequestIds {
  readonly #prefix = randomBytes(7).toString("hex").toUpperCase();
  #count = 0;

  next(): string {
    return this.#prefix + (++this.#count).toString(16).toUpperCase().padStart(10, "0");
  }
}
