import { errorCode, FileSystemError } from "../../errors/errors.ts";
import {
  type Capability,
  type CopyOptions,
  type CreateOptions,
  type DeleteOptions,
  type FileStatus,
  FileSystem,
  type FsDataInputStream,
  type FsDataOutputStream,
  type ListOptions,
  type OpenOptions,
  type RecoverableWriter,
  type RenameOptions,
  type SignalOption,
} from "../contract.ts";
import { fromNodeError, isFileSystemCode } from "../node-error.ts";
import type { Path } from "../path.ts";
import {
  type Around,
  AroundInputStream,
  AroundOutputStream,
  AroundRecoverableWriter,
  aroundIterable,
  type Call,
} from "./around.ts";

/** Who serves the file system; goes into every error. */
export interface ErrorContext {
  readonly scheme: string;
  readonly plugin?: string | undefined;
}

/**
 * The outermost wrapper: gives every error of a file system, and of all that it hands out, operation, path, scheme and
 * plugin.
 *
 * A system error of Node keeps its code. Anything else that is thrown becomes `EIO` with it as cause, but for plugfs'
 * own errors (`ERR_…`) and the reason of an aborted signal, which pass as they are.
 */
export class ErrorContextFileSystem extends FileSystem {
  readonly #inner: FileSystem;
  readonly #around: Around;

  constructor(inner: FileSystem, context: ErrorContext) {
    super();
    this.#inner = inner;
    this.#around = {
      async run(call, body) {
        try {
          return await body();
        } catch (error) {
          throw withContext(error, context, call);
        }
      },
      runSync(call, body) {
        try {
          body();
        } catch (error) {
          throw withContext(error, context, call);
        }
      },
    };
  }

  override get capabilities(): ReadonlySet<Capability> {
    return this.#inner.capabilities;
  }

  override getFileStatus(path: Path, options?: SignalOption): Promise<FileStatus> {
    return this.#run("getFileStatus", path, options, () => this.#inner.getFileStatus(path, options));
  }

  override listStatus(path: Path, options?: ListOptions): AsyncIterable<FileStatus> {
    const call = { operation: "listStatus", path, signal: options?.signal };
    return aroundIterable(this.#around, call, () => this.#inner.listStatus(path, options));
  }

  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    const call = { operation: "open", path, signal: options?.signal };
    return this.#around.run(call, async () => {
      return new AroundInputStream(await this.#inner.open(path, options), this.#around, call);
    });
  }

  override create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    const call = { operation: "create", path, signal: options?.signal };
    return this.#around.run(call, async () => {
      return new AroundOutputStream(await this.#inner.create(path, options), this.#around, call);
    });
  }

  override mkdirs(path: Path, options?: SignalOption): Promise<void> {
    return this.#run("mkdirs", path, options, () => this.#inner.mkdirs(path, options));
  }

  override delete(path: Path, options?: DeleteOptions): Promise<boolean> {
    return this.#run("delete", path, options, () => this.#inner.delete(path, options));
  }

  override rename(src: Path, dst: Path, options?: RenameOptions): Promise<void> {
    return this.#run("rename", src, options, () => this.#inner.rename(src, dst, options), dst);
  }

  override copy(src: Path, dst: Path, options?: CopyOptions): Promise<FileStatus> {
    return this.#run("copy", src, options, () => this.#inner.copy(src, dst, options), dst);
  }

  override createRecoverableWriter(): Promise<RecoverableWriter> {
    return this.#around.run({ operation: "createRecoverableWriter" }, async () => {
      return new AroundRecoverableWriter(await this.#inner.createRecoverableWriter(), this.#around);
    });
  }

  override close(): Promise<void> {
    return this.#around.run({ operation: "close" }, () => this.#inner.close());
  }

  #run<T>(
    operation: string,
    path: Path,
    options: SignalOption | undefined,
    body: () => Promise<T>,
    dest?: Path,
  ): Promise<T> {
    return this.#around.run({ operation, path, dest, signal: options?.signal }, body);
  }
}

/** The error of a call as the host sees it. */
export function withContext(error: unknown, context: ErrorContext, call: Call): unknown {
  const { signal, ...where } = call;
  if (signal?.aborted === true && (error === signal.reason || isAbort(error))) return signal.reason;
  const code = errorCode(error);
  if (code !== undefined && /^ERR_(PLUGIN|CONFIG|JOB)_/.test(code)) return error;
  const known = { ...where, ...context };
  if (error instanceof FileSystemError) return error.with(known);
  if (!isFileSystemCode(code)) return fromNodeError(error, known);
  // Node's own, or of a plugin that carries a plugfs of its own.
  const { retryable, storeCode, requestId } = error as Partial<FileSystemError>;
  return new FileSystemError({ ...known, code, retryable, storeCode, requestId, cause: error });
}

function isAbort(error: unknown): boolean {
  return errorCode(error) === "ABORT_ERR" || (error instanceof Error && error.name === "AbortError");
}
