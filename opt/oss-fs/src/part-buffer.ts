import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { FileSystemError } from "plugfs";
import type { RequestBody } from "./body.ts";
import { Crc64 } from "./crc64.ts";
import { BLOCK_BYTES, type BlockPool, TransferMemory } from "./memory.ts";

/** Bytes to send, their number and their CRC64. */
export interface Payload {
  readonly body: RequestBody;
  readonly length: number;
  readonly crc64: bigint;
}

/** The bytes of one part until the store has them. */
export interface PartBuffer {
  readonly length: number;
  /** Whether `append` needs a block first. */
  readonly needsBlock: boolean;
  add(block: Buffer): void;
  /** Copies the front of `bytes`, at least one of them; how many. */
  append(bytes: Uint8Array): number | Promise<number>;
  /** What was appended; valid until the next `append`. */
  payload(): Payload;
  free(): void;
}

/** Where parts are kept, as Hadoop's `fs.oss.fast.upload.buffer` means it. */
export interface BufferSettings {
  readonly kind: "memory" | "disk" | "memory-then-disk";
  /** Used one after the other. */
  readonly directories: readonly string[];
  /** Bytes that parts of `memory-then-disk` may take; Infinity: no limit of their own. */
  readonly memoryLimit: number;
}

/** Makes the buffers of all parts of one file system. */
export class PartBuffers {
  readonly #settings: BufferSettings;
  readonly #pool: BlockPool;
  readonly #quota: TransferMemory;
  #made = 0;

  constructor(settings: BufferSettings, pool: BlockPool) {
    this.#settings = settings;
    this.#pool = pool;
    this.#quota = new TransferMemory(settings.memoryLimit);
  }

  /** For a part of up to `size` bytes. */
  make(size: number): PartBuffer {
    const { kind, directories } = this.#settings;
    if (kind === "memory") return new MemoryPart(this.#pool, () => {});
    if (kind === "memory-then-disk" && this.#quota.tryTake(size)) {
      return new MemoryPart(this.#pool, () => this.#quota.give(size));
    }
    return new FilePart(directories[this.#made++ % directories.length] ?? ".");
  }
}

/** In blocks of the pool. */
class MemoryPart implements PartBuffer {
  length = 0;
  readonly #pool: BlockPool;
  readonly #onFree: () => void;
  readonly #blocks: Buffer[] = [];
  readonly #crc = new Crc64();
  #freed = false;

  constructor(pool: BlockPool, onFree: () => void) {
    this.#pool = pool;
    this.#onFree = onFree;
  }

  get needsBlock(): boolean {
    return this.length === this.#blocks.length * BLOCK_BYTES;
  }

  add(block: Buffer): void {
    this.#blocks.push(block);
  }

  append(bytes: Uint8Array): number {
    const used = this.length % BLOCK_BYTES;
    const piece = bytes.subarray(0, BLOCK_BYTES - used);
    (this.#blocks.at(-1) as Buffer).set(piece, used);
    this.#crc.update(piece);
    this.length += piece.byteLength;
    return piece.byteLength;
  }

  payload(): Payload {
    const body = this.#blocks.map((block, i) => block.subarray(0, this.length - i * BLOCK_BYTES));
    return { body, length: this.length, crc64: this.#crc.value };
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    for (const block of this.#blocks) this.#pool.give(block);
    this.#onFree();
  }
}

const READ_BYTES = 256 * 1024;

/** In a file that has lost its name before the first byte is written: a crash leaves nothing behind. */
class FilePart implements PartBuffer {
  length = 0;
  readonly needsBlock = false;
  readonly #directory: string;
  readonly #crc = new Crc64();
  #file: Promise<FileHandle> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(): void {}

  async append(bytes: Uint8Array): Promise<number> {
    try {
      this.#file ??= this.#open();
      const { bytesWritten } = await (await this.#file).write(bytes, 0, bytes.byteLength, this.length);
      this.#crc.update(bytes.subarray(0, bytesWritten));
      this.length += bytesWritten;
      return bytesWritten;
    } catch (cause) {
      throw bufferError(this.#directory, cause);
    }
  }

  payload(): Payload {
    const { length } = this;
    return { body: { length, chunks: () => this.#chunks(length) }, length, crc64: this.#crc.value };
  }

  free(): void {
    const file = this.#file;
    this.#file = undefined;
    void file?.then((handle) => handle.close()).catch(() => {});
  }

  async #open(): Promise<FileHandle> {
    await mkdir(this.#directory, { recursive: true });
    const name = join(this.#directory, `oss-block-${randomUUID()}`);
    const handle = await open(name, "wx+", 0o600);
    await unlink(name);
    return handle;
  }

  async *#chunks(length: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < length; ) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - at));
      const handle = await this.#file;
      if (handle === undefined) throw new Error("the buffer was freed");
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0)
        throw bufferError(this.#directory, new Error("the file is shorter than what was written"));
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}

function bufferError(directory: string, cause: unknown): FileSystemError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return new FileSystemError({
    code: code === "ENOSPC" || code === "EACCES" || code === "EMFILE" || code === "EROFS" ? code : "EIO",
    scheme: "oss",
    message: `a part cannot be buffered in ${directory} (${cause instanceof Error ? cause.message : cause})`,
    hint: "Set fs.oss.buffer.dir to another folder, or leave fs.oss.fast.upload.buffer out",
    cause,
  });
}
