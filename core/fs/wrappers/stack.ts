import type { Configuration } from "../../config/configuration.ts";
import { option } from "../../config/option.ts";
import type { Metrics } from "../../diagnostics/metrics.ts";
import type { FileSystem } from "../contract.ts";
import type { Path } from "../path.ts";
import type { AllowedPlaces } from "../policy.ts";
import { ConfinedFileSystem } from "./confined.ts";
import { DeadlineFileSystem } from "./deadline.ts";
import { ErrorContextFileSystem } from "./error-context.ts";
import { readLimits } from "./limit-options.ts";
import { LimitedFileSystem } from "./limits.ts";
import { ObservedFileSystem } from "./observed.ts";
import { RateLimitedFileSystem, type Rates } from "./rate-limited.ts";
import { ReadOnlyFileSystem } from "./read-only.ts";
import { TokenBucket } from "./token-bucket.ts";
import { TrackingFileSystem } from "./tracking.ts";

/** What a host gets, and the wrapper in it that knows what is in use. */
export interface Wrapped {
  readonly outer: FileSystem;
  readonly tracking: TrackingFileSystem;
}

/** Puts around every file system of an environment what its configuration asks for, and nothing else. */
export class WrapperStack {
  readonly #configuration: Configuration;
  readonly #allowed: AllowedPlaces | undefined;
  readonly #metrics: Metrics;
  /** By scheme: all its authorities share them, also over a reload. */
  readonly #rates = new Map<string, Rates | undefined>();

  constructor(configuration: Configuration, allowed: AllowedPlaces | undefined, metrics: Metrics) {
    this.#configuration = configuration;
    this.#allowed = allowed;
    this.#metrics = metrics;
  }

  /** Reads the settings before there is a file system to wrap. Throws `ConfigurationError`. */
  prepare({ scheme, authority }: Path, plugin: string | undefined): (inner: FileSystem) => Wrapped {
    const options = wrapperOptions(scheme);
    const limits = readLimits(scheme, this.#configuration);
    const rates = this.#ratesOf(scheme);
    const timeout = this.#configuration.get(options.timeout);
    const readOnly = this.#configuration.get(options.readOnly);
    const counters = this.#metrics.of(scheme, authority);
    return (inner) => {
      let made = limits === undefined ? inner : new LimitedFileSystem(inner, limits);
      if (rates !== undefined) made = new RateLimitedFileSystem(made, rates);
      const tracking = new TrackingFileSystem(made);
      made = tracking;
      if (timeout > 0) made = new DeadlineFileSystem(made, { timeout, key: options.timeout.key });
      if (readOnly) made = new ReadOnlyFileSystem(made, options.readOnly.key);
      if (this.#allowed !== undefined) made = new ConfinedFileSystem(made, this.#allowed);
      made = new ErrorContextFileSystem(made, { scheme, plugin });
      return { outer: new ObservedFileSystem(made, { scheme, authority, plugin }, counters), tracking };
    };
  }

  #ratesOf(scheme: string): Rates | undefined {
    if (this.#rates.has(scheme)) return this.#rates.get(scheme);
    const options = wrapperOptions(scheme);
    const bytes = this.#configuration.get(options.bytesPerSecond);
    const requests = this.#configuration.get(options.requestsPerSecond);
    const rates =
      bytes === 0 && requests === 0
        ? undefined
        : {
            bytes: bytes === 0 ? undefined : new TokenBucket(bytes),
            requests: requests === 0 ? undefined : new TokenBucket(requests),
          };
    this.#rates.set(scheme, rates);
    return rates;
  }
}

/** The keys of one scheme that this file reads; those of the connection limits are in `limit-options.ts`. */
export function wrapperOptions(scheme: string) {
  return {
    bytesPerSecond: option.memory(`fs.${scheme}.limit.bytes-per-second`, {
      default: 0,
      doc: "Most bytes that all streams of the scheme read and write in a second; 0: no limit.",
    }),
    requestsPerSecond: option.number(`fs.${scheme}.limit.requests-per-second`, {
      default: 0,
      min: 0,
      doc: "Most calls of the scheme's file systems in a second (reads and writes of open streams aside); 0: no limit.",
    }),
    readOnly: option.boolean(`fs.${scheme}.read-only`, {
      default: false,
      doc: "Every call that could change something is refused with EROFS.",
    }),
    timeout: option.duration(`fs.${scheme}.timeout`, {
      default: 0,
      min: 0,
      doc: "Longest time for one call of a file system or stream, then ETIMEDOUT; 0: none.",
    }),
  };
}
