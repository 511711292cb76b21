import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { FileSystem, RecoverableWriter } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { statusIfAny } from "../fs/status-if-any.ts";
import { isOnlyStaged } from "./existing-output.ts";
import { outputError } from "./output-error.ts";
import {
  type RollingFiles,
  type RollingPolicy,
  type RollingState,
  RollingWriter,
  rollingName,
  rollingNumber,
} from "./rolling-writer.ts";
import type { PersistOptions, PublishablePart, Sink, SinkOpening, SinkResult } from "./sink.ts";
import type { SinkDeclaration } from "./text-stream.ts";

const DEFAULT_SIZE = 128 * 1024 * 1024;
const DEFAULT_INTERVAL_MS = 60_000;

interface RollingSinkState extends Record<string, unknown> {
  readonly path: string;
  readonly writers: readonly RollingState[];
}

/**
 * A `writeAsText` whose path is a folder of files that follow each other, `part-<writer>-<number>`, each published with
 * the checkpoint that closed it.
 *
 * The number is part of the checkpoint, so that an attempt that goes on gives a file the name that the attempt before
 * would have given it; a file that is visible is never touched again.
 *
 * A record behind each publication lets others take the files away. A job that was killed before it, and whose files were
 * gone by its next start all the same, refuses to go on; where the store had staged nothing (OSS: files below 100 KiB) it
 * publishes them again.
 */
export class RollingSink implements Sink {
  readonly path: Path;
  readonly parallelism: number;
  readonly description: string;
  readonly isRolling = true;
  readonly isRecoverable = true;
  readonly #fileSystems: FileSystems;
  readonly #policy: RollingPolicy;
  #fileSystem: FileSystem | undefined;
  #recoverableWriter: RecoverableWriter | undefined;
  #writers: RollingWriter[] = [];

  constructor(fileSystems: FileSystems, { path, options }: Pick<SinkDeclaration, "path" | "options">) {
    const { size = DEFAULT_SIZE, interval = DEFAULT_INTERVAL_MS } = options.rolling ?? {};
    this.path = path;
    this.parallelism = options.parallelism ?? 1;
    this.description = `${path} (rolling files of ${this.parallelism})`;
    this.#fileSystems = fileSystems;
    this.#policy = { size, intervalMs: interval };
  }

  get parts(): readonly PublishablePart[] {
    return this.#writers.flatMap((writer) => writer.parts);
  }

  /** A restored job has an output already. */
  async check(signal: AbortSignal, isRestored: boolean): Promise<void> {
    if (isRestored) return;
    try {
      const fileSystem = await this.#fileSystemOf();
      const existing = await statusIfAny(fileSystem, this.path, { signal });
      if (existing === undefined || (await isOnlyStaged(fileSystem, existing, signal))) return;
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw outputError(this.path, `the output cannot be looked at: ${errorMessage(cause)}`, { cause });
    }
    throw outputError(
      this.path,
      "the output exists, and rolling files are added to what a job itself has written",
      {
        hint: 'Choose another path, delete it, or go on with restore: "latest"',
      },
    );
  }

  async open(opening: SinkOpening): Promise<void> {
    const { signal, committing, published } = opening;
    const fileSystem = await this.#fileSystemOf();
    if (!fileSystem.capabilities.has("recoverable-writer")) {
      throw outputError(this.path, `the file system of ${this.path.scheme}: has no recoverable writer`, {
        hint: "Leave out rolling: the output is published at the end of the input",
      });
    }
    const recoverable = await fileSystem.createRecoverableWriter();
    this.#recoverableWriter = recoverable;
    const states = (opening.restored as RollingSinkState | undefined)?.writers;
    for (let n = 1; n <= this.parallelism; n++) {
      const files: RollingFiles = { recoverable, folder: this.path, writer: n, signal };
      const state = states?.[n - 1];
      if (state !== undefined) await this.#refuseNewer(fileSystem, files, state);
      const writer = new RollingWriter(files, this.#policy);
      this.#writers.push(writer);
      try {
        if (state !== undefined) await writer.restore(state, { published, committing });
      } catch (cause) {
        if (signal.aborted) throw cause;
        throw outputError(this.path, `writer ${n} cannot be continued: ${errorMessage(cause)}`, { cause });
      }
    }
  }

  async write(split: number, values: readonly unknown[]): Promise<void> {
    await (this.#writers[split % this.#writers.length] as RollingWriter).write(values);
  }

  async persist(options: PersistOptions): Promise<RollingSinkState> {
    const writers = await Promise.all(this.#writers.map((writer) => writer.persist(options)));
    return { path: this.path.toString(), writers };
  }

  async finishWriting(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.roll()));
  }

  async releaseOlder(count: number): Promise<void> {
    for (const writer of this.#writers) await writer.releaseOlder(count);
  }

  async discardStale(which: "all" | "empty"): Promise<void> {
    const fileSystem = await this.#fileSystemOf();
    const writer = this.#recoverableWriter;
    if (writer === undefined || !fileSystem.capabilities.has("pending-writes")) return;
    const own = new Set(this.#writers.map(({ openId }) => openId));
    for await (const { target, id, bytes } of writer.pending(this.path)) {
      if (own.has(id) || target.parent?.equals(this.path) !== true) continue;
      if (which === "empty" && bytes !== 0) continue;
      if (rollingNumber(target.name) !== undefined) await writer.discard(target, id);
    }
  }

  async complete(): Promise<void> {}

  result(): SinkResult {
    const total = (key: "lines" | "bytes" | "fileCount") =>
      this.#writers.reduce((sum, writer) => sum + writer[key], 0);
    return {
      path: this.path.toString(),
      lines: total("lines"),
      bytes: total("bytes"),
      fileCount: total("fileCount"),
      files: [],
    };
  }

  async abandon(_reason: unknown, keep: boolean): Promise<void> {
    await Promise.allSettled(this.#writers.map((writer) => writer.abandon(keep)));
  }

  /** Files that a later checkpoint has published hold lines that would be written again. */
  async #refuseNewer(fileSystem: FileSystem, files: RollingFiles, state: RollingState): Promise<void> {
    const first = state.open?.number ?? state.next;
    const before = this.path.child(rollingName(files.writer, first - 1));
    try {
      const options = { signal: files.signal, startAfter: before };
      for await (const { path } of fileSystem.listStatus(this.path, options)) {
        const found = rollingNumber(path.name);
        if (found?.writer !== files.writer) break;
        throw new JobError({
          code: "ERR_JOB_CHECKPOINT",
          message: `${path} was published after the checkpoint to be restored, and would be written twice`,
          hint: "Restore the latest checkpoint; or take away what was published after this one",
        });
      }
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  async #fileSystemOf(): Promise<FileSystem> {
    this.#fileSystem ??= await this.#fileSystems.fileSystem(this.path);
    return this.#fileSystem;
  }
}
