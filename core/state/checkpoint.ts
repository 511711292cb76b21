import { createHash } from "node:crypto";
import { errorMessage } from "../errors/errors.ts";
import type { FileSystem } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { decodeMetadata, type Metadata, type StateHandle, unreadable } from "./metadata.ts";
import { readAll } from "./read-all.ts";

/** A completed checkpoint. */
export class Checkpoint {
  /** 0 for a savepoint. */
  readonly id: number;
  /** Whose it is: 32 hexadecimal digits for a job. */
  readonly owner: string;
  /** Its directory: what `open`, `discard` and a restore take. */
  readonly pointer: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Bytes of metadata and states. */
  readonly bytes: number;
  readonly #fileSystem: FileSystem;
  readonly #metadataFile: Path;
  readonly #states: ReadonlyMap<string, StateHandle>;

  constructor(fileSystem: FileSystem, metadataFile: Path, metadata: Metadata, metadataBytes: number) {
    this.id = metadata.id;
    this.owner = metadata.owner;
    this.timestamp = metadata.timestamp;
    this.#fileSystem = fileSystem;
    this.#metadataFile = metadataFile;
    this.pointer = String(metadataFile.parent);
    this.#states = new Map(metadata.states.map((state) => [state.name, state]));
    this.bytes = metadata.states.reduce(
      (sum, state) => sum + ("file" in state ? state.bytes : 0),
      metadataBytes,
    );
  }

  /** Reads and verifies a metadata file. Rejects with `ERR_JOB_CHECKPOINT`. */
  static async read(fileSystem: FileSystem, metadataFile: Path, signal?: AbortSignal): Promise<Checkpoint> {
    const bytes = await readAll(fileSystem, metadataFile, signal);
    return new Checkpoint(
      fileSystem,
      metadataFile,
      decodeMetadata(bytes, metadataFile.toString()),
      bytes.length,
    );
  }

  /** The names that its states were written under. */
  get names(): readonly string[] {
    return [...this.#states.keys()];
  }

  /** State files beside the metadata. */
  get files(): readonly Path[] {
    const files: Path[] = [];
    for (const state of this.#states.values()) if ("file" in state) files.push(this.#pathOf(state.file));
    return files;
  }

  get metadataFile(): Path {
    return this.#metadataFile;
  }

  /** A state's bytes, verified by their checksum. Rejects with `ERR_JOB_CHECKPOINT`. */
  async read(name: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.chunks(name)) chunks.push(Uint8Array.from(chunk));
    return Buffer.concat(chunks);
  }

  /** The same in pieces, for a state that is too large for memory; a wrong checksum rejects at the end. */
  async *chunks(
    name: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array, void> {
    const state = this.#states.get(name);
    if (state === undefined) throw unreadable(this.pointer, `it has no state "${name}"`);
    if ("inline" in state) {
      yield Buffer.from(state.inline, "base64");
      return;
    }
    const path = this.#pathOf(state.file);
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of this.#fileChunks(path, options.signal)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
    if (bytes === state.bytes && hash.digest("hex") === state.sha256) return;
    throw unreadable(path.toString(), `it is damaged: ${bytes} bytes of ${state.bytes}, or altered ones`);
  }

  toJSON(): object {
    const { id, owner, pointer, timestamp, bytes, names } = this;
    return { id, owner, pointer, timestamp, bytes, names };
  }

  async *#fileChunks(path: Path, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
    const stream = await this.#fileSystem.open(path, { signal }).catch((cause) => {
      throw unreadable(path.toString(), errorMessage(cause), undefined, cause);
    });
    try {
      yield* stream.chunks();
    } finally {
      await stream.close();
    }
  }

  /** Beside the metadata, so that a checkpoint can be moved. */
  #pathOf(file: string): Path {
    return (this.#metadataFile.parent as Path).child(file);
  }
}
