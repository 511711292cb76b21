import { setImmediate as nextTurn } from "node:timers/promises";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import { Pace } from "../text/pace.ts";
import type { Sink } from "../text/sink.ts";
import type { BatchReader, SourceReader } from "../text/source.ts";
import type { Values } from "../text/stages.ts";
import { runStages } from "../text/text-stream.ts";
import { NotALine } from "../text/text-writer.ts";
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
  /** A lane has failed: the others are to end. */
  onFailure(error: unknown): void;
}

/** A batch on its way through the functions. */
interface Passing {
  readonly reader: BatchReader;
  readonly split: number;
  /** Time spent in functions; not in waiting for the sinks, which fewer lines at once would not shorten. */
  functionMs: number;
}

/** Moves the lines of one source through its functions into its sinks, in lanes side by side. */
export class FlowReading {
  readonly #options: FlowReadingOptions;
  #reader: SourceReader | undefined;
  #ended: boolean;

  constructor(options: FlowReadingOptions) {
    this.#options = options;
    this.#ended = options.restored?.ended ?? false;
  }

  /** Behind the last line whose whole output every sink has. */
  get state(): SourceState {
    const position = this.#reader?.position() ?? this.#options.restored?.position;
    return { ...(position && { position }), ended: this.#ended };
  }

  /** Bytes of the whole source, if they are known. */
  get totalBytes(): number | undefined {
    return this.#reader?.totalBytes;
  }

  /** Resolves at the end of the input, or stopped between two batches; no lane is under way then. */
  async run(): Promise<void> {
    if (this.#ended) return;
    const { flow, stopping, restored } = this.#options;
    const { source, parallelism, lanes } = flow;
    const reader = source.open({ signal: stopping, parallelism, lanes, from: restored?.position });
    this.#reader = reader;
    try {
      const ended = await Promise.all(reader.lanes.map((lane) => this.#runLane(lane)));
      this.#ended = ended.every(Boolean);
    } finally {
      await this.#reading(() => reader.close());
    }
  }

  /** Resolves to whether the lane has come to its end. */
  async #runLane(lane: BatchReader): Promise<boolean> {
    const { stopping, ended, onFailure } = this.#options;
    try {
      return await this.#pump(lane);
    } catch (error) {
      // A reader that waits is ended by the signal; a batch under way comes to its end first.
      if (ended.aborted || !stopping.aborted || error !== stopping.reason) onFailure(error);
      return false;
    }
  }

  async #pump(lane: BatchReader): Promise<boolean> {
    const { flow, gate, stopping, ended, onBatch } = this.#options;
    const pace = new Pace(flow.concurrency);
    let turn = performance.now();
    while (!stopping.aborted) {
      const batch = await this.#reading(() => lane.next(pace.limit));
      if (batch === undefined) return true;
      const passing = { reader: lane, split: batch.split, functionMs: 0 };
      await gate.batch(async () => {
        ended.throwIfAborted();
        await this.#process(flow.branch, { values: batch.lines }, passing);
        lane.accept();
        onBatch(batch.lines.length, batch.bytes);
      });
      pace.took(batch.lines.length, passing.functionMs);
      if (performance.now() - turn > TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
    }
    return false;
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

  #notWritten(sink: Sink, error: unknown, output: Values, reader: BatchReader): unknown {
    if (this.#options.ended.aborted) return error;
    if (!(error instanceof NotALine)) return outputFailed(sink, error);
    const place = reader.place(output.origins?.[error.index] ?? error.index);
    const why = errorMessage(error.cause);
    const message = `what came of the line at ${place} cannot be written to ${sink.path}: ${why}`;
    return new JobError({ code: "ERR_JOB_FUNCTION", message, cause: error.cause });
  }
}

export function outputFailed(sink: Sink, cause: unknown): JobError {
  const message = `${sink.path} cannot be written: ${errorMessage(cause)}`;
  return new JobError({ code: "ERR_JOB_OUTPUT", message, cause });
}
