import { createHash, randomUUID } from "node:crypto";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { Checkpoint } from "./checkpoint.ts";
import { deleteIfEmpty } from "./delete-if-empty.ts";
import { encodeMetadata, type Metadata, type StateHandle } from "./metadata.ts";
import { readAll } from "./read-all.ts";

export type StateBytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface CheckpointWriterOptions {
  readonly fileSystem: FileSystem;
  readonly owner: string;
  readonly id: number;
  /** `chk-<id>`. Made by the first file in it. */
  readonly directory: Path;
  readonly inlineThreshold: number;
  readonly writeBuffer: number;
  readonly signal: AbortSignal;
  /** Called with the completed checkpoint: older ones can go. */
  completed(checkpoint: Checkpoint): Promise<void>;
}

/** A checkpoint in the making. It counts once `complete` has resolved; left without it, it leaves nothing. */
export class CheckpointWriter implements AsyncDisposable {
  readonly id: number;
  readonly #options: CheckpointWriterOptions;
  readonly #states = new Map<string, StateHandle>();
  readonly #files: Path[] = [];
  #ended = false;
  #completing: Promise<Checkpoint> | undefined;

  constructor(options: CheckpointWriterOptions) {
    this.#options = options;
    this.id = options.id;
  }

  /** Adds a state; a name given twice replaces the first. */
  async write(name: string, state: StateBytes): Promise<void> {
    this.#checkOpen();
    this.#states.set(name, await this.#store(name, state instanceof Uint8Array ? [state] : state));
  }

  /**
   * Writes the metadata, which makes the checkpoint count: one file that appears whole, never over another. Then
   * deletes the checkpoints beyond `execution.checkpointing.num-retained`.
   */
  complete(): Promise<Checkpoint> {
    this.#completing ??= this.#complete();
    return this.#completing;
  }

  /** Deletes what was written. After `complete`, or twice, it does nothing. */
  async abort(): Promise<void> {
    await this.#completing?.catch(() => {});
    if (this.#ended) return;
    this.#ended = true;
    const { fileSystem, directory } = this.#options;
    // Its own files only: another writer may be at work on the same number.
    for (const file of this.#files) await fileSystem.delete(file);
    await deleteIfEmpty(fileSystem, directory);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  async #complete(): Promise<Checkpoint> {
    this.#checkOpen();
    const { fileSystem, owner, id, directory, signal } = this.#options;
    const metadata: Metadata = { owner, id, timestamp: Date.now(), states: [...this.#states.values()] };
    const bytes = encodeMetadata(metadata);
    const file = directory.child("_metadata");
    const stream = await fileSystem.create(file, { signal });
    try {
      await stream.write(bytes);
      await stream.close();
    } catch (error) {
      await stream.abort(error);
      // An answer that was lost, or given up, may still have made it count.
      if (!(await holds(fileSystem, file, bytes))) throw error;
    }
    this.#ended = true;
    const checkpoint = new Checkpoint(fileSystem, file, metadata, bytes.length);
    await this.#options.completed(checkpoint);
    return checkpoint;
  }

  async #store(name: string, state: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<StateHandle> {
    const { inlineThreshold } = this.#options;
    const collected: Buffer[] = [];
    let bytes = 0;
    const iterator = pieces(state);
    for await (const piece of iterator) {
      collected.push(Buffer.from(piece));
      bytes += piece.length;
      if (bytes > inlineThreshold) return this.#storeFile(name, collected, iterator);
    }
    return { name, inline: Buffer.concat(collected).toString("base64") };
  }

  async #storeFile(name: string, head: Buffer[], rest: AsyncIterable<Uint8Array>): Promise<StateHandle> {
    const { fileSystem, directory, writeBuffer, signal } = this.#options;
    const file = randomUUID();
    this.#files.push(directory.child(file));
    const stream = await fileSystem.create(directory.child(file), { signal });
    const hash = createHash("sha256");
    let collected = head;
    let size = head.reduce((sum, piece) => sum + piece.length, 0);
    const flush = async () => {
      const bytes = collected.length === 1 ? (collected[0] as Buffer) : Buffer.concat(collected);
      collected = [];
      size = 0;
      hash.update(bytes);
      await stream.write(bytes);
    };
    try {
      for await (const piece of rest) {
        if (size >= writeBuffer) await flush();
        collected.push(Buffer.from(piece));
        size += piece.length;
      }
      await flush();
      const bytes = stream.position;
      await stream.close();
      return { name, file, bytes, sha256: hash.digest("hex") };
    } catch (error) {
      await stream.abort(error);
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#ended) throw new Error(`the checkpoint ${this.id} is completed or aborted already`);
  }
}

/** One iterator that two loops can share: leaving the first does not end it. */
function pieces(state: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = (async function* () {
    yield* state;
  })();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}

async function holds(fileSystem: FileSystem, file: Path, bytes: Buffer): Promise<boolean> {
  return readAll(fileSystem, file).then(
    (found) => found.equals(bytes),
    () => false,
  );
}
