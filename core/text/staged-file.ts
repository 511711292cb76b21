import type {
  Committer,
  FsDataOutputStream,
  RecoverableStream,
  RecoverableWriter,
  SignalOption,
} from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";

/** A file that is written under cover and gets its name last. */
export interface StagedFile {
  /** Bytes taken. */
  readonly position: number;
  /** `bytes` may be reused once it resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything is written; only the name is missing. */
  finish(): Promise<void>;
  /** Makes the file visible, whole. */
  publish(): Promise<void>;
  /** Drops what is not published. */
  discard(reason: unknown): Promise<void>;
}

/** Staged by `FileSystem.create`: a crash loses it. */
export class PlainFile implements StagedFile {
  readonly #stream: FsDataOutputStream;

  constructor(stream: FsDataOutputStream) {
    this.#stream = stream;
  }

  get position(): number {
    return this.#stream.position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  async finish(): Promise<void> {}

  async publish(): Promise<void> {
    await this.#stream.close();
  }

  discard(reason: unknown): Promise<void> {
    return this.#stream.abort(reason);
  }
}

/** Staged by a recoverable writer: after a crash another process goes on where it was last persisted. */
export class RecoverableFile implements StagedFile {
  readonly #writer: RecoverableWriter;
  readonly #target: Path;
  readonly #stream: RecoverableStream | undefined;
  readonly #recovered: boolean;
  #committer: Committer | undefined;
  /** Still needed for a restore, oldest first. */
  #persisted: Uint8Array[] = [];
  #position: number;

  private constructor(
    writer: RecoverableWriter,
    target: Path,
    state: { stream?: RecoverableStream; committer?: Committer; recovered: boolean; position: number },
  ) {
    this.#writer = writer;
    this.#target = target;
    this.#stream = state.stream;
    this.#committer = state.committer;
    this.#recovered = state.recovered;
    this.#position = state.position;
  }

  static async open(
    writer: RecoverableWriter,
    target: Path,
    options: SignalOption & { readonly overwrite: boolean },
  ): Promise<RecoverableFile> {
    const stream = await writer.open(target, options);
    return new RecoverableFile(writer, target, { stream, recovered: false, position: 0 });
  }

  /** Goes on behind the bytes that were persisted. */
  static async recover(
    writer: RecoverableWriter,
    target: Path,
    recoverable: Uint8Array,
    options: SignalOption,
  ): Promise<RecoverableFile> {
    const stream = await writer.recover(recoverable, options);
    const { position } = stream;
    const file = new RecoverableFile(writer, target, { stream, recovered: true, position });
    file.#persisted.push(recoverable);
    return file;
  }

  /** Only its name is missing, or it may even have that: `position` is its length. */
  static async recoverForCommit(
    writer: RecoverableWriter,
    target: Path,
    recoverable: Uint8Array,
    position: number,
  ): Promise<RecoverableFile> {
    const committer = await writer.recoverForCommit(recoverable);
    return new RecoverableFile(writer, target, { committer, recovered: true, position });
  }

  /** What `pending` lists this write under; undefined once it only waits for its commit. */
  get id(): string | undefined {
    return this.#stream?.id;
  }

  get position(): number {
    return this.#committer === undefined ? (this.#stream?.position ?? 0) : this.#position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return (this.#stream as RecoverableStream).write(bytes);
  }

  /**
   * Everything so far becomes durable; the bytes are what `recover` takes, after `finish` what `recoverForCommit` takes.
   * With `isKept` nothing here frees them.
   */
  async persist(isKept = false): Promise<Uint8Array> {
    const recoverable = this.#committer?.recoverable ?? (await (this.#stream as RecoverableStream).persist());
    if (!isKept) this.#persisted.push(recoverable);
    return recoverable;
  }

  /** Frees what only older states than the last `count` persisted ones hold. */
  async releaseOlder(count: number): Promise<void> {
    while (this.#persisted.length > count) await this.#writer.cleanup(this.#persisted.shift() as Uint8Array);
  }

  async finish(): Promise<void> {
    if (this.#committer !== undefined) return;
    const stream = this.#stream as RecoverableStream;
    const committer = await stream.closeForCommit();
    this.#position = stream.position;
    this.#committer = committer;
  }

  async publish(): Promise<void> {
    const committer = this.#committer as Committer;
    await (this.#recovered ? committer.commitAfterRecovery() : committer.commit());
  }

  /** Frees this process's part; what was persisted stays for a restore. */
  async leave(): Promise<void> {
    await this.#stream?.[Symbol.asyncDispose]();
  }

  async discard(): Promise<void> {
    await this.leave();
    await this.releaseOlder(0);
    if (this.#stream !== undefined) await this.#writer.discard(this.#target, this.#stream.id);
  }
}
