import { type FileHandle, open, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode, FileSystemError } from "../../errors/errors.ts";
import type {
  Committer,
  FileStatus,
  RecoverableStream,
  RecoverableWriter,
  SignalOption,
} from "../contract.ts";
import { fromNodeError } from "../node-error.ts";
import { Path } from "../path.ts";
import { makeFolders, renameWithoutReplacing, syncDirectory, temporaryName } from "./atomic-file.ts";
import { statsIfAny, statusOf } from "./status.ts";

/** A temporary file's name: `.<target's name>.inprogress.<uuid>`. */
const TEMPORARY = /^\.(.+)\.inprogress\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/s;

/** What a recoverable of this writer holds. */
interface Resume {
  readonly format: "plugfs-local-1";
  readonly target: string;
  /** Name of the temporary file, beside the target. */
  readonly temporary: string;
  /** Bytes that were durable. */
  readonly offset: number;
  readonly overwrite: boolean;
}

/**
 * Flink's recoverable writer of local files: the bytes lie in `.<name>.inprogress.<uuid>` beside the target, `persist` is
 * fsync, committing is renaming. Unlike there, a commit after recovery that finds neither file is an error, and so is a
 * target of another length.
 */
export class LocalRecoverableWriter implements RecoverableWriter {
  async open(
    target: Path,
    options: SignalOption & { readonly overwrite?: boolean } = {},
  ): Promise<RecoverableStream> {
    const { overwrite = false, signal } = options;
    return attempt("open", target, signal, async () => {
      const existing = await statsIfAny(target.key);
      if (existing?.isDirectory()) throw new FileSystemError({ code: "EISDIR", path: target });
      const file = overwrite && existing?.isFile() ? await realpath(target.key) : target.key;
      await makeFolders(dirname(file));
      const temporary = temporaryName(basename(file));
      const handle = await open(join(dirname(file), temporary), "wx");
      await syncDirectory(dirname(file));
      return new LocalRecoverableStream(handle, {
        format: "plugfs-local-1",
        target: file,
        temporary,
        offset: 0,
        overwrite,
      });
    });
  }

  async recover(recoverable: Uint8Array, options: SignalOption = {}): Promise<RecoverableStream> {
    const resume = decode(recoverable);
    return attempt("recover", pathOf(resume), options.signal, async () => {
      const handle = await open(temporaryFile(resume), "r+");
      try {
        const { size } = await handle.stat();
        if (size < resume.offset) throw tooShort(resume, size);
        await handle.truncate(resume.offset);
        return new LocalRecoverableStream(handle, resume);
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async recoverForCommit(recoverable: Uint8Array): Promise<Committer> {
    return new LocalCommitter(decode(recoverable));
  }

  /** Persisting leaves nothing beside the temporary file, which belongs to the whole write. */
  async cleanup(recoverable: Uint8Array): Promise<boolean> {
    decode(recoverable);
    return false;
  }

  /** Of a folder: all below it, links not followed. */
  async *pending(prefix: Path): ReturnType<RecoverableWriter["pending"]> {
    const folder = (await statsIfAny(prefix.key))?.isDirectory() ? prefix.key : dirname(prefix.key);
    const recursive = folder === prefix.key;
    for (const entry of await entriesOf(folder, recursive)) {
      const [id, name] = TEMPORARY.exec(entry.name) ?? [];
      if (id === undefined || name === undefined || !entry.isFile()) continue;
      const target = Path.unsafe("file", "", join(entry.parentPath, name));
      if (!target.startsWith(prefix)) continue;
      const stats = await statsIfAny(join(entry.parentPath, id));
      if (stats === undefined) continue;
      yield { target, id, started: Number(stats.birthtimeMs), bytes: Number(stats.size) };
    }
  }

  async discard(target: Path, id: string): Promise<boolean> {
    if (!TEMPORARY.test(id) || id.includes("/")) {
      throw new FileSystemError({
        code: "EINVAL",
        path: target,
        message: `"${id}" is no id of a pending write`,
      });
    }
    return attempt("discard", target, undefined, () => removeIfAny(join(dirname(target.key), id)));
  }
}

class LocalRecoverableStream implements RecoverableStream {
  readonly #handle: FileHandle;
  readonly #resume: Resume;
  #position: number;
  #closed = false;

  constructor(handle: FileHandle, resume: Resume) {
    this.#handle = handle;
    this.#resume = resume;
    this.#position = resume.offset;
  }

  get id(): string {
    return this.#resume.temporary;
  }

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#use("write", async () => {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          done,
          bytes.byteLength - done,
          this.#position,
        );
        done += bytesWritten;
        this.#position += bytesWritten;
      }
    });
  }

  persist(): Promise<Uint8Array> {
    return this.#use("persist", async () => {
      await this.#handle.sync();
      return encode({ ...this.#resume, offset: this.#position });
    });
  }

  closeForCommit(): Promise<Committer> {
    return this.#use("closeForCommit", async () => {
      await this.#handle.sync();
      this.#closed = true;
      await this.#handle.close();
      return new LocalCommitter({ ...this.#resume, offset: this.#position });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }

  #use<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const path = pathOf(this.#resume);
    return attempt(operation, path, undefined, async () => {
      if (this.#closed) {
        throw new FileSystemError({ code: "EINVAL", path, message: "the stream is closed" });
      }
      return call();
    });
  }
}

class LocalCommitter implements Committer {
  readonly recoverable: Uint8Array;
  readonly #resume: Resume;

  constructor(resume: Resume) {
    this.#resume = resume;
    this.recoverable = encode(resume);
  }

  commit(): Promise<FileStatus> {
    return attempt("commit", pathOf(this.#resume), undefined, async () => {
      const { size } = await stat(temporaryFile(this.#resume));
      if (size !== this.#resume.offset) throw wrongLength(this.#resume, size);
      return this.#publish();
    });
  }

  commitAfterRecovery(): Promise<FileStatus> {
    const { offset } = this.#resume;
    return attempt("commitAfterRecovery", pathOf(this.#resume), undefined, async () => {
      const staged = await statsIfAny(temporaryFile(this.#resume));
      if (staged === undefined) return this.#published();
      if (Number(staged.size) < offset) throw tooShort(this.#resume, Number(staged.size));
      const target = await statsIfAny(this.#resume.target);
      // A crash between giving the new name and taking away the old one leaves one file with both.
      if (target !== undefined && target.ino === staged.ino && target.dev === staged.dev) {
        await removeIfAny(temporaryFile(this.#resume));
        return this.#published();
      }
      if (Number(staged.size) > offset) await truncate(temporaryFile(this.#resume), offset);
      return this.#publish();
    });
  }

  async #publish(): Promise<FileStatus> {
    const { target, overwrite } = this.#resume;
    if (overwrite) await rename(temporaryFile(this.#resume), target);
    else await renameWithoutReplacing(temporaryFile(this.#resume), target);
    await syncDirectory(dirname(target));
    return this.#published();
  }

  /** The target as it has to be, or an error. */
  async #published(): Promise<FileStatus> {
    const path = pathOf(this.#resume);
    const stats = await statsIfAny(this.#resume.target);
    if (stats === undefined) {
      const message = "neither the staged file nor the published one is there";
      throw new FileSystemError({ code: "ENOENT", path, message });
    }
    if (Number(stats.size) !== this.#resume.offset) throw wrongLength(this.#resume, Number(stats.size));
    return statusOf(path, stats);
  }
}

function encode(resume: Resume): Uint8Array {
  return Buffer.from(JSON.stringify(resume), "utf8");
}

function decode(recoverable: Uint8Array): Resume {
  try {
    const resume: Resume = JSON.parse(Buffer.from(recoverable).toString("utf8"));
    if (resume.format === "plugfs-local-1") return resume;
  } catch {
    // Told below.
  }
  throw new FileSystemError({
    code: "EINVAL",
    scheme: "file",
    message: "these bytes are no recoverable of a local file",
  });
}

function pathOf(resume: Resume): Path {
  return Path.unsafe("file", "", resume.target);
}

function temporaryFile(resume: Resume): string {
  return join(dirname(resume.target), resume.temporary);
}

function tooShort(resume: Resume, size: number): FileSystemError {
  return new FileSystemError({
    code: "EIO",
    path: pathOf(resume),
    message: `the staged file is ${size} bytes long, but ${resume.offset} were persisted`,
  });
}

function wrongLength(resume: Resume, size: number): FileSystemError {
  return new FileSystemError({
    code: "EIO",
    path: pathOf(resume),
    message: `the file is ${size} bytes long instead of ${resume.offset}`,
  });
}

async function truncate(file: string, length: number): Promise<void> {
  await using handle = await open(file, "r+");
  await handle.truncate(length);
  await handle.sync();
}

async function removeIfAny(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function entriesOf(folder: string, recursive: boolean) {
  try {
    return await readdir(folder, { withFileTypes: true, recursive });
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
    throw error;
  }
}

async function attempt<T>(
  operation: string,
  path: Path,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await call();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw error instanceof FileSystemError
      ? error.with({ operation })
      : fromNodeError(error, { operation, path });
  }
}
