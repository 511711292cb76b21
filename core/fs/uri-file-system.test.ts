import assert from "node:assert/strict";
import { constants } from "node:fs";
import * as node from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { Configuration } from "../config/configuration.ts";
import { errorCode } from "../errors/errors.ts";
import { BuiltInFactories } from "./built-in-factories.ts";
import { FileSystemRegistry } from "./registry.ts";
import { UriFileSystem } from "./uri-file-system.ts";

const silent = () => {};

function setUp(): UriFileSystem {
  const configuration = Configuration.of({});
  return new UriFileSystem(
    new FileSystemRegistry({
      providers: [new BuiltInFactories({ configuration })],
      configuration,
      logger: { debug: silent, info: silent, warn: silent, error: silent },
      unknownScheme: async (scheme) => new Error(scheme),
    }),
  );
}

/** What a call came to: its value, or its code. */
async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return errorCode(error) ?? error;
  }
}

/** Runs one program on Node's own functions and on env.fs, each in a folder of its own, and compares. */
async function sameAsNode(
  program: (fs: UriFileSystem, at: (name: string) => string) => (() => Promise<unknown>)[],
) {
  const outcomes: unknown[][] = [];
  for (const fs of [node as unknown as UriFileSystem, setUp()]) {
    await using folder = await temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    await node.mkdir(at("full"));
    await node.writeFile(at("full/b"), "bytes");
    await node.mkdir(at("full/deep"));
    await node.writeFile(at("full/deep/c"), "");
    await node.mkdir(at("empty"));
    await node.writeFile(at("file"), "Grüße, 世界");
    const results: unknown[] = [];
    for (const call of program(fs, at)) results.push(await outcome(call));
    const tree = await node.readdir(folder.path, { recursive: true });
    results.push(tree.sort());
    outcomes.push(JSON.parse(JSON.stringify(results).replaceAll(folder.path, "ROOT")));
  }
  assert.deepEqual(outcomes[1], outcomes[0]);
}

test("reading is as in Node", () =>
  sameAsNode((fs, at) => [
    () => fs.readFile(at("file")),
    () => fs.readFile(at("file"), "utf8"),
    () => fs.readFile(at("file"), { encoding: "base64" }),
    () => fs.readFile(pathToFileURL(at("file")), "latin1"),
    () => fs.readFile(at("missing")),
    () => fs.readFile(at("full")),
    () => fs.readFile(at("file/below")),
    () => fs.readFile(at("file"), "klingon" as "utf8"),
    () => fs.readFile(at("file"), { signal: AbortSignal.abort() }),
    async () => (await fs.readdir(at("full"))).sort(),
    async () => (await fs.readdir(at("full"), { recursive: true })).sort(),
    async () => (await fs.readdir(at("full"), "hex")).sort(),
    async () =>
      (await fs.readdir(at("full"), { withFileTypes: true, recursive: true }))
        .map((entry) => [entry.name, entry.parentPath, entry.isFile(), entry.isDirectory()])
        .sort(),
    () => fs.readdir(at("file")),
    () => fs.readdir(at("missing")),
    async () => {
      const stats = await fs.stat(at("file"));
      return [stats.size, stats.isFile(), stats.isDirectory(), Math.abs(stats.mtimeMs - Date.now()) < 60_000];
    },
    async () => (await fs.stat(at("full"))).isDirectory(),
    () => fs.stat(at("missing")),
    () => fs.access(at("file")),
    () => fs.access(at("missing")),
  ]));

test("writing is as in Node", () =>
  sameAsNode((fs, at) => {
    async function* pieces() {
      yield "a";
      yield Buffer.from("b");
    }
    return [
      () => fs.writeFile(at("new"), "text"),
      () => fs.readFile(at("new"), "utf8"),
      () => fs.writeFile(at("new"), Buffer.from("shorter")),
      () => fs.readFile(at("new"), "utf8"),
      () => fs.writeFile(at("new"), "other", { flag: "wx" }),
      () => fs.writeFile(at("latin"), "é", "latin1"),
      () => fs.readFile(at("latin"), "hex"),
      () => fs.writeFile(at("words"), new Uint16Array([1, 2])),
      () => fs.readFile(at("words"), "hex"),
      () => fs.writeFile(at("pieces"), pieces()),
      () => fs.readFile(at("pieces"), "utf8"),
      () => fs.writeFile(at("list"), ["x", "y"]),
      () => fs.writeFile(at("no/parent"), ""),
      () => fs.writeFile(at("file/below"), ""),
      () => fs.writeFile(at("full"), ""),
      () => fs.writeFile(at("number"), 5 as unknown as string),
      () => fs.writeFile(at("aborted"), "x", { signal: AbortSignal.abort() }),
    ];
  }));

test("making and removing is as in Node", () =>
  sameAsNode((fs, at) => [
    () => fs.mkdir(at("made")),
    () => fs.mkdir(at("made")),
    () => fs.mkdir(at("no/parent")),
    () => fs.mkdir(at("file/below")),
    () => fs.mkdir(at("one/two/three"), { recursive: true }),
    () => fs.mkdir(at("one/two/three"), { recursive: true }),
    () => fs.mkdir(at("file"), { recursive: true }),
    () => fs.rmdir(at("made")),
    () => fs.rmdir(at("full")),
    () => fs.rmdir(at("file")),
    () => fs.rmdir(at("missing")),
    () => fs.unlink(at("missing")),
    () => fs.rm(at("missing")),
    () => fs.rm(at("missing"), { force: true }),
    () => fs.rm(at("full")),
    () => fs.rm(at("empty"), { force: true }),
    () => fs.rm(at("full"), { recursive: true }),
    () => fs.rm(at("full"), { recursive: true }),
    () => fs.rm(at("full"), { recursive: true, force: true }),
    () => fs.unlink(at("file")),
  ]));

test("renaming and copying is as in Node", () =>
  sameAsNode((fs, at) => [
    () => fs.rename(at("file"), at("renamed")),
    () => fs.rename(at("renamed"), at("renamed")),
    () => fs.rename(at("missing"), at("x")),
    () => fs.rename(at("renamed"), at("no/parent")),
    () => fs.rename(at("renamed"), at("full")),
    () => fs.rename(at("full"), at("renamed")),
    () => fs.rename(at("full"), at("full/inside")),
    () => fs.rename(at("renamed"), at("full/b")),
    () => fs.readFile(at("full/b"), "utf8"),
    () => fs.rename(at("full"), at("empty")),
    () => fs.copyFile(at("empty/b"), at("copy")),
    () => fs.readFile(at("copy"), "utf8"),
    () => fs.copyFile(at("empty/deep/c"), at("copy"), constants.COPYFILE_EXCL),
    () => fs.copyFile(at("empty/deep/c"), at("copy")),
    () => fs.readFile(at("copy"), "utf8"),
    () => fs.copyFile(at("copy"), at("copy")),
    () => fs.copyFile(at("missing"), at("copy")),
    () => fs.copyFile(at("copy"), at("no/parent")),
  ]));

test("a failing source of bytes leaves what was there", async () => {
  await using folder = await temporaryFolder();
  const fs = setUp();
  const path = join(folder.path, "x");
  await fs.writeFile(path, "old");
  async function* failing() {
    yield "new";
    throw new Error("source broke");
  }
  await assert.rejects(fs.writeFile(path, failing()), { message: "source broke" });
  assert.deepEqual(await node.readdir(folder.path), ["x"]);
  assert.equal(await fs.readFile(path, "utf8"), "old");
});

test("an abort is Node's AbortError, with the reason as cause", async () => {
  await using folder = await temporaryFolder();
  const fs = setUp();
  const controller = new AbortController();
  const reason = new Error("enough");
  async function* endless() {
    yield "first";
    controller.abort(reason);
    for (;;) yield "more";
  }
  await assert.rejects(fs.writeFile(join(folder.path, "x"), endless(), { signal: controller.signal }), {
    name: "AbortError",
    code: "ABORT_ERR",
    cause: reason,
  });
  assert.deepEqual(await node.readdir(folder.path), []);
});

test("every function of node:fs/promises is there; what is not served is ENOTSUP, not silence", async () => {
  await using folder = await temporaryFolder();
  const fs = setUp();
  for (const name of Object.keys(node)) {
    if (name === "default" || name === "constants") continue;
    assert.equal(typeof fs[name as keyof UriFileSystem], "function", name);
  }
  const path = join(folder.path, "x");
  await assert.rejects(fs.appendFile(path, "x"), { code: "ENOTSUP", operation: "appendFile" });
  await assert.rejects(fs.writeFile(path, "x", { flag: "a" }), { code: "ENOTSUP" });
  await assert.rejects(fs.writeFile(path, "x", { mode: 0o600 }), { code: "ENOTSUP" });
  await assert.rejects(fs.lstat(folder.path), { code: "ENOTSUP" });
  assert.throws(() => fs.createReadStream(path), { code: "ENOTSUP" });
  assert.deepEqual(await node.readdir(folder.path), []);
});
