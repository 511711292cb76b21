import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { errorCode } from "../../errors/errors.ts";
import type { FileStatus, FileSystem, ListOptions } from "../contract.ts";
import { Path } from "../path.ts";
import { type AllowedPlaces, notAllowed } from "../policy.ts";
import type { Around, Call } from "./around.ts";
import { AroundFileSystem } from "./around-file-system.ts";
import { batchesOf, itemsOf } from "./batches.ts";

/**
 * Refuses with `EACCES` every call on a path that the policy does not allow. Local paths are judged by where their
 * links lead, and what a listing would show from behind such a link is left out.
 *
 * Honest limits: a link that somebody else makes between the check and the call is not seen (give each user a file
 * system of their own where that matters), and a recoverable is taken as the host's own: never accept one from a user.
 */
export class ConfinedFileSystem extends AroundFileSystem {
  readonly #judge: Judge;

  constructor(inner: FileSystem, allowed: AllowedPlaces) {
    const judge = new Judge(allowed);
    super(inner, new Confinement(judge));
    this.#judge = judge;
  }

  override listStatus(path: Path, options?: ListOptions): AsyncGenerator<FileStatus> {
    return itemsOf(this.#allowed(batchesOf(super.listStatus(path, options))));
  }

  async *#allowed(
    batches: AsyncIterable<readonly FileStatus[]>,
  ): AsyncGenerator<readonly FileStatus[], void> {
    for await (const batch of batches) {
      const allowed: FileStatus[] = [];
      for (const status of batch) {
        if (status.path.scheme !== "file" || (await this.#judge.allows(status.path, true)))
          allowed.push(status);
      }
      yield allowed;
    }
  }
}

/** These act on a link itself, not on what it leads to. */
const ON_THE_LINK = new Set([
  "delete",
  "rename",
  "lstat",
  "readlink",
  "symlink",
  "link",
  "lchmod",
  "lchown",
  "lutimes",
]);
/** Calls of a stream, whose path was judged when it was opened. */
const OF_STREAMS = new Set(["read", "write", "close", "abort", "dispose", "persist", "closeForCommit"]);

class Confinement implements Around {
  readonly #judge: Judge;
  /** The first step of a listing is judged, not each. */
  readonly #judged = new WeakSet<Call>();

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  async run<T>(call: Call, body: () => Promise<T>): Promise<T> {
    if (!OF_STREAMS.has(call.operation) && !this.#judged.has(call)) {
      // A link that a confined user could make or move would undo the look at where links lead.
      if (call.operation === "symlink" && call.path?.scheme === "file") throw notAllowed(call.path, call);
      await this.#check(call, call.path);
      await this.#check(call, call.dest);
      this.#judged.add(call);
    }
    return body();
  }

  runSync(_call: Call, body: () => void): void {
    body();
  }

  async #check({ operation, signal }: Call, path: Path | undefined): Promise<void> {
    if (path === undefined) return;
    if (!(await this.#judge.allows(path, !ON_THE_LINK.has(operation)))) throw notAllowed(path, { operation });
    signal?.throwIfAborted();
  }
}

class Judge {
  readonly #allowed: AllowedPlaces;

  constructor(allowed: AllowedPlaces) {
    this.#allowed = allowed;
  }

  /** `follow`: whether a link at the path's own end counts as where it leads. */
  async allows(path: Path, follow: boolean): Promise<boolean> {
    if (!this.#allowed.allows(path)) return false;
    if (path.scheme !== "file") return true;
    try {
      const real = follow ? await realPlace(path.key) : await realEntry(path.key);
      return await this.#allowed.allowsReal(Path.unsafe("file", "", real), realPlace);
    } catch {
      // What cannot be looked up (no permission, too many links, too long) the system would refuse too.
      return false;
    }
  }
}

const MOST_LINKS = 40;
/** Something on the way is not there, or is no folder. */
const NOT_THERE = ["ENOENT", "ENOTDIR"];

/** Where a path leads, or would lead if it were made, every link followed as the system follows it. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!NOT_THERE.includes(errorCode(error) ?? "")) throw error;
    return walk(path);
  }
}

/** The same, but for a link at the end, which stays. */
async function realEntry(path: string): Promise<string> {
  return dirname(path) === path ? path : join(await realPlace(dirname(path)), basename(path));
}

/** By hand, because `realpath` says nothing about a place that is not there; `..` goes up from where a link led. */
async function walk(path: string): Promise<string> {
  let at: string = sep;
  let links = 0;
  const ahead = path.split(sep).reverse();
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === "" || name === ".") continue;
    const next = name === ".." ? dirname(at) : join(at, name);
    const target = await linkTarget(next);
    if (target === undefined) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) throw new Error("too many links");
    if (isAbsolute(target)) at = sep;
    ahead.push(...target.split(sep).reverse());
  }
  return at;
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    if (NOT_THERE.includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}
