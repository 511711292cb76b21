import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { errorCode } from "../errors/errors.ts";
import type { FileStatus } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import type { FileSystems } from "../fs/provider.ts";
import type { ReaderOptions, SourceReader } from "./source.ts";
import { type InputSplit, inputFiles, type ReadTextOptions, splitsOf } from "./splits.ts";
import {
  type LanePosition,
  type SplitsListener,
  type SplitsPosition,
  SplitsReader,
} from "./splits-reader.ts";

const DEFAULT_INTERVAL_MS = 1_000;
/** Base64url digits that stand for a file and its version: 132 bits of a SHA-256. */
const KEY_LENGTH = 22;

/** Where a continuous reading stands. */
interface ContinuousPosition extends SplitsPosition {
  /** Number of the next new file's first split. */
  readonly next: number;
  /** The keys of the files that were read whole, one behind the other. */
  readonly done: string;
  /** Files of which splits are still to be read. */
  readonly files: readonly SavedFile[];
}

interface SavedFile {
  readonly path: string;
  readonly length: number;
  readonly version?: string;
  readonly key: string;
  /** Number of its first split. */
  readonly first: number;
}

/** A file that was found, until all of it is accepted. */
interface OpenFile {
  readonly saved: SavedFile;
  readonly splits: readonly InputSplit[];
  /** Splits that are not accepted whole. */
  left: number;
}

/** The files of a path, each version once, as they appear. It ends with the signal only. */
export function openContinuous(
  fileSystems: FileSystems,
  path: Path,
  options: ReadTextOptions,
  reading: ReaderOptions,
): SourceReader {
  const files = new ContinuousFiles(fileSystems, path, options, reading);
  const reader = new SplitsReader(fileSystems, files.splits(), reading, files);
  return {
    lanes: reader.lanes,
    position: () => files.position(reader.position().lanes),
    close: () => reader.close(),
  };
}

class ContinuousFiles implements SplitsListener {
  readonly #fileSystems: FileSystems;
  readonly #path: Path;
  readonly #options: ReadTextOptions;
  readonly #signal: AbortSignal;
  readonly #restored: readonly OpenFile[];
  /** Keys of what is read, or is going to be. */
  #known: Set<string>;
  readonly #open = new Map<string, OpenFile>();
  readonly #fileOf = new WeakMap<InputSplit, OpenFile>();
  /** Number of the next split. */
  #next: number;
  /** Behind the last split of every file of which lines were accepted. */
  #begun: number;

  constructor(fileSystems: FileSystems, path: Path, options: ReadTextOptions, reading: ReaderOptions) {
    this.#fileSystems = fileSystems;
    this.#path = path;
    this.#options = options;
    this.#signal = reading.signal;
    const from = reading.from as ContinuousPosition | undefined;
    this.#known = new Set(from?.done.match(new RegExp(`.{${KEY_LENGTH}}`, "g")));
    this.#next = this.#begun = from?.next ?? 0;
    this.#restored = (from?.files ?? []).map((saved) => {
      const file = { ...saved, path: fileSystems.resolve(saved.path) };
      const open = this.#add(saved, file);
      open.left = open.splits.filter(({ index }) => isAhead(index, from?.lanes)).length;
      return open;
    });
  }

  async *splits(): AsyncGenerator<InputSplit, void, undefined> {
    for (const { splits } of this.#restored) yield* splits;
    for (;;) {
      yield* this.#newSplits();
      const interval = this.#options.continuous?.interval ?? DEFAULT_INTERVAL_MS;
      await pause(interval, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted());
    }
  }

  accepted(split: InputSplit, isFinished: boolean): void {
    const file = this.#fileOf.get(split);
    if (file === undefined) return;
    this.#begun = Math.max(this.#begun, file.saved.first + file.splits.length);
    if (!isFinished) return;
    file.left -= 1;
    if (file.left === 0) this.#open.delete(file.saved.key);
  }

  /** What was changed or taken away before a line of it was read: the next listing shows what there is now. */
  canSkip(split: InputSplit, error: unknown): boolean {
    const code = errorCode(error);
    const file = this.#fileOf.get(split);
    if ((code !== "ESTALE" && code !== "ENOENT") || file?.splits.length !== 1) return false;
    this.#known.delete(file.saved.key);
    return true;
  }

  /** Files that wait behind the last begun one are left out: they will be found again. */
  position(lanes: readonly LanePosition[]): ContinuousPosition {
    const open = [...this.#open.values()].map(({ saved }) => saved);
    const isOpen = new Set(open.map(({ key }) => key));
    return {
      lanes: lanes.map(({ next, offset }) => ({ next, ...(offset !== undefined && { offset }) })),
      next: this.#begun,
      done: [...this.#known].filter((key) => !isOpen.has(key)).join(""),
      files: open.filter(({ first }) => first < this.#begun),
    };
  }

  /** One listing. */
  async *#newSplits(): AsyncGenerator<InputSplit, void, undefined> {
    const listed = new Set<string>();
    try {
      for await (const file of inputFiles(this.#fileSystems, this.#path, this.#options, this.#signal)) {
        const key = this.#keyOf(file);
        listed.add(key);
        if (this.#known.has(key)) continue;
        this.#known.add(key);
        const { path, length, version } = file;
        const first = this.#next;
        const saved = {
          path: path.toString(),
          length,
          key,
          first,
          ...(version !== undefined && { version }),
        };
        yield* this.#add(saved, file).splits;
      }
    } catch (error) {
      if (errorCode(error) !== "ENOENT" || (await this.#hasFolders())) throw error;
      // A folder of an object store is there once something is in it.
    }
    // What is gone is forgotten, so that the memory follows what there is.
    for (const key of this.#known) if (!listed.has(key) && !this.#open.has(key)) this.#known.delete(key);
  }

  #add(saved: SavedFile, file: Pick<FileStatus, "path" | "length" | "version">): OpenFile {
    const splits = [...splitsOf(file, this.#options, { parallelism: 1, first: saved.first })];
    const open = { saved, splits, left: splits.length };
    for (const split of splits) this.#fileOf.set(split, open);
    this.#known.add(saved.key);
    this.#open.set(saved.key, open);
    this.#next = Math.max(this.#next, saved.first + splits.length);
    return open;
  }

  #keyOf({ path, length, version, modificationTime }: FileStatus): string {
    const name = path.key.slice(this.#path.key.length);
    const text = `${name}\0${version ?? `${length} ${modificationTime}`}`;
    return createHash("sha256").update(text, "utf8").digest("base64url").slice(0, KEY_LENGTH);
  }

  async #hasFolders(): Promise<boolean> {
    const fileSystem = await this.#fileSystems.fileSystem(this.#path);
    return fileSystem.capabilities.has("directories");
  }
}

/** Whether a split is still to be read by its lane. */
function isAhead(index: number, lanes: readonly LanePosition[] | undefined): boolean {
  return lanes === undefined || index >= (lanes[index % lanes.length]?.next ?? 0);
}
