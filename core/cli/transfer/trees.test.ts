import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FileStatus, FileSystem } from "../../fs/contract.ts";
import { Path } from "../../fs/path.ts";
import { compareUtf8 } from "../../fs/utf8-order.ts";
import type { Place } from "../context.ts";
import { besideNothing, type Pair, sideBySide } from "./trees.ts";

/** A store of names that lists as an object store does, where `a` and `a/b` can be side by side. */
class Names extends FileSystem {
  override readonly capabilities = new Set<never>();
  readonly #files: ReadonlySet<string>;
  listed = 0;

  constructor(files: Iterable<string>) {
    super();
    this.#files = new Set(files);
  }

  override getFileStatus(): Promise<never> {
    throw new Error("not asked for");
  }
  override open(): Promise<never> {
    throw new Error("not asked for");
  }
  override async *listStatus(folder: Path): AsyncGenerator<FileStatus> {
    const folders = new Set<string>();
    for (const file of this.#files) for (const above of foldersAbove(file)) folders.add(`${above}/`);
    for (const name of [...this.#files, ...folders].sort(compareUtf8)) {
      this.listed++;
      const path = folder.child(name.replace(/\/$/, ""));
      yield { path, kind: name.endsWith("/") ? "directory" : "file", length: 0, modificationTime: 0 };
    }
  }

  has(file: string): boolean {
    return this.#files.has(file);
  }
  hasFolder(name: string): boolean {
    return [...this.#files].some((file) => file.startsWith(`${name}/`));
  }
}

function foldersAbove(name: string): string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

const at = (fileSystem: FileSystem): Place => ({ path: Path.parse("names://x/root"), fileSystem });

function pairs(source: Names, target: Names, patience?: number): Promise<Pair[]> {
  return collected(sideBySide(at(source), at(target), new AbortController().signal, patience));
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Few characters, so that names begin alike, and some on either side of `/` in the order. */
const name = fc
  .array(
    fc.string({ unit: fc.constantFrom("a", "b", "-", ".", "0", "é", "😀"), minLength: 1, maxLength: 2 }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((parts) => parts.join("/"))
  .filter((path) => !/(^|\/)\.{1,2}(\/|$)/.test(path));
const names = fc.uniqueArray(name, { maxLength: 12 });

test("a name is clear when no folder has it and no file is above it, in the target or on its way there", async () => {
  await fc.assert(
    fc.asyncProperty(names, names, fc.nat(3), async (sources, targets, patience) => {
      const [source, target] = [new Names(sources), new Names(targets)];
      const seen = new Set<string>();
      for (const pair of await pairs(source, target)) {
        if (pair.source?.kind !== "file") continue;
        seen.add(pair.name);
        const isFree = ![source, target].some((store) =>
          foldersAbove(pair.name).some((above) => store.has(above)),
        );
        const isFolder = pair.target === undefined && target.hasFolder(pair.name);
        // What cannot be told yet counts as not clear, and the store looks for itself.
        if (pair.isClear) assert.ok(isFree && !isFolder, pair.name);
        else if (isFree && !isFolder)
          assert.ok(targets.some((other) => /^[!-.]/.test(other.slice(pair.name.length))));
      }
      assert.deepEqual([...seen].sort(), [...sources].sort());
      for (const pair of await pairs(source, target, patience)) {
        if (pair.isClear && pair.source?.kind === "file") {
          assert.ok(
            !foldersAbove(pair.name).some((above) => target.has(above)) &&
              (pair.target !== undefined || !target.hasFolder(pair.name)),
          );
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("beside nothing all is clear but what lies below a file of the source", async () => {
  const source = new Names(["a", "a/b", "a-/c", "d"]);
  const clear = await collected(besideNothing(at(source), new AbortController().signal));
  const files = clear.filter((pair) => pair.source?.kind === "file");
  assert.deepEqual(
    files.map(({ name, isClear }) => [name, isClear]),
    [
      ["a", true],
      ["a-/c", true],
      ["a/b", false],
      ["d", true],
    ],
  );
});

test("a target that holds far more than the source is not read to its end", async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `m${String(i).padStart(4, "0")}`);
  const target = new Names(many);
  const found = await pairs(new Names(["a", "m4000", "z"]), target, 100);
  assert.ok(target.listed < 200, `${target.listed} were listed`);
  const files = found.filter((pair) => pair.source !== undefined);
  assert.deepEqual(
    files.map(({ name, isClear }) => [name, isClear]),
    [
      ["a", true],
      ["m4000", false],
      ["z", false],
    ],
  );
});
