import { FileSystemError } from "../../errors/errors.ts";
import type {
  CreateOptions,
  FileSystem,
  FsDataInputStream,
  FsDataOutputStream,
  OpenOptions,
  RecoverableWriter,
} from "../contract.ts";
import type { Path } from "../path.ts";
import { changes, type PosixCalls, type PosixHandle, type PosixName } from "../posix.ts";
import {
  type Around,
  AroundInputStream,
  AroundOutputStream,
  AroundRecoverableStream,
  type Call,
} from "./around.ts";
import { ConnectionPool, type Direction, type Place } from "./connection-pool.ts";
import { DelegatingFileSystem } from "./delegating-file-system.ts";
import type { ConnectionLimits } from "./limit-options.ts";
import { RecoverableOpening } from "./recoverable-opening.ts";

/**
 * Bounds the streams that are open at once (Flink's `LimitedConnectionsFileSystem`). `open` counts as input; `create`
 * and, unlike in Flink, the streams of a recoverable writer count as output. Other calls are not counted.
 */
export class LimitedFileSystem extends DelegatingFileSystem {
  readonly #pool: ConnectionPool;

  constructor(inner: FileSystem, limits: ConnectionLimits) {
    super(inner);
    this.#pool = new ConnectionPool(limits);
  }

  override open(path: Path, options?: OpenOptions): Promise<FsDataInputStream> {
    const call = { operation: "open", path, signal: options?.signal };
    return counted(this.#pool, "input", call, {
      open: () => super.open(path, options),
      end: (stream) => stream.close(),
      wrap: (stream, around) => new AroundInputStream(stream, around, call),
    });
  }

  override create(path: Path, options?: CreateOptions): Promise<FsDataOutputStream> {
    const call = { operation: "create", path, signal: options?.signal };
    return counted(this.#pool, "output", call, {
      open: () => super.create(path, options),
      end: (stream, reason) => stream.abort(reason),
      wrap: (stream, around) => new AroundOutputStream(stream, around, call),
    });
  }

  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    return new RecoverableOpening(await super.createRecoverableWriter(), (call, open) =>
      counted(this.#pool, "output", call, {
        open,
        end: async (stream) => stream[Symbol.asyncDispose](),
        wrap: (stream, around) => new AroundRecoverableStream(stream, around, call),
      }),
    );
  }

  /** A handle counts as what its flags say, and is never taken for idle: its progress is not seen. */
  protected override posixCall<K extends PosixName>(
    name: K,
    call: Parameters<PosixCalls[K]>,
  ): ReturnType<PosixCalls[K]> {
    if (name !== "openHandle") return super.posixCall(name, call);
    const direction = changes(name, call) ? "output" : "input";
    const opening = this.#pool.acquire(direction, undefined).then(async (place) => {
      try {
        const handle = (await super.posixCall(name, call)) as PosixHandle;
        handle.once("close", () => place.release());
        return handle;
      } catch (error) {
        place.release();
        throw error;
      }
    });
    return opening as ReturnType<PosixCalls[K]>;
  }

  override close(): Promise<void> {
    this.#pool.close(new FileSystemError({ code: "EINVAL", message: "the file system is closed" }));
    return super.close();
  }
}

/** Calls that give the place back, however they end. */
const ENDINGS = new Set(["close", "abort", "closeForCommit", "dispose"]);

/** Opens a stream in a place of the pool. */
async function counted<S extends { readonly position: number }>(
  pool: ConnectionPool,
  direction: Direction,
  call: Call,
  stream: {
    open: () => Promise<S>;
    end: (stream: S, reason: unknown) => Promise<void>;
    wrap: (stream: S, around: Around) => S;
  },
): Promise<S> {
  const place = await pool.acquire(direction, call.signal);
  let inner: S;
  try {
    inner = await stream.open();
  } catch (error) {
    place.release();
    throw error;
  }
  const around = new Counted(place, direction, () => inner.position);
  place.occupy({
    progress: () => around.progress,
    end: (reason) => {
      around.ended = reason;
      // The stream is lost either way; what its end fails with helps nobody.
      stream.end(inner, reason).catch(() => {});
    },
  });
  return stream.wrap(inner, around);
}

/** Sees what a stream does: its progress, and when it gives its place back. */
class Counted implements Around {
  ended: FileSystemError | undefined;
  readonly #place: Place;
  readonly #direction: Direction;
  readonly #position: () => number;
  #calls = 0;

  constructor(place: Place, direction: Direction, position: () => number) {
    this.#place = place;
    this.#direction = direction;
    this.#position = position;
  }

  /** Bytes that move within a long call count as well as calls that move none, such as a `readAt`. */
  get progress(): string {
    return `${this.#calls}:${this.#position()}`;
  }

  async run<T>(call: Call, body: () => Promise<T>): Promise<T> {
    this.#check(call.operation);
    try {
      return await body();
    } catch (error) {
      this.#check(call.operation);
      throw error;
    } finally {
      this.#calls++;
      if (ENDINGS.has(call.operation)) this.#place.release();
    }
  }

  runSync(call: Call, body: () => void): void {
    this.#check(call.operation);
    body();
    this.#calls++;
  }

  /** What was ended can be let go of, but never be closed as if it were whole. */
  #check(operation: string): void {
    const letGo =
      operation === "abort" ||
      operation === "dispose" ||
      (operation === "close" && this.#direction === "input");
    if (this.ended !== undefined && !letGo) throw this.ended;
  }
}
