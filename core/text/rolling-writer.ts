import type { RecoverableWriter } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { PersistOptions, PublishablePart } from "./sink.ts";
import { RecoverableFile } from "./staged-file.ts";
import { TextWriter } from "./text-writer.ts";

/** When a file is closed and the next one begun. */
export interface RollingPolicy {
  /** Bytes; a batch of lines is not divided. */
  readonly size: number;
  /** Milliseconds since the file was begun; looked at with each checkpoint. */
  readonly intervalMs: number;
}

/** Where one writer's files go. */
export interface RollingFiles {
  readonly recoverable: RecoverableWriter;
  readonly folder: Path;
  /** From 1. */
  readonly writer: number;
  readonly signal: AbortSignal;
}

interface FileState {
  readonly number: number;
  readonly bytes: number;
  /** Base64. */
  readonly recoverable: string;
}

/** One writer in a checkpoint: plain data. */
export interface RollingState {
  /** Number of the next file. */
  readonly next: number;
  /** Of all files so far. */
  readonly lines: number;
  readonly bytes: number;
  /** Published, or closed and to be published with this checkpoint. */
  readonly fileCount: number;
  readonly closed: readonly FileState[];
  readonly open?: FileState & {
    readonly lines: number;
    /** Milliseconds since the epoch. */
    readonly begun: number;
  };
}

interface OpenFile {
  readonly number: number;
  readonly begun: number;
  readonly file: RecoverableFile;
  readonly writer: TextWriter;
}

interface ClosedFile {
  readonly number: number;
  readonly path: Path;
  readonly file: RecoverableFile;
}

const NAME = /^part-(\d+)-(\d{10,})$/;

/** `part-2-0000000017`: names of one writer sort as they were written. */
export function rollingName(writer: number, number: number): string {
  return `part-${writer}-${String(number).padStart(10, "0")}`;
}

export function rollingNumber(
  name: string,
): { readonly writer: number; readonly number: number } | undefined {
  const [, writer, number] = NAME.exec(name) ?? [];
  return writer === undefined ? undefined : { writer: Number(writer), number: Number(number) };
}

/** The files of one writer of a rolling sink: at most one open, closed ones until they are published. */
export class RollingWriter {
  readonly #files: RollingFiles;
  readonly #policy: RollingPolicy;
  #next = 1;
  #open: OpenFile | undefined;
  /** Closed since the last state was persisted. */
  #closed: ClosedFile[] = [];
  /** Named by a persisted state, but not published yet. */
  #named: ClosedFile[] = [];
  #fileCount = 0;
  /** Of closed files. */
  #lines = 0;
  #bytes = 0;

  constructor(files: RollingFiles, policy: RollingPolicy) {
    this.#files = files;
    this.#policy = policy;
  }

  get lines(): number {
    return this.#lines + (this.#open?.writer.lines ?? 0);
  }

  get bytes(): number {
    return this.#bytes + (this.#open?.writer.bytes ?? 0);
  }

  get fileCount(): number {
    return this.#fileCount;
  }

  /** What `pending` lists the open file under. */
  get openId(): string | undefined {
    return this.#open?.file.id;
  }

  /** What may be published once a checkpoint with the last persisted state is complete. */
  get parts(): readonly PublishablePart[] {
    return this.#named.map((part) => ({ path: part.path, publish: () => this.#publish(part) }));
  }

  async restore(
    state: RollingState,
    options: { readonly published?: boolean | undefined; readonly committing?: boolean | undefined },
  ): Promise<void> {
    const { recoverable, signal } = this.#files;
    this.#next = state.next;
    this.#fileCount = state.fileCount;
    this.#lines = state.lines - (state.open?.lines ?? 0);
    this.#bytes = state.bytes - (state.open?.bytes ?? 0);
    for (const closed of options.published ? [] : state.closed) {
      const path = this.#path(closed.number);
      const bytes = Buffer.from(closed.recoverable, "base64");
      const file = await RecoverableFile.recoverForCommit(recoverable, path, bytes, closed.bytes);
      this.#named.push({ number: closed.number, path, file });
    }
    const { open } = state;
    if (open === undefined) return;
    const bytes = Buffer.from(open.recoverable, "base64");
    const file = await RecoverableFile.recover(recoverable, this.#path(open.number), bytes, { signal });
    const writer = new TextWriter(file, open.lines);
    this.#open = { number: open.number, begun: open.begun, file, writer };
  }

  async write(values: readonly unknown[]): Promise<void> {
    const open = this.#open ?? (await this.#begin());
    await open.writer.write(values);
    if (open.writer.bytes >= this.#policy.size) await this.roll();
  }

  /** Makes every line so far durable; with `isLast` no file stays open. */
  async persist({ isLast, isSavepoint }: PersistOptions): Promise<RollingState> {
    const age = Date.now() - (this.#open?.begun ?? 0);
    if (isLast || age >= this.#policy.intervalMs) await this.roll();
    this.#named.push(...this.#closed);
    this.#closed = [];
    const open = this.#open;
    await open?.writer.flush();
    return {
      next: this.#next,
      lines: this.lines,
      bytes: this.bytes,
      fileCount: this.#fileCount,
      closed: await Promise.all(this.#named.map((part) => stateOf(part, isSavepoint))),
      ...(open !== undefined && {
        open: { ...(await stateOf(open, isSavepoint)), lines: open.writer.lines, begun: open.begun },
      }),
    };
  }

  /** Closes the open file: from now on it only waits for its name. */
  async roll(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const { writer, file, number } = open;
    await writer.flush();
    await file.finish();
    this.#open = undefined;
    this.#lines += writer.lines;
    this.#bytes += writer.bytes;
    this.#fileCount += 1;
    this.#closed.push({ number, path: this.#path(number), file });
  }

  async releaseOlder(count: number): Promise<void> {
    await this.#open?.file.releaseOlder(count);
  }

  async abandon(keep: boolean): Promise<void> {
    const open = this.#open;
    await open?.writer.idle();
    if (open !== undefined) await (keep ? open.file.leave() : open.file.discard());
    if (keep) return;
    for (const { file } of [...this.#closed, ...this.#named]) await file.discard();
  }

  async #begin(): Promise<OpenFile> {
    const { recoverable, signal } = this.#files;
    const number = this.#next;
    const file = await RecoverableFile.open(recoverable, this.#path(number), { overwrite: false, signal });
    this.#next += 1;
    this.#open = { number, begun: Date.now(), file, writer: new TextWriter(file) };
    return this.#open;
  }

  async #publish(part: ClosedFile): Promise<void> {
    await part.file.publish();
    this.#named = this.#named.filter((other) => other !== part);
    await part.file.releaseOlder(0);
  }

  #path(number: number): Path {
    return this.#files.folder.child(rollingName(this.#files.writer, number));
  }
}

async function stateOf(
  { number, file }: Pick<OpenFile, "number" | "file">,
  isKept: boolean,
): Promise<FileState> {
  const recoverable = Buffer.from(await file.persist(isKept)).toString("base64");
  return { number, bytes: file.position, recoverable };
}
