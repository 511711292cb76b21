import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileStatus, FileSystem } from "../contract.ts";
import { Path } from "../path.ts";
import { AroundFileSystem } from "./around-file-system.ts";
import { batchesOf, itemsOf } from "./batches.ts";

const PATH = Path.parse("x://y/z");

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function* three(ended: string[] = []): AsyncGenerator<readonly number[], void> {
  try {
    yield [1, 2, 3];
    yield [];
    yield [4];
  } finally {
    ended.push("ended");
  }
}

test("items come one by one, in order, also when several are asked for at once", async () => {
  assert.deepEqual(await all(itemsOf(three())), [1, 2, 3, 4]);
  const items = itemsOf(three());
  const steps = await Promise.all(Array.from({ length: 6 }, () => items.next()));
  assert.deepEqual(
    steps.map(({ value }) => value),
    [1, 2, 3, 4, undefined, undefined],
  );
});

test("leaving within a batch ends what gives them, and nothing more comes", async () => {
  const ended: string[] = [];
  const items = itemsOf(three(ended));
  for await (const item of items) if (item === 2) break;
  assert.deepEqual(ended, ["ended"]);
  assert.deepEqual(await items.next(), { done: true, value: undefined });
});

test("an error comes after the items before it, and is the end", async () => {
  const items = itemsOf(
    (async function* () {
      yield [1];
      throw new Error("broken");
    })(),
  );
  assert.equal((await items.next()).value, 1);
  await assert.rejects(items.next(), /broken/);
  assert.deepEqual(await items.next(), { done: true, value: undefined });
});

test("what has no batches is one item at a time, and is left when its reader leaves", async () => {
  const ended: string[] = [];
  const single = (async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      ended.push("ended");
    }
  })();
  const batches = batchesOf(single);
  assert.deepEqual(await batches.next(), { done: false, value: [1] });
  await batches.return?.();
  assert.deepEqual(ended, ["ended"]);
});

test("a listing in batches passes a wrapper by batches, one call each", async () => {
  const entry = (name: string): FileStatus => ({
    path: PATH.child(name),
    kind: "file",
    length: 0,
    modificationTime: 0,
  });
  const names = ["a", "b", "c"];
  const inner = {
    listStatus: () =>
      itemsOf<FileStatus>(
        (async function* () {
          yield names.map(entry);
        })(),
      ),
  } as unknown as FileSystem;
  let calls = 0;
  const outer = new AroundFileSystem(inner, {
    run: (_call, body) => {
      calls++;
      return body();
    },
    runSync: (_call, body) => body(),
  });
  const found = await all(outer.listStatus(PATH));
  assert.deepEqual(
    found.map(({ path }) => path.name),
    names,
  );
  // The beginning, the batch, the end.
  assert.equal(calls, 3);
});
