import type { Configuration } from "../config/configuration.ts";
import { option } from "../config/option.ts";
import { errorCode, errorMessage } from "../errors/errors.ts";
import type { FileSystem, RecoverableWriter } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import { statusIfAny } from "../fs/status-if-any.ts";
import { isOnlyStaged } from "./existing-output.ts";
import { outputError } from "./output-error.ts";
import type { PersistOptions, PublishablePart, Sink, SinkOpening, SinkResult } from "./sink.ts";
import { PlainFile, RecoverableFile, type StagedFile } from "./staged-file.ts";
import type { SinkDeclaration } from "./text-stream.ts";
import { TextWriter } from "./text-writer.ts";

export const OVERWRITE_FILES = option.boolean("fs.overwrite-files", {
  default: false,
  doc: "Whether writeAsText without a writeMode replaces an output that exists.",
});
export const ALWAYS_CREATE_DIRECTORY = option.boolean("fs.output.always-create-directory", {
  default: false,
  doc: "Whether writeAsText makes a folder with the file 1 where one writer would write a plain file.",
});

interface TextSinkState extends Record<string, unknown> {
  readonly path: string;
  readonly parts: readonly PartState[];
}

interface PartState {
  readonly lines: number;
  readonly bytes: number;
  /** Base64; absent where the file system cannot go on with a file after a crash. */
  readonly recoverable?: string;
}

/** One file of a sink. */
interface TextPart extends PublishablePart {
  readonly file: StagedFile;
  readonly writer: TextWriter;
}

/** The files of one `writeAsText` in one job. None is visible before it is published, and then whole. */
export class TextSink implements Sink {
  readonly path: Path;
  readonly parallelism: number;
  readonly description: string;
  readonly isRolling = false;
  readonly #fileSystems: FileSystems;
  readonly #overwrite: boolean;
  readonly #isFolder: boolean;
  #fileSystem: FileSystem | undefined;
  #recoverableWriter: RecoverableWriter | undefined;
  #madeFolder = false;
  #parts: TextPart[] = [];
  #published = false;

  constructor(
    fileSystems: FileSystems,
    configuration: Configuration,
    { path, options }: Pick<SinkDeclaration, "path" | "options">,
  ) {
    this.path = path;
    this.parallelism = options.parallelism ?? 1;
    this.#fileSystems = fileSystems;
    const byDefault = configuration.get(OVERWRITE_FILES) ? "OVERWRITE" : "NO_OVERWRITE";
    this.#overwrite = (options.writeMode ?? byDefault) === "OVERWRITE";
    this.#isFolder = this.parallelism > 1 || configuration.get(ALWAYS_CREATE_DIRECTORY);
    const kind = this.#isFolder ? `folder of ${this.parallelism}` : "file";
    this.description = `${path} (${kind}, ${this.#overwrite ? "OVERWRITE" : "NO_OVERWRITE"})`;
  }

  /** The files, each to be published by itself. */
  get parts(): readonly TextPart[] {
    return this.#parts;
  }

  get isRecoverable(): boolean {
    return this.#recoverableWriter !== undefined;
  }

  async check(signal: AbortSignal): Promise<void> {
    try {
      await this.#check(signal);
    } catch (cause) {
      if (signal.aborted || errorCode(cause)?.startsWith("ERR_JOB_")) throw cause;
      throw outputError(this.path, `the output cannot be looked at: ${errorMessage(cause)}`, { cause });
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const fileSystem = await this.#fileSystemOf();
    const existing = await statusIfAny(fileSystem, this.path, { signal });
    this.#madeFolder = this.#isFolder && existing === undefined;
    if (existing === undefined) return;
    if (!this.#overwrite && !(this.#isFolder && (await isOnlyStaged(fileSystem, existing, signal)))) {
      throw outputError(this.path, "the output exists, and the mode is NO_OVERWRITE", {
        hint: "Choose another path, delete it, or use writeMode OVERWRITE",
      });
    }
    const wanted = this.#isFolder ? "directory" : "file";
    if (existing.kind === wanted) return;
    throw outputError(
      this.path,
      `the output is a ${existing.kind}, and this job writes a ${wanted} there (mode OVERWRITE)`,
      { hint: "writeAsText replaces only its own kind; delete it first, or choose another path" },
    );
  }

  async open(opening: SinkOpening): Promise<void> {
    const fileSystem = await this.#fileSystemOf();
    if (opening.recoverable && fileSystem.capabilities.has("recoverable-writer")) {
      this.#recoverableWriter = await fileSystem.createRecoverableWriter();
    }
    for (let n = 1; n <= this.parallelism; n++) {
      const path = this.#isFolder ? this.path.child(String(n)) : this.path;
      const state = (opening.restored as TextSinkState | undefined)?.parts[n - 1];
      try {
        const file = await this.#stage(fileSystem, path, opening, state);
        const writer = new TextWriter(file, state?.lines);
        this.#parts.push({ path, file, writer, publish: () => file.publish() });
      } catch (cause) {
        if (opening.signal.aborted) throw cause;
        const verb = state === undefined ? "created" : "continued";
        throw outputError(this.path, `${path} cannot be ${verb}: ${errorMessage(cause)}`, { cause });
      }
    }
  }

  async write(split: number, values: readonly unknown[]): Promise<void> {
    const { writer } = this.#parts[split % this.#parts.length] as TextPart;
    await writer.write(values);
  }

  async #flush(): Promise<void> {
    await Promise.all(this.#parts.map(({ writer }) => writer.flush()));
  }

  async persist({ isSavepoint }: PersistOptions): Promise<TextSinkState> {
    const parts = this.#parts.map(async ({ file, writer }): Promise<PartState> => {
      await writer.flush();
      const state = { lines: writer.lines, bytes: file.position };
      if (!(file instanceof RecoverableFile)) return state;
      return { ...state, recoverable: Buffer.from(await file.persist(isSavepoint)).toString("base64") };
    });
    return { path: this.path.toString(), parts: await Promise.all(parts) };
  }

  async finishWriting(): Promise<void> {
    await this.#flush();
    await Promise.all(this.#parts.map(({ file }) => file.finish()));
  }

  async releaseOlder(count: number): Promise<void> {
    for (const { file } of this.#parts) if (file instanceof RecoverableFile) await file.releaseOlder(count);
  }

  async discardStale(which: "all" | "empty"): Promise<void> {
    const fileSystem = await this.#fileSystemOf();
    if (!fileSystem.capabilities.has("pending-writes")) return;
    const writer = this.#recoverableWriter ?? (await fileSystem.createRecoverableWriter());
    for (const { path, file } of this.#parts) {
      const own = file instanceof RecoverableFile ? file.id : undefined;
      for await (const { target, id, bytes } of writer.pending(path)) {
        if (!target.equals(path) || id === own) continue;
        if (which === "all" || bytes === 0) await writer.discard(target, id);
      }
    }
  }

  async complete(signal: AbortSignal): Promise<void> {
    this.#published = true;
    if (this.#isFolder && this.#overwrite) await this.#removeOldParts(signal);
  }

  result(): SinkResult {
    const files = this.#parts.map(({ path, file, writer }) => ({
      path: path.toString(),
      lines: writer.lines,
      bytes: file.position,
    }));
    const total = (key: "bytes" | "lines") => files.reduce((sum, file) => sum + file[key], 0);
    return {
      path: this.path.toString(),
      lines: total("lines"),
      bytes: total("bytes"),
      fileCount: this.#published ? files.length : 0,
      files: this.#published ? files : [],
    };
  }

  async abandon(reason: unknown, keep: boolean): Promise<void> {
    const ending = this.#parts.map(async ({ file, writer }) => {
      if (!(file instanceof RecoverableFile)) return file.discard(reason);
      await writer.idle();
      return keep ? file.leave() : file.discard();
    });
    await Promise.allSettled(ending);
    if (keep || !this.#madeFolder || this.#published) return;
    // Where folders are things of their own the first file has made one. It is empty, or not ours to delete.
    if (this.#fileSystem?.capabilities.has("directories")) {
      await this.#fileSystem.delete(this.path).catch(() => {});
    }
  }

  async #stage(
    fileSystem: FileSystem,
    path: Path,
    { signal, committing }: SinkOpening,
    state: PartState | undefined,
  ): Promise<StagedFile> {
    const writer = this.#recoverableWriter;
    const overwrite = this.#overwrite;
    if (state === undefined) {
      if (writer !== undefined) return RecoverableFile.open(writer, path, { overwrite, signal });
      return new PlainFile(await fileSystem.create(path, { overwrite, signal }));
    }
    if (writer === undefined || state.recoverable === undefined) {
      throw new Error(`the file system of ${path.scheme}: cannot go on with a file after a crash`);
    }
    const recoverable = Buffer.from(state.recoverable, "base64");
    if (committing) return RecoverableFile.recoverForCommit(writer, path, recoverable, state.bytes);
    return RecoverableFile.recover(writer, path, recoverable, { signal });
  }

  /** Files of an earlier, wider run: `4` when this one wrote `1` to `3`. */
  async #removeOldParts(signal: AbortSignal): Promise<void> {
    const fileSystem = await this.#fileSystemOf();
    for await (const { path, kind } of fileSystem.listStatus(this.path, { signal })) {
      if (kind !== "file" || !/^[1-9]\d*$/.test(path.name) || Number(path.name) <= this.parallelism) continue;
      await fileSystem.delete(path, { signal });
    }
  }

  async #fileSystemOf(): Promise<FileSystem> {
    this.#fileSystem ??= await this.#fileSystems.fileSystem(this.path);
    return this.#fileSystem;
  }
}
