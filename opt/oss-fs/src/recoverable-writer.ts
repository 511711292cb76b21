import { randomUUID } from "node:crypto";
import {
  type Committer,
  type FileStatus,
  FileSystemError,
  type Path,
  type RecoverableStream,
  type RecoverableWriter,
  type SignalOption,
} from "plugfs";
import { onAbort } from "./abort.ts";
import { bodyBytes } from "./body.ts";
import { Crc64, combineCrc64 } from "./crc64.ts";
import { answerError, storeCodeOf } from "./errors.ts";
import { isFolder, refuseFileAsParent } from "./lookup.ts";
import type { Payload } from "./part-buffer.ts";
import { type PendingUpload, pendingUploads, refuseLostUpload } from "./pending.ts";
import { findOwn, type UploadTarget } from "./publish.ts";
import { decodeResume, encodeResume, type Resume, resumeLength, resumePath } from "./recoverable.ts";
import { MIN_PART_BYTES } from "./settings.ts";
import { checkedKey } from "./status.ts";
import type { Store } from "./store.ts";
import { abortUpload, MultipartUpload, putObject } from "./upload.ts";
import { PartWriter } from "./write.ts";

/**
 * Flink's recoverable writer on multipart uploads. The upload begins with the first part; a tail too short for a part
 * (100 KiB) travels in the recoverable itself, so that there are no side objects. Committing completes the upload, or
 * puts a file that never got a part.
 *
 * Every recoverable of a write is good until another stream, recovered from an older one, has gone beyond it: a commit
 * of it then fails and publishes nothing.
 */
export class OssRecoverableWriter implements RecoverableWriter {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** 2 requests, 1 with `fs.oss.performance.flags.create`. */
  async open(
    target: Path,
    options: SignalOption & { readonly overwrite?: boolean } = {},
  ): Promise<RecoverableStream> {
    const { overwrite = false, signal } = options;
    const key = checkedKey(target, "open");
    const context = { signal, about: { operation: "open", path: target } };
    const [folder] = await Promise.all([
      isFolder(this.#store, target, context),
      refuseFileAsParent(this.#store, target, context),
    ]);
    if (folder) throw new FileSystemError({ code: "EISDIR", scheme: "oss", ...context.about });
    const { bucket } = this.#store.client;
    const resume = {
      bucket,
      key,
      overwrite,
      writeId: randomUUID(),
      upload: undefined,
      tail: new Uint8Array(),
    };
    return new OssRecoverableStream(this.#store, resume, signal);
  }

  /** 1 request where there are parts, else none. */
  async recover(recoverable: Uint8Array, options: SignalOption = {}): Promise<RecoverableStream> {
    const resume = decodeResume(recoverable, this.#store.client.bucket);
    const path = resumePath(resume);
    options.signal?.throwIfAborted();
    await refuseLostUpload(this.#store, resume, { ...options, about: { operation: "recover", path } });
    const stream = new OssRecoverableStream(this.#store, resume, options.signal);
    await stream.write(resume.tail);
    return stream;
  }

  async recoverForCommit(recoverable: Uint8Array): Promise<Committer> {
    return new OssCommitter(this.#store, decodeResume(recoverable, this.#store.client.bucket));
  }

  /** There is nothing that only one recoverable holds: the parts belong to the whole write. */
  async cleanup(recoverable: Uint8Array): Promise<boolean> {
    decodeResume(recoverable, this.#store.client.bucket);
    return false;
  }

  /** Unfinished uploads, whoever began them: 1 request for a thousand, and 1 for each. */
  pending(prefix: Path): AsyncIterable<PendingUpload> {
    return pendingUploads(this.#store, prefix);
  }

  /** 1 request. */
  async discard(target: Path, id: string): Promise<boolean> {
    const own = [...this.#store.uploads].find(([, writeId]) => writeId === id)?.[0];
    const about = { operation: "discard", path: target };
    return await abortUpload(this.#store, checkedKey(target, "discard"), own ?? id, about);
  }
}

class OssRecoverableStream implements RecoverableStream {
  readonly #store: Store;
  readonly #resume: Resume;
  readonly #parts: PartWriter;
  readonly #ended = new AbortController();
  readonly #release: () => void;
  #position: number;
  /** A recoverable tells of the upload: somebody may come back for its parts. */
  #told: boolean;
  #busy = false;
  #closed = false;

  /** Of a recovered one the tail is still to be written. */
  constructor(store: Store, resume: Resume, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#resume = resume;
    this.#position = resumeLength(resume) - resume.tail.byteLength;
    this.#told = resume.upload !== undefined;
    const target = targetOf(resume, "write");
    this.#parts = new PartWriter(store, new MultipartUpload(store, target, resume.writeId, resume.upload));
    this.#parts.follow(this.#ended.signal);
    this.#release = onAbort(signal, () => this.#ended.abort(signal?.reason));
    store.live.add(this);
  }

  get id(): string {
    return this.#resume.writeId;
  }

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#use(async () => {
      await this.#parts.write(bytes);
      this.#position += bytes.byteLength;
    });
  }

  /** Waits for the parts on their way; a pending one of at least 100 KiB becomes a part, else it is the tail. */
  persist(): Promise<Uint8Array> {
    return this.#use(async () => {
      await this.#parts.flush(MIN_PART_BYTES);
      return encodeResume(await this.#state());
    });
  }

  closeForCommit(): Promise<Committer> {
    return this.#use(async () => {
      await this.#parts.flush(this.#parts.upload.isBegun ? 1 : MIN_PART_BYTES);
      const committer = new OssCommitter(this.#store, await this.#state());
      await this.abort(undefined);
      return committer;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort(new FileSystemError({ code: "EINVAL", message: "the stream is closed" }));
  }

  /** Frees the buffers. An upload that no recoverable tells of is aborted. */
  async abort(reason: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.#store.live.delete(this);
    await this.#parts.end(reason);
    if (!this.#told) await this.#parts.upload.abort();
  }

  async #state(): Promise<Resume> {
    const tail = await bodyBytes(this.#parts.pending().body);
    const upload = await this.#parts.upload.begun();
    if (upload !== undefined) this.#told = true;
    return { ...this.#resume, upload, tail };
  }

  async #use<T>(call: () => Promise<T>): Promise<T> {
    this.#ended.signal.throwIfAborted();
    if (this.#closed) throw this.#refused("EINVAL", "the stream is closed");
    if (this.#busy) throw this.#refused("EBUSY", "another call on this stream is under way");
    this.#busy = true;
    try {
      return await call();
    } catch (error) {
      this.#ended.signal.throwIfAborted();
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  #refused(code: "EINVAL" | "EBUSY", message: string): FileSystemError {
    return new FileSystemError({ code, scheme: "oss", path: resumePath(this.#resume), message });
  }
}

class OssCommitter implements Committer {
  readonly recoverable: Uint8Array;
  readonly #store: Store;
  readonly #resume: Resume;

  constructor(store: Store, resume: Resume) {
    this.#store = store;
    this.#resume = resume;
    this.recoverable = encodeResume(resume);
  }

  /** 1 request. */
  async commit(): Promise<FileStatus> {
    return await this.#publish("commit");
  }

  /** 1 request when it has happened already, else 2. */
  async commitAfterRecovery(): Promise<FileStatus> {
    const operation = "commitAfterRecovery";
    const target = targetOf(this.#resume, operation);
    const { writeId } = this.#resume;
    const expected = { length: resumeLength(this.#resume), crc64: checksumOf(this.#resume), writeId };
    const done = await findOwn(this.#store, target, expected);
    if (done !== undefined) return done;
    try {
      return await this.#publish(operation);
    } catch (cause) {
      if (storeCodeOf(cause) !== "NoSuchUpload") throw cause;
      // Another process may have committed it in this moment.
      const now = await findOwn(this.#store, target, expected);
      if (now !== undefined) return now;
      const message = "the upload is gone, and what is at the target is not what it would have published";
      throw answerError(message, target.about, { cause });
    }
  }

  async #publish(operation: string): Promise<FileStatus> {
    const target = targetOf(this.#resume, operation);
    const { upload, tail, writeId } = this.#resume;
    if (upload === undefined) return await putObject(this.#store, target, writeId, payloadOf(tail));
    const multipart = new MultipartUpload(this.#store, target, writeId, upload);
    if (tail.byteLength > 0) {
      // Of a recoverable that was persisted, not closed, the tail is still to be sent: as the last part it may be short.
      const { signal } = new AbortController();
      await multipart.upload(multipart.lastNumber + 1, payloadOf(tail), signal);
    }
    return await multipart.complete();
  }
}

function targetOf(resume: Resume, operation: string): UploadTarget {
  const path = resumePath(resume);
  return { path, key: resume.key, overwrite: resume.overwrite, about: { operation, path } };
}

function payloadOf(bytes: Uint8Array): Payload {
  return { body: [bytes], length: bytes.byteLength, crc64: new Crc64().update(bytes).value };
}

function checksumOf({ upload, tail }: Resume): bigint {
  const parts = [...(upload?.parts ?? []), payloadOf(tail)];
  return parts.reduce((sum, part) => combineCrc64(sum, part.crc64, part.length), 0n);
}
