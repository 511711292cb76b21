import { dirname, isAbsolute, resolve } from "node:path";
import { FileSystemError } from "../../errors/errors.ts";
import { statusIfAny } from "../status-if-any.ts";
import { asNode } from "./arguments.ts";
import { copyOne } from "./copy-file.ts";
import { cpError } from "./cp-errors.ts";
import { entriesOf } from "./directory.ts";
import { type EntryKind, kindOf } from "./entries.ts";
import { hasFolders, isPosix, isSameStore, kindAt, type Place, shown } from "./places.ts";
import { TaskPool } from "./task-pool.ts";

/** Options of Node's `cp`, and three more. */
export interface CpOptions {
  /** Copies what links point to. Default false. */
  readonly dereference?: boolean | undefined;
  /** With `force: false`: an existing target is an error, not left alone. */
  readonly errorOnExist?: boolean | undefined;
  /** What it is false of is left out, a folder with all below it. Local places come as paths, others as URIs. */
  readonly filter?: ((source: string, destination: string) => boolean | Promise<boolean>) | undefined;
  /** Replaces existing files. Default true. */
  readonly force?: boolean | undefined;
  readonly preserveTimestamps?: boolean | undefined;
  readonly recursive?: boolean | undefined;
  /** Keeps the text of relative links as it is. */
  readonly verbatimSymlinks?: boolean | undefined;
  /** Of `copyFile`; taken for compatibility: files share their blocks where they can. */
  readonly mode?: number | undefined;
  /** Files copied at once. Default 8. */
  readonly concurrency?: number | undefined;
  /** Told of every piece and every file that was copied. */
  readonly progress?: ((progress: CpProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CpProgress {
  /** The file that moved on. */
  readonly source: string;
  readonly destination: string;
  /** Bytes of all files so far. */
  readonly bytes: number;
  /** Whole files so far. */
  readonly files: number;
}

/** Copies a file, or with `recursive` a tree, also from one scheme to another. The first error ends it. */
export async function cp(from: Place, to: Place, options: CpOptions): Promise<void> {
  await asNode(options.signal, () => new Copying(options).run(from, to));
}

class Copying {
  readonly #options: CpOptions;
  readonly #pool: TaskPool;
  #bytes = 0;
  #files = 0;

  constructor(options: CpOptions) {
    this.#options = options;
    this.#pool = new TaskPool(options.concurrency ?? 8, options.signal);
  }

  async run(from: Place, to: Place): Promise<void> {
    if (this.#options.preserveTimestamps === true && !isPosix(to)) {
      throw notSupported(
        from,
        to,
        `the times of files cannot be set on ${to.path.scheme}:`,
        "Leave out preserveTimestamps",
      );
    }
    if (!(await this.#wanted(from, to))) return;
    const kind = await this.#kindOf(from);
    if (kind === undefined) throw missing(from, to);
    if (await isSamePlace(from, to)) {
      throw cpError("ERR_FS_CP_EINVAL", "src and dest cannot be the same", from, to);
    }
    if (kind === "directory") await this.#refuseInside(from, to);
    const { parent } = to.path;
    if (parent !== null && hasFolders(to) && (await statusIfAny(to.fileSystem, parent)) === undefined) {
      await to.fileSystem.mkdirs(parent);
    }
    await this.#pool.run(async () => this.#copy(from, to, kind, await this.#kindOf(to)));
  }

  /** `isClear`: the folder that it goes into was not there before. */
  async #copy(
    from: Place,
    to: Place,
    kind: EntryKind,
    existing: EntryKind | undefined,
    isClear = false,
  ): Promise<void> {
    if (kind === "directory" && existing !== undefined && existing !== "directory") {
      throw cpError("ERR_FS_CP_DIR_TO_NON_DIR", "a directory cannot replace what is no directory", from, to);
    }
    if (kind !== "directory" && existing === "directory") {
      throw cpError("ERR_FS_CP_NON_DIR_TO_DIR", "what is no directory cannot replace a directory", from, to);
    }
    if (kind === "directory") return this.#copyFolder(from, to, existing);
    if (kind === "link") return this.#copyLink(from, to, existing);
    if (kind === "socket") throw cpError("ERR_FS_CP_SOCKET", "a socket cannot be copied", from, to);
    if (kind === "fifo") throw cpError("ERR_FS_CP_FIFO_PIPE", "a pipe cannot be copied", from, to);
    return this.#copyFile(from, to, existing, isClear);
  }

  async #copyFolder(from: Place, to: Place, existing: EntryKind | undefined): Promise<void> {
    if (this.#options.recursive !== true) {
      throw cpError("ERR_FS_EISDIR", "a directory is copied only with recursive: true", from, to);
    }
    if (existing === undefined && hasFolders(to)) await to.fileSystem.mkdirs(to.path);
    let isEmpty = true;
    for await (const { name, path, dirent } of entriesOf(from, {})) {
      isEmpty = false;
      const child = { ...from, path };
      const target = { ...to, path: to.path.child(name) };
      if (!(await this.#wanted(child, target))) continue;
      const kind = dirent.isSymbolicLink() ? await this.#kindOf(child) : kindOf(dirent);
      if (kind === undefined) throw missing(child, target);
      // In a folder that was not there before there is nothing to ask for.
      const isClear = existing === undefined;
      const copy = async () =>
        this.#copy(child, target, kind, isClear ? undefined : await this.#kindOf(target), isClear);
      if (kind === "directory") await copy();
      else await this.#pool.add(copy);
    }
    // Elsewhere a folder is there with what is in it.
    if (existing === undefined && isEmpty && !hasFolders(to)) await to.fileSystem.mkdirs(to.path);
    if (existing === undefined && isPosix(from) && isPosix(to)) {
      this.#pool.atEnd(async () => {
        await to.fileSystem.chmod(to.path, Number((await from.fileSystem.stat(from.path)).mode));
      });
    }
  }

  async #copyFile(from: Place, to: Place, existing: EntryKind | undefined, isClear: boolean): Promise<void> {
    const { force = true, errorOnExist = false, preserveTimestamps = false, signal } = this.#options;
    if (existing !== undefined && !force) {
      if (errorOnExist) throw cpError("ERR_FS_CP_EEXIST", "the target exists", from, to);
      return;
    }
    // A link that is replaced goes itself, not what it points to.
    if (existing === "link" || (existing !== undefined && isPosix(to) && (await isLink(to)))) {
      await to.fileSystem.delete(to.path);
    }
    const moved = (bytes: number) => this.#moved(from, to, bytes);
    await copyOne(from, to, { overwrite: force, isClear, signal, moved });
    if (preserveTimestamps) {
      const { modificationTime } = await from.fileSystem.getFileStatus(from.path);
      const accessed = isPosix(from)
        ? Number((await from.fileSystem.stat(from.path)).atimeMs)
        : modificationTime;
      await to.fileSystem.utimes(to.path, accessed / 1000, modificationTime / 1000);
    }
    this.#files++;
    this.#moved(from, to, 0);
  }

  async #copyLink(from: Place, to: Place, existing: EntryKind | undefined): Promise<void> {
    if (!isPosix(to)) {
      const hint = "Pass dereference: true to copy what they point to, or leave them out with filter";
      throw notSupported(from, to, `${to.path.scheme}: has no links`, hint);
    }
    const text = (await from.fileSystem.readlink(from.path)).toString();
    const verbatim = this.#options.verbatimSymlinks === true || isAbsolute(text);
    const target = verbatim ? text : resolve(dirname(from.path.key), text);
    if (existing !== undefined) {
      const old = existing === "link" ? (await to.fileSystem.readlink(to.path)).toString() : undefined;
      if (old !== undefined && isBelow(resolve(dirname(to.path.key), old), target)) {
        const message = "a link cannot be replaced by one to a folder that holds its target";
        throw cpError("ERR_FS_CP_EINVAL", message, from, to);
      }
      if (existing !== "link") throw new FileSystemError({ code: "EEXIST", path: from.path, dest: to.path });
      await to.fileSystem.delete(to.path);
    }
    await to.fileSystem.symlink(target, to.path);
  }

  async #refuseInside(from: Place, to: Place): Promise<void> {
    const message = "a directory cannot be copied into itself";
    if (!isSameStore(from.path, to.path)) return;
    if (to.path.startsWith(from.path)) throw cpError("ERR_FS_CP_EINVAL", message, from, to);
    for (let above = to.path.parent; above !== null; above = above.parent) {
      if (await isSamePlace(from, { ...to, path: above }))
        throw cpError("ERR_FS_CP_EINVAL", message, from, to);
    }
  }

  async #wanted(from: Place, to: Place): Promise<boolean> {
    const { filter } = this.#options;
    return filter === undefined || (await filter(shown(from.path), shown(to.path)));
  }

  async #kindOf(place: Place): Promise<EntryKind | undefined> {
    if (this.#options.dereference !== true) return kindAt(place);
    return (await statusIfAny(place.fileSystem, place.path))?.kind;
  }

  #moved(from: Place, to: Place, bytes: number): void {
    this.#bytes += bytes;
    const { progress } = this.#options;
    if (progress === undefined) return;
    const [source, destination] = [shown(from.path), shown(to.path)];
    progress({ source, destination, bytes: this.#bytes, files: this.#files });
  }
}

/** One file or folder under two names, links and case aside. */
async function isSamePlace(a: Place, b: Place): Promise<boolean> {
  if (a.path.equals(b.path)) return true;
  if (!isSameStore(a.path, b.path) || !isPosix(a) || (await kindAt(b)) === undefined) return false;
  const [first, second] = await Promise.all(
    [a, b].map(async ({ fileSystem, path }) => fileSystem.lstat(path, { bigint: true })),
  );
  return first?.ino === second?.ino && first?.dev === second?.dev;
}

async function isLink({ fileSystem, path }: Place): Promise<boolean> {
  return (await fileSystem.lstat(path)).isSymbolicLink();
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function missing(from: Place, to: Place): FileSystemError {
  return new FileSystemError({ code: "ENOENT", path: from.path, dest: to.path, operation: "cp" });
}

function notSupported(from: Place, to: Place, message: string, hint: string): FileSystemError {
  return new FileSystemError({
    code: "ENOTSUP",
    path: from.path,
    dest: to.path,
    operation: "cp",
    message,
    hint,
  });
}
