import { open, readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode, FileSystemError } from "../../errors/errors.ts";
import type { Committer, RecoverableStream, RecoverableWriter, SignalOption } from "../contract.ts";
import { Path } from "../path.ts";
import { makeFolders, removeIfAny, syncDirectory, temporaryName } from "./atomic-file.ts";
import { attempt } from "./attempt.ts";
import { LocalCommitter } from "./committer.ts";
import { decode, TEMPORARY, targetOf, temporaryFile, tooShort } from "./recoverable.ts";
import { LocalRecoverableStream } from "./recoverable-stream.ts";
import { statsIfAny } from "./status.ts";

/**
 * Flink's recoverable writer of local files: the bytes lie in `.<name>.inprogress.<uuid>` beside the target, `persist` is
 * fsync, committing is renaming. Unlike there, a commit after recovery that finds neither file is an error, and so is a
 * target of another length.
 */
export class LocalRecoverableWriter implements RecoverableWriter {
  async open(
    target: Path,
    options: SignalOption & { readonly overwrite?: boolean } = {},
  ): Promise<RecoverableStream> {
    const { overwrite = false, signal } = options;
    return attempt("open", target, signal, async () => {
      const existing = await statsIfAny(target.key);
      if (existing?.isDirectory()) throw new FileSystemError({ code: "EISDIR", path: target });
      const file = overwrite && existing?.isFile() ? await realpath(target.key) : target.key;
      await makeFolders(dirname(file));
      const temporary = temporaryName(basename(file));
      const handle = await open(join(dirname(file), temporary), "wx");
      await syncDirectory(dirname(file));
      const resume = { format: "plugfs-local-1", target: file, temporary, offset: 0, overwrite } as const;
      return new LocalRecoverableStream(handle, resume, { recovered: false, signal });
    });
  }

  async recover(recoverable: Uint8Array, options: SignalOption = {}): Promise<RecoverableStream> {
    const resume = decode(recoverable);
    return attempt("recover", targetOf(resume), options.signal, async () => {
      const handle = await open(temporaryFile(resume), "r+");
      try {
        const { size } = await handle.stat();
        if (size < resume.offset) throw tooShort(resume, size);
        await handle.truncate(resume.offset);
        return new LocalRecoverableStream(handle, resume, { recovered: true, signal: options.signal });
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async recoverForCommit(recoverable: Uint8Array): Promise<Committer> {
    return new LocalCommitter(decode(recoverable));
  }

  /** Persisting leaves nothing beside the temporary file, which belongs to the whole write. */
  async cleanup(recoverable: Uint8Array): Promise<boolean> {
    decode(recoverable);
    return false;
  }

  /** Of a folder: all below it, links not followed. */
  async *pending(prefix: Path): ReturnType<RecoverableWriter["pending"]> {
    const folder = (await statsIfAny(prefix.key))?.isDirectory() ? prefix.key : dirname(prefix.key);
    const recursive = folder === prefix.key;
    for (const entry of await entriesOf(folder, recursive)) {
      const [id, name] = TEMPORARY.exec(entry.name) ?? [];
      if (id === undefined || name === undefined || !entry.isFile()) continue;
      const target = Path.unsafe("file", "", join(entry.parentPath, name));
      if (!target.startsWith(prefix)) continue;
      const stats = await statsIfAny(join(entry.parentPath, id));
      if (stats === undefined) continue;
      yield { target, id, started: Number(stats.birthtimeMs), bytes: Number(stats.size) };
    }
  }

  async discard(target: Path, id: string): Promise<boolean> {
    if (!TEMPORARY.test(id)) {
      throw new FileSystemError({
        code: "EINVAL",
        path: target,
        message: `"${id}" is no id of a pending write`,
      });
    }
    return attempt("discard", target, undefined, () => removeIfAny(join(dirname(target.key), id)));
  }
}

async function entriesOf(folder: string, recursive: boolean) {
  try {
    return await readdir(folder, { withFileTypes: true, recursive });
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
