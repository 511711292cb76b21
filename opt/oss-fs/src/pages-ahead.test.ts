import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { BUCKET, type Fixture, list, openFixture, path } from "../test/support.ts";

const LANES = 16;
const PAGE = 10;

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** `folders` folders of `files` files each. */
const folders = (folders: number, files: number, above = "t"): string[] =>
  range(folders * files).map((i) => `${above}/f${i % folders}/${i}`);

async function filled(keys: Iterable<string>, settings: Record<string, unknown> = {}): Promise<Fixture> {
  const fixture = await openFixture({ "fs.oss.paging.maximum": PAGE, ...settings });
  for (const key of keys) await fixture.server.put(BUCKET, key, "");
  return fixture;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What a recursive listing of the folder yields: every key, and every folder above one. */
function truth(keys: Iterable<string>, folder = ""): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    names.add(key);
    for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
      names.add(key.slice(0, slash + 1));
    }
  }
  return [...names].filter((name) => name.startsWith(folder) && name !== folder).sort(byBytes);
}

/** Names whose place among folders is not what it seems, and one beyond the BMP. */
const segment = fc.constantFrom("a", "b", "a-", "a0", "a.", "-", "0", "é", "\uffee", "😀", "z");
const key = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.constantFrom("", "", "", "/"))
  .map(([segments, end]) => segments.join("/") + end);
/** Folders full of files, so that there is something to split. */
const block = fc
  .record({ at: key, count: fc.integer({ min: 1, max: 12 }), files: fc.integer({ min: 1, max: 30 }) })
  .map(({ at, count, files }) => folders(count, files, at.replace(/\/$/, "")));
const tree = fc
  .tuple(fc.array(key, { maxLength: 60 }), fc.array(block, { maxLength: 5 }))
  .map(([keys, blocks]) => new Set([...keys, ...blocks.flat()]));

for (const version of [1, 2]) {
  test(`whatever the tree, a recursive listing is complete, in order, and at most twice as dear (V${version})`, async () => {
    const question = fc.record({
      keys: tree,
      pageSize: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(10, 25)),
      start: fc.option(fc.nat(), { nil: undefined }),
    });
    const check = async (keys: Set<string>, pageSize: number, start: number | undefined) => {
      const settings = { "fs.oss.paging.maximum": pageSize, "fs.oss.list.version": version };
      await using fixture = await filled(keys, settings);
      const all = truth(keys);
      const place = start === undefined ? undefined : all[start % all.length]?.replace(/\/$/, "");
      const after = place === undefined ? "" : keys.has(place) ? place : `${place}/`;
      const found: string[] = [];
      const startAfter = place === undefined ? undefined : path(place);
      for await (const { path: at, kind } of fixture.fs.listStatus(path(""), {
        recursive: true,
        startAfter,
      })) {
        found.push(kind === "directory" ? `${at.key}/` : at.key);
      }
      const isBehind = (name: string): boolean => byBytes(name, after) > 0;
      assert.deepEqual(found, all.filter(isBehind));
      const serial = Math.max(1, Math.ceil([...keys].filter(isBehind).length / pageSize));
      const asked = fixture.requests().length - (place === undefined ? 0 : 2);
      assert.ok(asked <= 2 * serial + LANES + 3, `${asked} requests for ${serial} pages`);
    };
    await fc.assert(
      fc.asyncProperty(question, ({ keys, pageSize, start }) => check(keys, pageSize, start)),
      { numRuns: 30 },
    );
  });
}

const SHAPES: readonly (readonly [name: string, keys: readonly string[], serial: number, most: number])[] = [
  ["one page", folders(2, 5), 1, 1],
  ["one flat folder", range(640).map((i) => `t/${i}`), 64, 64],
  ["very many tiny folders", folders(640, 1), 64, 64],
  ["a flat folder at some depth", range(640).map((i) => `t/a/b/${i}`), 64, 66],
  ["folders of a page each", folders(64, 10), 64, 84],
  ["… at some depth", folders(64, 10, "t/a/b"), 64, 86],
  ["folders of a page and some", folders(64, 13), 84, 120],
  ["folders of half a page", folders(128, 5), 64, 104],
  ["folders of five pages", folders(12, 53), 64, 80],
  ["a large folder, then tiny ones", [...range(100).map((i) => `t/a/${i}`), ...folders(500, 1)], 60, 80],
  ["tiny folders, then large ones", [...range(200).map((i) => `t/a${i}/x`), ...folders(40, 10)], 60, 74],
];

for (const [name, keys, serial, most] of SHAPES) {
  test(`requests for ${name}: between ${serial} and ${most}`, async () => {
    await using fixture = await filled(keys);
    assert.deepEqual(await list(fixture.fs, "t", true), truth(keys, "t/"));
    const asked = fixture.requests().length;
    assert.ok(asked >= serial && asked <= most, `${asked} requests`);
  });
}

test("folders are listed side by side, over no more than half of the connections", async () => {
  for (const [connections, lanes] of [
    [32, 16],
    [10, 5],
    [1, 1],
  ] as const) {
    const settings = { "fs.oss.paging.maximum": 50, "fs.oss.connection.maximum": connections };
    await using fixture = await filled(folders(64, 50), settings);
    fixture.server.shape.latency = 5;
    assert.equal((await list(fixture.fs, "t", true)).length, 64 * 51);
    const used = new Set(fixture.server.log.entries().map(({ connection }) => connection));
    assert.equal(used.size, lanes);
  }
});

test("nothing is asked ahead for a reader who stays within the first page", async () => {
  await using fixture = await filled(folders(64, 10));
  let seen = 0;
  for await (const _ of fixture.fs.listStatus(path("t"), { recursive: true })) if (++seen === PAGE) break;
  assert.deepEqual(fixture.requests(), ["ListObjectsV2"]);
});

test("after a reader has left, nothing more is asked", async () => {
  await using fixture = await filled(folders(64, 10));
  const listing = fixture.fs.listStatus(path("t"), { recursive: true })[Symbol.asyncIterator]();
  for (let i = 0; i < 200; i++) await listing.next();
  await listing.return?.();
  const asked = fixture.requests().length;
  assert.ok(asked > 20 && asked < 64, `${asked}`);
  await fixture.fs.getFileStatus(path("t/f1/1"));
  // What was on its way when the reader left may still have arrived.
  assert.ok(fixture.requests().length <= LANES + 1);
  await fixture.fs.getFileStatus(path("t/f1/1"));
  assert.deepEqual(fixture.requests(), ["HeadObject"]);
});

test("an abort rejects with its reason, and ends what is on its way", async () => {
  await using fixture = await filled(folders(64, 10));
  const reason = new Error("enough");
  const controller = new AbortController();
  fixture.server.shape.latency = 5;
  let seen = 0;
  const read = async (): Promise<void> => {
    const options = { recursive: true, signal: controller.signal };
    for await (const _ of fixture.fs.listStatus(path("t"), options)) {
      if (++seen === 100) queueMicrotask(() => controller.abort(reason));
    }
  };
  await assert.rejects(read(), (error) => error === reason);
  assert.ok(seen < 200, `${seen}`);
});

test("however far behind the reader is, some pages are held and no more", async () => {
  await using fixture = await filled(folders(150, 50), { "fs.oss.paging.maximum": 50 });
  let seen = 0;
  let most = 0;
  for await (const { kind } of fixture.fs.listStatus(path("t"), { recursive: true })) {
    if (kind === "file") seen++;
    await setImmediate();
    most = Math.max(most, fixture.server.log.entries().length - seen / 50);
  }
  assert.equal(seen, 7500);
  assert.ok(most > LANES && most <= 4 * LANES, `${most}`);
});

test("a request that is refused, whichever it is: all, or an error at its place and no gap before it", async () => {
  const keys = folders(30, 10);
  const all = truth(keys, "t/");
  const outcomes = { whole: 0, refused: 0 };
  await using fixture = await filled(keys);
  for (let nth = 1; nth <= 36; nth++) {
    const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
    using _ = fixture.server.faults.add({ operation: "ListObjectsV2", nth, fault });
    const found: string[] = [];
    try {
      for await (const { path: at, kind } of fixture.fs.listStatus(path("t"), { recursive: true })) {
        found.push(kind === "directory" ? `${at.key}/` : at.key);
      }
      assert.equal(found.length, all.length);
      outcomes.whole++;
    } catch (error) {
      assert.equal((error as { code?: string }).code, "EACCES", String(error));
      outcomes.refused++;
    }
    assert.deepEqual(found, all.slice(0, found.length), `request ${nth}`);
  }
  // The listing of folders, and one folder by itself, may be refused where the whole is not.
  assert.ok(outcomes.whole > 20 && outcomes.refused >= 2, JSON.stringify(outcomes));
});

test("a listing that changes meanwhile has nothing twice, and everything that stays", async () => {
  const stays = folders(40, 12);
  const others = range(400).map((i) => `t/f${i % 50}/g${i}`);
  await using fixture = await filled([...stays, ...others.filter((_, i) => i % 2 === 0)]);
  const { fs, server } = fixture;
  const found: string[] = [];
  for await (const { path: at, kind } of fs.listStatus(path("t"), { recursive: true })) {
    found.push(kind === "directory" ? `${at.key}/` : at.key);
    const i = (found.length * 7) % others.length;
    const other = others[i] ?? "";
    if (i % 2 === 0) server.remove(BUCKET, other);
    else await server.put(BUCKET, other, "");
  }
  assert.deepEqual(found, [...new Set(found)].sort(byBytes));
  assert.deepEqual(
    stays.filter((name) => !found.includes(name)),
    [],
  );
});
