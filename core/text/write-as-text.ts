import type { Configuration } from "../config/configuration.ts";
import { option } from "../config/option.ts";
import { errorCode, errorMessage, JobError } from "../errors/errors.ts";
import type { FileStatus, FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
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

export interface SinkResult {
  /** The file or the folder that `writeAsText` named. */
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly lines: number; readonly bytes: number }[];
}

/** One file of a sink. */
export interface TextPart {
  readonly path: Path;
  readonly writer: TextWriter;
}

/** The files of one `writeAsText` in one job. None is visible before its part is closed, and then whole. */
export class TextSink {
  readonly path: Path;
  readonly parallelism: number;
  readonly #fileSystems: FileSystems;
  readonly #overwrite: boolean;
  readonly #isFolder: boolean;
  #fileSystem: FileSystem | undefined;
  #madeFolder = false;
  #parts: TextPart[] = [];
  #published = false;

  constructor(fileSystems: FileSystems, configuration: Configuration, { path, options }: SinkDeclaration) {
    this.path = path;
    this.parallelism = options.parallelism ?? 1;
    this.#fileSystems = fileSystems;
    const byDefault = configuration.get(OVERWRITE_FILES) ? "OVERWRITE" : "NO_OVERWRITE";
    this.#overwrite = (options.writeMode ?? byDefault) === "OVERWRITE";
    this.#isFolder = this.parallelism > 1 || configuration.get(ALWAYS_CREATE_DIRECTORY);
  }

  /** Refuses an output that is in the way. Changes nothing. */
  async check(signal: AbortSignal): Promise<void> {
    this.#fileSystem = await this.#fileSystems.fileSystem(this.path);
    const existing = await statusIfAny(this.#fileSystem, this.path, signal);
    this.#madeFolder = this.#isFolder && existing === undefined;
    if (existing === undefined) return;
    if (!this.#overwrite) {
      throw this.#failed("the output exists, and the mode is NO_OVERWRITE", {
        hint: "Choose another path, delete it, or use writeMode OVERWRITE",
      });
    }
    const wanted = this.#isFolder ? "directory" : "file";
    if (existing.kind === wanted) return;
    throw this.#failed(
      `the output is a ${existing.kind}, and this job writes a ${wanted} there (mode OVERWRITE)`,
      {
        hint: "writeAsText replaces only its own kind; delete it first, or choose another path",
      },
    );
  }

  async open(signal: AbortSignal): Promise<void> {
    const fileSystem = this.#fileSystem as FileSystem;
    for (let n = 1; n <= this.parallelism; n++) {
      const path = this.#isFolder ? this.path.child(String(n)) : this.path;
      try {
        const stream = await fileSystem.create(path, { overwrite: this.#overwrite, signal });
        this.#parts.push({ path, writer: new TextWriter(stream) });
      } catch (cause) {
        throw signal.aborted
          ? cause
          : this.#failed(`${path} cannot be created: ${errorMessage(cause)}`, { cause });
      }
    }
  }

  /** Takes the values of one batch of a split. */
  async write(split: number, values: readonly unknown[]): Promise<void> {
    const { writer } = this.#parts[split % this.#parts.length] as TextPart;
    await writer.write(values);
  }

  /** Resolves once the file system has taken every line. */
  async flush(): Promise<void> {
    for (const { writer } of this.#parts) await writer.flush();
  }

  /** The files, each to be published by its `writer.close`. */
  get parts(): readonly TextPart[] {
    return this.#parts;
  }

  /** What was written, once every part is published; parts of an earlier, wider run are removed. */
  async finish(signal: AbortSignal): Promise<SinkResult> {
    this.#published = true;
    if (this.#isFolder && this.#overwrite) await this.#removeOldParts(signal);
    const files = this.#parts.map(({ path, writer }) => ({
      path: path.toString(),
      lines: writer.lines,
      bytes: writer.bytes,
    }));
    const total = (key: "bytes" | "lines") => files.reduce((sum, file) => sum + file[key], 0);
    return { path: this.path.toString(), lines: total("lines"), bytes: total("bytes"), files };
  }

  /** Drops what is not published. Never rejects: the reason is what the caller has to hear. */
  async abort(reason: unknown): Promise<void> {
    await Promise.allSettled(this.#parts.map(({ writer }) => writer.abort(reason)));
    if (!this.#madeFolder || this.#published) return;
    // Where folders are things of their own the first `create` has made one. It is empty, or not ours to delete.
    if (this.#fileSystem?.capabilities.has("directories"))
      await this.#fileSystem.delete(this.path).catch(() => {});
  }

  /** Files of an earlier, wider run: `4` when this one wrote `1` to `3`. */
  async #removeOldParts(signal: AbortSignal): Promise<void> {
    const fileSystem = this.#fileSystem as FileSystem;
    for await (const { path, kind } of fileSystem.listStatus(this.path, { signal })) {
      if (kind !== "file" || !/^[1-9]\d*$/.test(path.name) || Number(path.name) <= this.parallelism) continue;
      await fileSystem.delete(path, { signal });
    }
  }

  #failed(message: string, rest: { readonly hint?: string; readonly cause?: unknown }): JobError {
    return new JobError({
      code: "ERR_JOB_OUTPUT",
      message: `writeAsText to ${this.path}: ${message}`,
      ...rest,
    });
  }
}

async function statusIfAny(
  fileSystem: FileSystem,
  path: Path,
  signal: AbortSignal,
): Promise<FileStatus | undefined> {
  try {
    return await fileSystem.getFileStatus(path, { signal });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
