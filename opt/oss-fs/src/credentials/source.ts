import { FileSystemError, type Logger } from "plugfs";
import { onAbort } from "../abort.ts";
import type { CredentialProvider, CredentialSource, Credentials } from "./credentials.ts";
import { isTransient } from "./http.ts";

/** Of the configuration: never refreshed. */
export function fixedSource(credentials: Credentials): CredentialSource {
  return { get: () => credentials, refused: () => false, close: () => {} };
}

/** Fresh ones are asked for this long before the old ones expire, or at half their life if that is shorter. */
const AHEAD_MS = 5 * 60_000;
/** Credentials younger than this that the store refuses are wrong, not old. */
const YOUNG_MS = 10_000;
/** Between attempts of which the last one failed, while the old credentials are still good. */
const PAUSE_MS = 10_000;

interface Held {
  readonly credentials: Credentials;
  readonly since: number;
}

/**
 * Credentials of the first provider in the chain that is set up, refreshed ahead of their expiry. Any number of callers
 * cause one fetch. While the old ones are good a refresh runs beside the requests, and one that fails is only a warning.
 */
export class RefreshedSource implements CredentialSource {
  readonly #providers: readonly CredentialProvider[];
  readonly #logger: Logger;
  readonly #ended = new AbortController();
  #held: Held | undefined;
  #fetching: Promise<Credentials> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(providers: readonly CredentialProvider[], logger: Logger) {
    this.#providers = providers;
    this.#logger = logger;
  }

  get(signal: AbortSignal | undefined): Credentials | Promise<Credentials> {
    const held = this.#held;
    if (held === undefined) return unlessAborted(this.#refresh(), signal);
    const { credentials, since } = held;
    const { expiration } = credentials;
    if (expiration === undefined) return credentials;
    const now = Date.now();
    if (now >= expiration) return unlessAborted(this.#refresh(), signal);
    const ahead = Math.min(AHEAD_MS, (expiration - since) / 2);
    if (now >= expiration - ahead && now - this.#failedAt > PAUSE_MS) {
      this.#refresh().catch((error: unknown) => {
        this.#logger.warn({ err: error }, "fresh OSS credentials cannot be had; the old ones are used on");
      });
    }
    return credentials;
  }

  refused(credentials: Credentials): boolean {
    const held = this.#held;
    // Somebody has fetched others meanwhile.
    if (held === undefined || held.credentials !== credentials) return true;
    if (Date.now() - held.since < YOUNG_MS) return false;
    this.#held = undefined;
    return true;
  }

  /** Ends a fetch under way. */
  close(): void {
    this.#ended.abort(new Error("the file system is closed"));
  }

  #refresh(): Promise<Credentials> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<Credentials> {
    const provider = this.#providers.find((one) => one.isConfigured()) ?? this.#providers.at(-1);
    try {
      if (provider === undefined) throw new Error("no provider is set up");
      const credentials = await provider.fetch(this.#ended.signal);
      this.#held = { credentials, since: Date.now() };
      return credentials;
    } catch (cause) {
      this.#failedAt = Date.now();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new FileSystemError({
        code: "EACCES",
        scheme: "oss",
        message: `no credentials from ${provider?.name}: ${why}`,
        hint: "Check fs.oss.credentials.provider and the keys of that provider",
        retryable: isTransient(cause),
        cause,
      });
    }
  }
}

/** One caller's abort does not end the fetch that others wait for. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(release);
  });
}
