import {
  constants,
  type Mode,
  type ObjectEncodingOptions,
  type OpenMode,
  type ReadStream,
  type WriteStream,
} from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { FileSystemError } from "../errors/errors.ts";
import {
  type Abortable,
  argumentError,
  asNode,
  type EncodingArgument,
  type EncodingOptions,
  type OwnBuffer,
  withEncoding,
} from "./node/arguments.ts";
import { bindMethods } from "./node/bind-methods.ts";
import { openSink } from "./node/byte-sink.ts";
import { openSource } from "./node/byte-source.ts";
import { copyOne } from "./node/copy-file.ts";
import { type CpOptions, cp } from "./node/cp.ts";
import { EntriesByUri } from "./node/entries-by-uri.ts";
import { checkedOptions } from "./node/file-stream.ts";
import { isHandle, openFile } from "./node/open-file.ts";
import { Places, shown, type UriPath } from "./node/places.ts";
import { type ReadStreamOptions, UriReadStream } from "./node/read-stream.ts";
import { webReadable, webWritable } from "./node/web-streams.ts";
import { type FileContent, readWhole, writeWhole } from "./node/whole-files.ts";
import { UriWriteStream, type WriteStreamOptions } from "./node/write-stream.ts";
import type { FileSystems } from "./provider.ts";

export type { UriPath } from "./node/places.ts";

interface ReadFileOptions extends Abortable {
  readonly flag?: OpenMode | undefined;
}
interface WriteFileOptions extends ObjectEncodingOptions, Abortable {
  readonly flag?: OpenMode | undefined;
  readonly mode?: Mode | undefined;
  /** Taken for compatibility: a file that is written whole is durable anyway. */
  readonly flush?: boolean | undefined;
}
type Text = { readonly encoding: BufferEncoding };

/**
 * `node:fs/promises` by URI, over every scheme: Node's names, overloads, options, results and error codes; wherever Node
 * takes a path it takes a string, a `URL` or a `Path`. The methods stand alone: `const { readFile } = env.fs`.
 *
 * On object stores: parents need not exist, renaming a folder is not atomic, mode, ino and folder times are fixed
 * values, a file appears when it is closed. What a store cannot do rejects at once with `ENOTSUP`. On `file:` too a file
 * written by `writeFile`, `copyFile` or a stream appears whole or not at all.
 */
export class UriFileSystem extends EntriesByUri {
  /** `node:fs` constants, for `access`, `open` and `copyFile`. */
  readonly constants = constants;

  constructor(fileSystems: FileSystems) {
    super(new Places(fileSystems));
    bindMethods(this);
  }

  /** The whole file: a `Buffer`, or text in the encoding that was asked for. */
  readFile(
    path: UriPath | FileHandle,
    options?: null | (ReadFileOptions & { readonly encoding?: null | undefined }),
  ): Promise<OwnBuffer>;
  readFile(path: UriPath | FileHandle, options: BufferEncoding | (ReadFileOptions & Text)): Promise<string>;
  readFile(
    path: UriPath | FileHandle,
    options?: BufferEncoding | null | (ReadFileOptions & ObjectEncodingOptions),
  ): Promise<string | OwnBuffer>;
  async readFile(
    path: UriPath | FileHandle,
    argument?: EncodingArgument<ReadFileOptions & EncodingOptions>,
  ): Promise<string | OwnBuffer> {
    const { encoding, flag = "r", signal } = withEncoding(argument);
    if (isHandle(path)) return path.readFile(argument as Text);
    return asNode(signal, async () => {
      const bytes = await readWhole(await this.places.at(path), flag, signal);
      return encoding == null || encoding === "buffer" ? bytes : bytes.toString(encoding);
    });
  }

  /** The file appears when all of `data` is written; a failure leaves what was there. */
  async writeFile(
    path: UriPath | FileHandle,
    data: FileContent,
    argument?: BufferEncoding | null | WriteFileOptions,
  ): Promise<void> {
    const { encoding, flag, mode, signal } = withEncoding(argument);
    if (isHandle(path)) return path.writeFile(data as string, argument as Text);
    return asNode(signal, async () => {
      const open = async () => openSink(await this.places.at(path), { flag, mode, signal });
      await writeWhole(open, data, encoding ?? undefined, signal);
    });
  }

  /** Only where files are written in place (`file:`); elsewhere `ENOTSUP`. */
  async appendFile(
    path: UriPath | FileHandle,
    data: FileContent,
    argument?: BufferEncoding | null | WriteFileOptions,
  ): Promise<void> {
    await this.writeFile(path, data, { flag: "a", ...withEncoding(argument) });
  }

  /** On a store without capability `posix` the handle reads anywhere, or writes one byte after another. */
  async open(path: UriPath, flags: string | number = "r", mode?: Mode): Promise<FileHandle> {
    return openFile(await this.places.at(path), flags, mode);
  }

  /** Node's stream: read as far as it is consumed. Of a place where nothing is, it emits the error. */
  createReadStream(path: UriPath, argument?: BufferEncoding | null | ReadStreamOptions): ReadStream {
    const options = checkedOptions(argument);
    const at = this.places.resolve(path);
    return new UriReadStream(
      shown(at),
      async (window) => openSource(await this.places.at(at), window),
      options,
    );
  }

  /** Node's stream: the file appears at `finish`; destroyed before, it never does. */
  createWriteStream(path: UriPath, argument?: BufferEncoding | null | WriteStreamOptions): WriteStream {
    const options = checkedOptions(argument);
    const at = this.places.resolve(path);
    return new UriWriteStream(shown(at), async (sink) => openSink(await this.places.at(at), sink), options);
  }

  /** A byte stream of the web. `start` and `end` are both inclusive, as of `createReadStream`. */
  readableWebStream(
    path: UriPath,
    options: Abortable & Pick<ReadStreamOptions, "start" | "end"> = {},
  ): ReadableStream<Uint8Array> {
    const at = this.places.resolve(path);
    const { start, end, signal } = options;
    const window = { start, end: end === undefined ? undefined : end + 1, signal };
    return webReadable(async () => openSource(await this.places.at(at), window));
  }

  /** A stream of the web that writes a file, which appears when it is closed, and after `abort` never. */
  writableWebStream(
    path: UriPath,
    options: Abortable & Pick<WriteStreamOptions, "flags" | "mode"> = {},
  ): WritableStream<Uint8Array | string> {
    const at = this.places.resolve(path);
    const { flags: flag, mode, signal } = options;
    return webWritable(async () => openSink(await this.places.at(at), { flag, mode, signal }));
  }

  /** One file, also from one scheme to another. */
  async copyFile(src: UriPath, dest: UriPath, mode = 0): Promise<void> {
    const [source, target] = await Promise.all([this.places.at(src), this.places.at(dest)]);
    if ((mode & ~(constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)) !== 0) {
      throw (mode & ~7) === 0
        ? new FileSystemError({
            code: "ENOTSUP",
            path: source.path,
            dest: target.path,
            operation: "copyFile",
            message: "COPYFILE_FICLONE_FORCE is not served",
          })
        : argumentError("ERR_OUT_OF_RANGE", `the mode of copyFile is ${mode}; expected 0 to 7`);
    }
    const overwrite = (mode & constants.COPYFILE_EXCL) === 0;
    if (overwrite && source.path.equals(target.path)) {
      await source.fileSystem.getFileStatus(source.path);
      return;
    }
    await copyOne(source, target, { overwrite });
  }

  /** Files and trees, also from one scheme to another; several files at once. */
  async cp(source: UriPath, destination: UriPath, options: CpOptions = {}): Promise<void> {
    const [from, to] = await Promise.all([this.places.at(source), this.places.at(destination)]);
    await cp(from, to, options);
  }
}
