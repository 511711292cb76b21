import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type FileStatus, FileSystemError, type OutputSink, type Path } from "plugfs";
import { onAbort } from "./abort.ts";
import { Depth, type DepthRange, fixedRange } from "./depth.ts";
import type { PartBuffer, Payload } from "./part-buffer.ts";
import type { UploadTarget } from "./publish.ts";
import { MIN_PART_BYTES } from "./settings.ts";
import type { Store } from "./store.ts";
import { MultipartUpload, putObject } from "./upload.ts";

const MIB = 1024 * 1024;
const ADAPTIVE: DepthRange = { first: 24, least: 4, most: 24, step: 2 };
/** OSS's limit (https://www.alibabacloud.com/help/en/oss/user-guide/multipart-upload). */
const MAX_PARTS = 10_000;

/**
 * The sink of one object. Up to one part's bytes go out in a single PUT at `finish`; more go out in parts while they
 * are written.
 */
export class ObjectSink implements OutputSink {
  readonly path: Path;
  readonly signal: AbortSignal | undefined;
  readonly #store: Store;
  readonly #target: UploadTarget;
  readonly #onEnd: () => void;
  readonly #parts: PartWriter;

  /** `onEnd` hears that the object was published or discarded. */
  constructor(store: Store, target: UploadTarget, signal: AbortSignal | undefined, onEnd: () => void) {
    this.path = target.path;
    this.signal = signal;
    this.#store = store;
    this.#target = target;
    this.#onEnd = onEnd;
    this.#parts = new PartWriter(store, new MultipartUpload(store, target, randomUUID()));
  }

  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    this.#parts.follow(signal);
    await this.#parts.write(bytes);
  }

  async finish(signal: AbortSignal): Promise<FileStatus> {
    this.#parts.follow(signal);
    const status = await this.#publish(signal);
    this.#onEnd();
    return status;
  }

  async discard(reason: unknown): Promise<void> {
    await this.#parts.end(reason);
    this.#onEnd();
    await this.#parts.upload.abort();
  }

  async #publish(signal: AbortSignal): Promise<FileStatus> {
    const parts = this.#parts;
    if (parts.upload.isBegun) {
      await parts.flush();
      return await parts.upload.complete(signal);
    }
    const status = await putObject(this.#store, this.#target, parts.upload.writeId, parts.pending(), signal);
    await parts.end(undefined);
    return status;
  }
}

/**
 * Cuts a stream of bytes into the parts of one upload and sends several at a time. In memory the buffers come from the
 * file system's pool; when that is used up, parts become smaller and writes wait for parts that are on their way.
 */
export class PartWriter {
  readonly upload: MultipartUpload;
  readonly #store: Store;
  readonly #ended = new AbortController();
  /** Undefined between a part and the next byte. */
  #part: PartBuffer | undefined;
  #parts: number;
  readonly #running = new Set<Promise<void>>();
  readonly #depth: Depth;
  #failure: { error: unknown } | undefined;
  #following = false;

  constructor(store: Store, upload: MultipartUpload) {
    this.#store = store;
    this.upload = upload;
    this.#parts = upload.lastNumber;
    const { uploadParts } = store.client.settings;
    this.#depth = new Depth(uploadParts === undefined ? ADAPTIVE : fixedRange(uploadParts));
  }

  /** Parts on their way end with `signal`; of several calls the first counts. */
  follow(signal: AbortSignal): void {
    if (this.#following) return;
    this.#following = true;
    onAbort(signal, () => this.#ended.abort(signal.reason));
  }

  /** `bytes` may be reused once it resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.byteLength; ) {
      this.#throwFailure();
      if (this.#room() <= 0) await this.#submit();
      if (this.#pendingPart().needsBlock) {
        // Waiting for the block may have sent the part on its way.
        const block = await this.#block();
        this.#pendingPart().add(block);
      }
      from += await this.#pendingPart().append(bytes.subarray(from, from + this.#room()));
    }
  }

  /** What no part holds yet; valid until the next `write`. */
  pending(): Payload {
    return this.#part?.payload() ?? { body: [], length: 0, crc64: 0n };
  }

  /** Resolves once every byte is in a part that the store has; a pending part shorter than `least` is kept back. */
  async flush(least = 1): Promise<void> {
    this.#throwFailure();
    if ((this.#part?.length ?? 0) >= least) await this.#submit();
    while (this.#running.size > 0) await Promise.race(this.#running);
    this.#throwFailure();
  }

  /** Ends what is on its way and frees every buffer. */
  async end(reason: unknown): Promise<void> {
    this.#ended.abort(reason);
    await Promise.all(this.#running);
    this.#part?.free();
  }

  #pendingPart(): PartBuffer {
    this.#part ??= this.#store.buffers.make(this.#partSize(this.#parts + 1));
    return this.#part;
  }

  /** Bytes that the pending part may still take. */
  #room(): number {
    return this.#partSize(this.#parts + 1) - (this.#part?.length ?? 0);
  }

  /** Bytes of part `number`: doubles every 1,000 parts, so that 10,000 parts hold 8 TB. */
  #partSize(number: number): number {
    const { uploadPartSize } = this.#store.client.settings;
    return uploadPartSize ?? 8 * MIB * 2 ** Math.floor((number - 1) / 1000);
  }

  /** A buffer; waits for one's own parts when the memory is used up. */
  async #block(): Promise<Buffer> {
    const { pool } = this.#store;
    for (;;) {
      const block = pool.tryTake();
      if (block !== undefined) return block;
      this.#throwFailure();
      if (this.#running.size > 0) {
        await Promise.race(this.#running);
      } else if (this.#pendingPart().length >= smallestPart(this.#parts + 1)) {
        await this.#submit();
      } else {
        return pool.force();
      }
    }
  }

  /** Sends the part on its way, once fewer than as many as allowed are; so the next is filled while all of them are. */
  async #submit(): Promise<void> {
    while (this.#running.size >= this.#depth.value) {
      this.#depth.watch();
      await Promise.race(this.#running);
      this.#depth.adapt();
    }
    this.#throwFailure();
    const part = this.#pendingPart();
    const number = ++this.#parts;
    if (number > MAX_PARTS) throw this.#tooLarge();
    this.#part = undefined;
    const begun = performance.now();
    const running: Promise<void> = this.upload
      .upload(number, part.payload(), this.#ended.signal)
      .then(
        () => this.#depth.ended(part.length / (performance.now() - begun), this.#running.size),
        (error: unknown) => {
          this.#failure ??= { error };
          // The others are of no use any more.
          this.#ended.abort(error);
        },
      )
      .finally(() => {
        part.free();
        this.#running.delete(running);
      });
    this.#running.add(running);
    // A writer whose bytes are all at hand would never let the connections have the thread.
    await nextTurn();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #tooLarge(): FileSystemError {
    return new FileSystemError({
      ...this.upload.target.about,
      code: "EINVAL",
      message: `the file needs more than ${MAX_PARTS} parts`,
      hint: "Set fs.oss.multipart.upload.size higher, or leave it out",
    });
  }
}

/** Short parts are for want of memory; later ones must be larger, or the number of parts would not do. */
function smallestPart(number: number): number {
  return number <= 2_000 ? MIN_PART_BYTES : 8 * MIB;
}
