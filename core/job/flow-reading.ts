import { setImmediate as nextTurn } from "node:timers/promises";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import { Pace } from "../text/pace.ts";
import type { BatchReader } from "../text/source.ts";
import type { Values } from "../text/stages.ts";
import { runStages } from "../text/text-stream.ts";
import { NotALine } from "../text/text-writer.ts";
import type { TextSink } from "../text/write-as-text.ts";
import type { CheckpointGate } from "./checkpoint-gate.ts";
import type { SourceState } from "./job-state.ts";
import type { Branch, Flow } from "./plan.ts";

/** A busy job lets timers and other work run this often. */
const TURN_MS = 20;

export interface FlowReadingOptions {
  readonly flow: Flow;
  readonly gate: CheckpointGate;
  /** Ends the reading between two batches. */
  readonly stopping: AbortSignal;
  /** Ends it anywhere. */
  readonly ended: AbortSignal;
  /** Where a checkpoint says that the source stood. */
  readonly restored: SourceState | undefined;
  /** Called after each batch. */
  onBatch(lines: number, bytes: number): void;
}

/** A batch on its way through the functions. */
interface Passing {
  readonly reader: BatchReader;
  readonly split: number;
  /** Time spent in functions; not in waiting for the sinks, which fewer lines at once would not shorten. */
  functionMs: number;
}

/** Moves the lines of one source through its functions into its sinks. */
export class FlowReading {
  readonly #options: FlowReadingOptions;
  /** Behind the last line whose whole output every sink has. */
  #state: SourceState;

  constructor(options: FlowReadingOptions) {
    this.#options = options;
    this.#state = options.restored ?? { ended: false };
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Resolves at the end of the input, or stopped between two batches. */
  async run(): Promise<void> {
    if (this.#state.ended) return;
    const { flow, stopping, ended } = this.#options;
    const { source, parallelism } = flow;
    const reader = source.open({ signal: stopping, parallelism, from: this.#state.position });
    try {
      await this.#pump(reader);
    } catch (error) {
      // A reader that waits is ended by the signal; a batch under way comes to its end first.
      if (ended.aborted || !stopping.aborted || error !== stopping.reason) throw error;
    } finally {
      await this.#reading(() => reader.close());
    }
  }

  async #pump(reader: BatchReader): Promise<void> {
    const { flow, gate, stopping, ended, onBatch } = this.#options;
    const pace = new Pace(flow.concurrency);
    let turn = performance.now();
    while (!stopping.aborted) {
      const batch = await this.#reading(() => reader.next(pace.limit));
      if (batch === undefined) {
        this.#state = { ...this.#state, ended: true };
        return;
      }
      const passing = { reader, split: batch.split, functionMs: 0 };
      await gate.batch(async () => {
        ended.throwIfAborted();
        await this.#process(flow.branch, { values: batch.lines }, passing);
        this.#state = { position: reader.position(), ended: false };
        onBatch(batch.lines.length, batch.bytes);
      });
      pace.took(batch.lines.length, passing.functionMs);
      if (performance.now() - turn > TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
    }
  }

  async #process(branch: Branch, input: Values, passing: Passing): Promise<void> {
    const started = performance.now();
    const output = await runStages(branch.run, input, passing.reader);
    passing.functionMs += performance.now() - started;
    if (output.values.length === 0) return;
    for (const sink of branch.sinks) {
      try {
        await sink.write(passing.split, output.values);
      } catch (error) {
        throw this.#notWritten(sink, error, output, passing.reader);
      }
    }
    for (const next of branch.next) await this.#process(next, output, passing);
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    const { flow, stopping } = this.#options;
    try {
      return await read();
    } catch (cause) {
      if (stopping.aborted || errorCode(cause)?.startsWith("ERR_JOB_")) throw cause;
      const message = `${flow.source.name} cannot be read: ${errorMessage(cause)}`;
      throw new JobError({ code: "ERR_JOB_INPUT", message, cause });
    }
  }

  #notWritten(sink: TextSink, error: unknown, output: Values, reader: BatchReader): unknown {
    if (this.#options.ended.aborted) return error;
    if (!(error instanceof NotALine)) return outputFailed(sink, error);
    const place = reader.place(output.origins?.[error.index] ?? error.index);
    const why = errorMessage(error.cause);
    const message = `what came of the line at ${place} cannot be written to ${sink.path}: ${why}`;
    return new JobError({ code: "ERR_JOB_FUNCTION", message, cause: error.cause });
  }
}

export function outputFailed(sink: TextSink, cause: unknown): JobError {
  const message = `${sink.path} cannot be written: ${errorMessage(cause)}`;
  return new JobError({ code: "ERR_JOB_OUTPUT", message, cause });
}
