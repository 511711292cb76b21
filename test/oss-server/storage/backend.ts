/** Bytes that never change once written. Objects, parts and copies share blobs; the store counts who uses one. */
export interface Blob {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  /** The bytes `[start, end)` in one piece, if they are few or lie in memory so. */
  view(start: number, end: number): Uint8Array | undefined;
  /** The bytes `[start, end)` in large pieces; a piece is valid until the next one is asked for. */
  chunks(start: number, end: number): Iterable<Uint8Array>;
}

export interface BlobWriter {
  /** Await it before the next call, and before the bytes change. */
  write(bytes: Uint8Array): void | Promise<void>;
  finish(): Promise<Blob>;
  /** Frees what was written. Does nothing after `finish`. */
  abort(): Promise<void>;
}

/**
 * Where a store keeps its bytes and its records. A record is the whole truth of one bucket, object, upload or
 * part; saving one is atomic, also against a killed process. Records are read only by `load`, at the start.
 */
export interface Backend {
  /** @param size how many bytes will come, if that is known */
  writer(size?: number): BlobWriter;
  removeBlob(blob: Blob): void;
  /** @param name slash-separated, of characters that are safe in a file name */
  save(name: string, record: object): void;
  forget(name: string): void;
  /** What was saved before, with the blobs that are still there; blobs that no record uses are removed by the store. */
  load(): Promise<{ records: [name: string, record: unknown][]; blobs: Map<string, Blob> }>;
  /** Resolves once nothing is being written or removed any more. */
  close(): Promise<void>;
}
