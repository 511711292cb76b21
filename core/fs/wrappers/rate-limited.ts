import { FileSystemError } from "../../errors/errors.ts";
import type { FileSystem } from "../contract.ts";
import type { Around, Call } from "./around.ts";
import { AroundFileSystem } from "./around-file-system.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** What the file systems of one scheme share. */
export interface Rates {
  readonly bytes: TokenBucket | undefined;
  readonly requests: TokenBucket | undefined;
}

/** Of these, what waits is bytes. Those that end a stream never wait: what is open must come to an end. */
const MOVES_BYTES = new Set(["read", "write"]);
const ENDINGS = new Set(["close", "abort", "dispose"]);

/**
 * Holds calls back so that a scheme keeps to its bytes and requests per second. A request is a call of the file system
 * or of a recoverable writer; a whole listing is one. What the store is asked in turn is not known here.
 */
export class RateLimitedFileSystem extends AroundFileSystem {
  readonly #closed: AbortController;

  constructor(inner: FileSystem, rates: Rates) {
    const closed = new AbortController();
    super(inner, new RateAround(rates, closed.signal));
    this.#closed = closed;
  }

  override close(): Promise<void> {
    this.#closed.abort(new FileSystemError({ code: "EINVAL", message: "the file system is closed" }));
    return super.close();
  }
}

class RateAround implements Around {
  readonly #rates: Rates;
  readonly #closed: AbortSignal;
  /** Listings whose first step was let through. */
  readonly #listing = new WeakSet<Call>();

  constructor(rates: Rates, closed: AbortSignal) {
    this.#rates = rates;
    this.#closed = closed;
  }

  async run<T>(call: Call, body: () => Promise<T>, moved?: (result: T) => number): Promise<T> {
    const { bytes, requests } = this.#rates;
    const signals = [call.signal, this.#closed];
    if (MOVES_BYTES.has(call.operation)) {
      await bytes?.take(0, signals);
    } else if (!ENDINGS.has(call.operation) && !this.#listing.has(call)) {
      if (call.operation === "listStatus") this.#listing.add(call);
      await requests?.take(1, signals);
    }
    const result = await body();
    if (moved !== undefined) bytes?.spend(moved(result));
    return result;
  }

  runSync(_call: Call, body: () => void): void {
    body();
  }
}
