import { CHANNELS, type OperationEvent } from "../../diagnostics/channels.ts";
import type { FileSystemCounters } from "../../diagnostics/metrics.ts";
import type { FileSystem } from "../contract.ts";
import type { Around, Call } from "./around.ts";
import { AroundFileSystem } from "./around-file-system.ts";

/** Who is observed. */
export interface Observed {
  readonly scheme: string;
  readonly authority: string;
  readonly plugin?: string | undefined;
}

/**
 * Outside everything else: counts every call as the host sees it, refused ones too, and tells the
 * `plugfs:operation:*` channels. Without a subscriber a call costs its counters.
 */
export class ObservedFileSystem extends AroundFileSystem {
  constructor(inner: FileSystem, observed: Observed, counters: FileSystemCounters) {
    super(inner, new Observer(observed, counters));
  }
}

class Observer implements Around {
  readonly #observed: Observed;
  readonly #counters: FileSystemCounters;

  constructor(observed: Observed, counters: FileSystemCounters) {
    this.#observed = observed;
    this.#counters = counters;
  }

  async run<T>(call: Call, body: () => Promise<T>, moved?: (result: T) => number): Promise<T> {
    const counters = this.#counters;
    const event = isWatched() ? describe(call, this.#observed) : undefined;
    const began = event === undefined ? 0 : performance.now();
    try {
      const result = await (event === undefined ? body() : CHANNELS.start.runStores(event, body));
      const bytes = moved?.(result);
      if (bytes !== undefined) counters[call.operation === "write" ? "bytesWritten" : "bytesRead"] += bytes;
      if (event !== undefined) finish(event, began, bytes);
      return result;
    } catch (error) {
      counters.errors++;
      if (event !== undefined) fail(event, began, error);
      throw error;
    } finally {
      counters.operations++;
    }
  }

  /** A seek asks nothing of the store. */
  runSync(_call: Call, body: () => void): void {
    body();
  }

  stream(_opened: Call, direction: "input" | "output"): Around {
    return new StreamObserver(this, this.#counters, direction === "input" ? "openInputs" : "openOutputs");
  }
}

/** Calls that end a stream. What comes after the first of them does nothing, and is not told. */
const ENDINGS = new Set(["close", "abort", "closeForCommit", "dispose"]);

class StreamObserver implements Around {
  readonly #observer: Observer;
  readonly #counters: FileSystemCounters;
  readonly #counter: "openInputs" | "openOutputs";
  #ended = false;

  constructor(observer: Observer, counters: FileSystemCounters, counter: "openInputs" | "openOutputs") {
    this.#observer = observer;
    this.#counters = counters;
    this.#counter = counter;
    counters[counter]++;
  }

  run<T>(call: Call, body: () => Promise<T>, moved?: (result: T) => number): Promise<T> {
    if (ENDINGS.has(call.operation)) {
      if (this.#ended) return body();
      this.#ended = true;
      this.#counters[this.#counter]--;
    }
    return this.#observer.run(call, body, moved);
  }

  runSync(call: Call, body: () => void): void {
    this.#observer.runSync(call, body);
  }
}

function isWatched(): boolean {
  return CHANNELS.start.hasSubscribers || CHANNELS.end.hasSubscribers || CHANNELS.error.hasSubscribers;
}

function describe(call: Call, observed: Observed): OperationEvent {
  return {
    operation: call.operation,
    ...observed,
    path: call.path?.toString(),
    dest: call.dest?.toString(),
  };
}

function finish(event: OperationEvent, began: number, bytes: number | undefined): void {
  event.durationMs = performance.now() - began;
  if (bytes !== undefined) event.bytes = bytes;
  CHANNELS.end.publish(event);
}

function fail(event: OperationEvent, began: number, error: unknown): void {
  event.durationMs = performance.now() - began;
  event.error = error;
  CHANNELS.error.publish(event);
}
