/** What one file system did since the environment was opened. Survives a reload of its plugin. */
export interface FileSystemMetrics {
  readonly scheme: string;
  readonly authority: string;
  /** Calls of the file system and its streams that ended. */
  readonly operations: number;
  /** Those that rejected. */
  readonly errors: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly openInputs: number;
  readonly openOutputs: number;
}

export type FileSystemCounters = { -readonly [K in keyof FileSystemMetrics]: FileSystemMetrics[K] };

/** The counters of an environment, by scheme and authority. */
export class Metrics {
  readonly #counters = new Map<string, FileSystemCounters>();

  of(scheme: string, authority: string): FileSystemCounters {
    const key = `${scheme}://${authority}`;
    let counters = this.#counters.get(key);
    if (counters === undefined) {
      counters = {
        scheme,
        authority,
        operations: 0,
        errors: 0,
        bytesRead: 0,
        bytesWritten: 0,
        openInputs: 0,
        openOutputs: 0,
      };
      this.#counters.set(key, counters);
    }
    return counters;
  }

  /** Copies, in the order of first use. */
  list(): readonly FileSystemMetrics[] {
    return [...this.#counters.values()].map((counters) => ({ ...counters }));
  }
}
