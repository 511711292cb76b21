import { open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FileSystemError } from "../../errors/errors.ts";
import type { Committer, FileStatus } from "../contract.ts";
import { removeIfAny, renameWithoutReplacing, syncDirectory } from "./atomic-file.ts";
import { attempt } from "./attempt.ts";
import { encode, type Resume, targetOf, temporaryFile, tooShort, wrongLength } from "./recoverable.ts";
import { statsIfAny, statusOf } from "./status.ts";

/** Publishes a temporary file by its new name. */
export class LocalCommitter implements Committer {
  readonly recoverable: Uint8Array;
  readonly #resume: Resume;

  constructor(resume: Resume) {
    this.#resume = resume;
    this.recoverable = encode(resume);
  }

  commit(): Promise<FileStatus> {
    return attempt("commit", targetOf(this.#resume), undefined, async () => {
      const { size } = await stat(temporaryFile(this.#resume));
      if (size !== this.#resume.offset) throw wrongLength(this.#resume, size);
      return this.#publish();
    });
  }

  commitAfterRecovery(): Promise<FileStatus> {
    const { offset } = this.#resume;
    return attempt("commitAfterRecovery", targetOf(this.#resume), undefined, async () => {
      const staged = await statsIfAny(temporaryFile(this.#resume));
      if (staged === undefined) return this.#published();
      if (Number(staged.size) < offset) throw tooShort(this.#resume, Number(staged.size));
      const target = await statsIfAny(this.#resume.target);
      // A crash between giving the new name and taking away the old one leaves one file with both.
      if (target !== undefined && target.ino === staged.ino && target.dev === staged.dev) {
        await removeIfAny(temporaryFile(this.#resume));
        return this.#published();
      }
      if (Number(staged.size) > offset) await truncate(temporaryFile(this.#resume), offset);
      return this.#publish();
    });
  }

  async #publish(): Promise<FileStatus> {
    const { target, overwrite } = this.#resume;
    if (overwrite) await rename(temporaryFile(this.#resume), target);
    else await renameWithoutReplacing(temporaryFile(this.#resume), target);
    await syncDirectory(dirname(target));
    return this.#published();
  }

  /** The target as it has to be, or an error. */
  async #published(): Promise<FileStatus> {
    const path = targetOf(this.#resume);
    const stats = await statsIfAny(this.#resume.target);
    if (stats === undefined) {
      const message = "neither the staged file nor the published one is there";
      throw new FileSystemError({ code: "ENOENT", path, message });
    }
    if (Number(stats.size) !== this.#resume.offset) throw wrongLength(this.#resume, Number(stats.size));
    return statusOf(path, stats);
  }
}

async function truncate(file: string, length: number): Promise<void> {
  await using handle = await open(file, "r+");
  await handle.truncate(length);
  await handle.sync();
}
