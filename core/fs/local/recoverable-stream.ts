import type { FileHandle } from "node:fs/promises";
import { FileSystemError } from "../../errors/errors.ts";
import type { Committer, RecoverableStream } from "../contract.ts";
import { LARGEST_CALL, removeIfAny } from "./atomic-file.ts";
import { attempt } from "./attempt.ts";
import { LocalCommitter } from "./committer.ts";
import { encode, type Resume, targetOf, temporaryFile } from "./recoverable.ts";

/** The temporary file of one write. A stream that never persisted takes it away when it is disposed. */
export class LocalRecoverableStream implements RecoverableStream {
  readonly #handle: FileHandle;
  readonly #resume: Resume;
  readonly #signal: AbortSignal | undefined;
  #position: number;
  /** Whether somebody may hold a recoverable that needs the file. */
  #kept: boolean;
  #state: "open" | "failed" | "closed" = "open";
  #failure: unknown;
  #running: Promise<unknown> | undefined;

  constructor(
    handle: FileHandle,
    resume: Resume,
    options: { readonly recovered: boolean; readonly signal: AbortSignal | undefined },
  ) {
    this.#handle = handle;
    this.#resume = resume;
    this.#position = resume.offset;
    this.#kept = options.recovered;
    this.#signal = options.signal;
  }

  get id(): string {
    return this.#resume.temporary;
  }

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#use("write", async () => {
      try {
        for (let done = 0; done < bytes.byteLength; ) {
          const length = Math.min(bytes.byteLength - done, LARGEST_CALL);
          const at = this.#position + done;
          done += (await this.#handle.write(bytes, done, length, at)).bytesWritten;
        }
      } catch (error) {
        // What lies behind the position now is nobody's; a commit would publish it.
        this.#state = "failed";
        this.#failure = error;
        throw error;
      }
      this.#position += bytes.byteLength;
    });
  }

  persist(): Promise<Uint8Array> {
    return this.#use("persist", async () => {
      await this.#handle.sync();
      this.#kept = true;
      return encode({ ...this.#resume, offset: this.#position });
    });
  }

  closeForCommit(): Promise<Committer> {
    return this.#use("closeForCommit", async () => {
      await this.#handle.sync();
      this.#state = "closed";
      await this.#handle.close();
      return new LocalCommitter({ ...this.#resume, offset: this.#position });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.catch(() => {});
    if (this.#state === "closed") return;
    this.#state = "closed";
    await this.#handle.close();
    if (!this.#kept) await removeIfAny(temporaryFile(this.#resume));
  }

  #use<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const path = targetOf(this.#resume);
    return attempt(operation, path, this.#signal, async () => {
      if (this.#state === "closed") {
        throw new FileSystemError({ code: "EINVAL", path, message: "the stream is closed" });
      }
      if (this.#state === "failed") throw this.#failure;
      if (this.#running !== undefined) {
        const message = "another call on this stream is under way";
        throw new FileSystemError({ code: "EBUSY", path, message, hint: "Await each call" });
      }
      this.#running = call();
      try {
        return (await this.#running) as T;
      } finally {
        this.#running = undefined;
      }
    });
  }
}
