/** What Node's two file streams have in common, for the streams of any store. */
import type { Readable, Writable } from "node:stream";
import { FileSystemError } from "../../errors/errors.ts";
import { withEncoding } from "./arguments.ts";

/** Options of both Node's `createReadStream` and `createWriteStream`. */
export interface FileStreamOptions {
  readonly flags?: string | undefined;
  readonly encoding?: BufferEncoding | null | undefined;
  /** First byte, inclusive. */
  readonly start?: number | undefined;
  readonly signal?: AbortSignal | null | undefined;
  readonly autoClose?: boolean | undefined;
  readonly emitClose?: boolean | undefined;
}

type Done = (error?: Error | null) => void;

/** Node takes an encoding where it takes options. A stream of a descriptor is `ENOTSUP`: a store has none. */
export function checkedOptions<O extends FileStreamOptions>(
  argument: BufferEncoding | O | null = {} as O,
): O {
  const options = withEncoding(argument as BufferEncoding) as O;
  const { fd, fs } = options as { readonly fd?: unknown; readonly fs?: unknown };
  if (fd == null && fs == null) return options;
  const message = "a stream is opened by its path, not by a descriptor or another fs";
  throw new FileSystemError({ code: "ENOTSUP", operation: "open", message });
}

/** The options as `node:stream` takes them. */
export function streamOptions({ signal, autoClose = true, emitClose = true }: FileStreamOptions) {
  return { autoDestroy: autoClose, emitClose, ...(signal == null ? {} : { signal }) };
}

/** Ends `_construct`: `open` comes with -1, as there is no descriptor. */
export function whenOpened(
  stream: (Readable | Writable) & { pending: boolean },
  opening: Promise<void>,
  done: Done,
): void {
  opening.then(() => {
    stream.pending = false;
    done();
    stream.emit("open", -1);
    stream.emit("ready");
  }, done);
}

/** Ends `_destroy`: of two errors the first counts. */
export function whenEnded(ending: Promise<unknown> | undefined, error: Error | null, done: Done): void {
  Promise.resolve(ending).then(
    () => done(error),
    (failure: Error) => done(error ?? failure),
  );
}

/** The callback of Node's `close`. */
export function whenClosed(stream: Readable | Writable, done: Done | undefined): void {
  if (done === undefined) return;
  if (stream.closed) process.nextTick(done);
  else stream.once("close", done);
}
