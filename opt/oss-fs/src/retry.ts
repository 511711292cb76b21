import { channel } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";

/** plugfs documents what it carries. */
const RETRY = channel("plugfs:retry");

/** How often, and after what pause, something that failed is tried again. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
  /** Milliseconds: pause n is a random part of base × 2ⁿ (full jitter), ... */
  readonly baseMs: number;
  /** ... of this at most. */
  readonly capMs: number;
}

/** One attempt's word with the loop around it. */
export interface Attempt {
  /** 0 for the first. */
  readonly number: number;
  /** Something was gained: later failures are counted from here. */
  progress(): void;
  /** The store asks to wait at least this long, in milliseconds. */
  waitAtLeast(ms: number): void;
}

/**
 * Runs `attempt` until it resolves, until it rejects with an error that is not `retryable`, or until the policy is
 * used up; then rejects with the last error. An abort rejects with `signal.reason`, in a pause too.
 *
 * Only for what is safe to repeat: the caller answers for it.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  run: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (let number = 0; ; number++) {
    let wait = 0;
    let failure: unknown;
    const attempt: Attempt = {
      number,
      progress: () => {
        failures = 0;
      },
      waitAtLeast: (ms) => {
        wait = Math.max(wait, ms);
      },
    };
    signal?.throwIfAborted();
    try {
      return await run(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isRetryable(error) || failures >= policy.retries) throw error;
      failure = error;
    }
    const jitter = Math.random() * Math.min(policy.capMs, policy.baseMs * 2 ** failures);
    failures++;
    const delayMs = Math.max(jitter, Math.min(wait, policy.capMs));
    if (RETRY.hasSubscribers) RETRY.publish({ scheme: "oss", attempt: failures, delayMs, error: failure });
    await pause(delayMs, signal);
  }
}

/** Whether the same call may succeed later: what `FileSystemError.retryable` says. */
export function isRetryable(error: unknown): boolean {
  return isOwnError(error) && error.retryable === true;
}

/** Whether the error is a `FileSystemError` already, and no raw one of a socket. */
export function isOwnError(error: unknown): error is { readonly retryable: unknown } {
  return typeof error === "object" && error !== null && "retryable" in error;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
