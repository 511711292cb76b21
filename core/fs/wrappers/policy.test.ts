/** Rates, deadlines, read-only mode and the allow-list, through the registry that every file system passes. */
import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Configuration } from "../../config/configuration.ts";
import { BuiltInFactories } from "../built-in-factories.ts";
import type { FileStatus, FileSystem, FsDataInputStream, FsDataOutputStream } from "../contract.ts";
import { LocalFileSystem } from "../local/local-file-system.ts";
import { Path } from "../path.ts";
import type { Policy } from "../policy.ts";
import { FileSystemRegistry } from "../registry.ts";
import { UriFileSystem } from "../uri-file-system.ts";
import { DeadlineFileSystem } from "./deadline.ts";

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

async function setUp(settings: Record<string, unknown>, policy?: Policy) {
  const folder = await temporaryFolder();
  const configuration = Configuration.of(settings);
  const registry = new FileSystemRegistry({
    providers: [new BuiltInFactories({ configuration })],
    configuration,
    logger,
    unknownScheme: async (scheme) => new Error(`nobody serves ${scheme}`),
    policy,
  });
  return {
    path: folder.path,
    at: (name: string) => Path.parse(join(folder.path, name)),
    fs: policy === undefined ? await registry.fileSystem(folder.path) : refused,
    node: new UriFileSystem(registry),
    registry,
    async [Symbol.asyncDispose]() {
      await registry.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Where a policy stands before the folder, a test asks for what it allows. */
const refused = undefined as unknown as FileSystem;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

test("bytes per second hold for all streams together, after one second's worth", async () => {
  await using set = await setUp({ "fs.file.limit.bytes-per-second": "1 mb" });
  await writeFile(join(set.path, "file"), Buffer.alloc(512 << 10));
  const took = await seconds(async () => {
    for (let i = 0; i < 4; i++) {
      await using stream = await set.fs.open(set.at("file"));
      await stream.read(new Uint8Array(512 << 10));
    }
  });
  // The first MiB at once; the third read may overdraw, the fourth waits until that is made up for.
  assert.ok(took > 0.3 && took < 1.5, `${took} s`);
});

test("requests per second hold back calls, not the reads of an open stream", async () => {
  await using set = await setUp({ "fs.file.limit.requests-per-second": 20 });
  await writeFile(join(set.path, "file"), "x".repeat(100));
  const took = await seconds(async () => {
    for (let i = 0; i < 26; i++) await set.fs.getFileStatus(set.at("file"));
  });
  assert.ok(took > 0.2 && took < 1.5, `${took} s`);
  await using stream = await set.fs.open(set.at("file"));
  const reads = await seconds(async () => {
    for (let i = 0; i < 100; i++) await stream.readAt(i, new Uint8Array(1));
  });
  assert.ok(reads < 1, `${reads} s`);
});

test("who waits for a rate can be aborted, and is refused at close", async () => {
  await using set = await setUp({ "fs.file.limit.requests-per-second": 0.001 });
  await set.fs.getFileStatus(set.at("."));
  const controller = new AbortController();
  const waiting = set.fs.getFileStatus(set.at("."), { signal: controller.signal });
  const left = set.fs.getFileStatus(set.at("."));
  controller.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
  const refused = assert.rejects(left, { code: "EINVAL", message: /closed/ });
  await set.registry.close();
  await refused;
});

test("read-only: whatever changes something is EROFS and changes nothing", async () => {
  await using set = await setUp({ "fs.file.read-only": true });
  await writeFile(join(set.path, "file"), "as it was");
  const refused = { code: "EROFS", scheme: "file", message: /fs\.file\.read-only/ };
  const file = set.at("file");
  await assert.rejects(set.fs.create(set.at("x")), refused);
  await assert.rejects(set.fs.create(file, { overwrite: true }), refused);
  await assert.rejects(set.fs.mkdirs(set.at("x")), refused);
  await assert.rejects(set.fs.delete(file), refused);
  await assert.rejects(set.fs.rename(file, set.at("x")), refused);
  await assert.rejects(set.fs.copy(file, set.at("x")), refused);
  await assert.rejects(set.fs.createRecoverableWriter(), refused);
  for (const call of [
    () => set.node.writeFile(file, "y"),
    () => set.node.unlink(file),
    () => set.node.rm(file),
    () => set.fs.truncate(file),
    () => set.fs.symlink("file", set.at("link")),
    () => set.fs.link(file, set.at("link")),
    () => set.fs.chmod(file, 0o600),
    () => set.fs.utimes(file, 1, 1),
    () => set.fs.openHandle(file, "r+"),
    () => set.fs.openHandle(file, "a"),
  ]) {
    await assert.rejects(call, { code: "EROFS" });
  }
  assert.equal(await set.node.readFile(file, "utf8"), "as it was");
  assert.deepEqual(await set.node.readdir(set.path), ["file"]);
});

/** Never answers, and does not heed its signal. */
class Hanging extends LocalFileSystem {
  hang = true;
  closed = 0;
  #hung<T>(): Promise<T> {
    return new Promise<T>(() => {});
  }
  override getFileStatus(...args: Parameters<LocalFileSystem["getFileStatus"]>) {
    return this.hang ? this.#hung<never>() : super.getFileStatus(...args);
  }
  override async *listStatus(): AsyncGenerator<FileStatus> {
    yield await this.#hung();
  }
  override async open(...args: Parameters<LocalFileSystem["open"]>): Promise<FsDataInputStream> {
    const stream = await super.open(...args);
    const close = stream.close.bind(stream);
    stream.read = () => this.#hung();
    stream.close = () => {
      this.closed++;
      return close();
    };
    if (this.hang) await delay(250);
    return stream;
  }
  override async create(...args: Parameters<LocalFileSystem["create"]>): Promise<FsDataOutputStream> {
    const stream = await super.create(...args);
    stream.close = () => this.#hung();
    return stream;
  }
}

test("a deadline ends every call, step and stream that takes longer", async () => {
  await using folder = await temporaryFolder();
  const file = Path.parse(join(folder.path, "file"));
  await writeFile(file.key, "hello");
  const inner = new Hanging();
  const fs = new DeadlineFileSystem(inner, { timeout: 150, key: "fs.file.timeout" });
  const late = { code: "ETIMEDOUT", retryable: true, message: /150 ms.*fs\.file\.timeout/ };
  await assert.rejects(fs.getFileStatus(file), late);
  await assert.rejects(async () => {
    for await (const _ of fs.listStatus(file));
  }, late);
  await assert.rejects(fs.open(file), late);
  await delay(250);
  assert.equal(inner.closed, 1, "a stream that comes too late is closed");
  inner.hang = false;
  const stream = await fs.open(file);
  assert.equal(await stream.readAt(1, new Uint8Array(4)), 4);
  await assert.rejects(stream.read(new Uint8Array(1)), late);
  await assert.rejects(stream.readAt(0, new Uint8Array(1)), late, "the stream is ended");
  await stream.close();
  const output = await fs.create(file.parent?.child("new") ?? file);
  await output.write(new Uint8Array(1));
  await assert.rejects(output.close(), late);
  await output.abort();
  await assert.rejects(inner.getFileStatus(file.parent?.child("new") ?? file), { code: "ENOENT" });
});

test("a deadline passes the caller's abort on, and leaves no listener behind", async () => {
  await using set = await setUp({ "fs.file.timeout": "10 s" });
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    },
    removeEventListener: (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    },
  });
  await writeFile(join(set.path, "file"), "hello");
  await set.fs.getFileStatus(set.at("file"), { signal });
  const stream = await set.fs.open(set.at("file"), { signal });
  await stream.close();
  for await (const _ of set.fs.listStatus(set.at("."), { signal }));
  assert.ok(listeners <= 1, `${listeners} listeners`);
  const reason = new Error("enough");
  await assert.rejects(
    set.fs.getFileStatus(set.at("file"), { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
});

test("the allow-list: schemes, authorities, prefixes by whole segments", async () => {
  await using other = await temporaryFolder();
  await using set = await setUp({}, { allow: [other.path, "mem", "oss://bucket/users/7"] });
  await assert.rejects(set.node.readdir(set.path), { code: "EACCES", scheme: "file" });
  assert.deepEqual(await set.node.readdir(other.path), []);
  await set.node.mkdir(join(other.path, "a/b"), { recursive: true });
  await set.node.writeFile(join(other.path, "a/b/c"), "x");
  await assert.rejects(set.node.writeFile(`${other.path}x`, "x"), { code: "EACCES" });
  await assert.rejects(set.node.rename(join(other.path, "a"), join(set.path, "a")), { code: "EACCES" });
  await assert.rejects(set.node.copyFile(join(other.path, "a/b/c"), join(set.path, "c")), { code: "EACCES" });
  // Nothing serves these here: what is allowed gets as far as that.
  await assert.rejects(set.node.stat("mem://any/thing"), /nobody serves mem/);
  await assert.rejects(set.node.stat("oss://bucket/users/7/x"), /nobody serves oss/);
  await assert.rejects(set.node.stat("oss://other/users/7/x"), { code: "EACCES" });
  await assert.rejects(set.node.stat("http://bucket/x"), { code: "EACCES" });
});

test("the configuration's list narrows the host's, and a wrong entry is refused", async () => {
  await using one = await temporaryFolder();
  await using two = await temporaryFolder();
  await using set = await setUp({ "fs.allow": one.path }, { allow: [one.path, two.path] });
  assert.deepEqual(await set.node.readdir(one.path), []);
  await assert.rejects(set.node.readdir(two.path), { code: "EACCES" });
  await using nothing = await setUp({}, { allow: [] });
  await assert.rejects(nothing.node.readdir(one.path), { code: "EACCES" });
  for (const entry of ["not a place", "./relative", "oss://a/../b", ""]) {
    await assert.rejects(setUp({}, { allow: [entry] }), { code: "ERR_CONFIG_VALUE", key: "policy.allow" });
  }
});

test("links do not lead out of an allowed folder", async () => {
  await using outside = await temporaryFolder();
  await using inside = await temporaryFolder();
  const at = (name: string) => join(inside.path, name);
  await writeFile(join(outside.path, "secret"), "secret");
  await mkdir(at("folder"));
  await writeFile(at("folder/own"), "own");
  await symlink(join(outside.path, "secret"), at("file-link"));
  await symlink(outside.path, at("folder-link"));
  await symlink(relative(inside.path, join(outside.path, "new")), at("dangling"));
  await symlink("folder-link/../planted", at("dangling-above"));
  await symlink("folder/own", at("good-link"));
  await symlink("loop", at("loop"));
  await using set = await setUp({}, { allow: [inside.path] });
  const { node } = set;
  const refused = { code: "EACCES" };
  for (const name of [
    "file-link",
    "folder-link/secret",
    "folder-link",
    "folder/../folder-link/secret",
    "loop",
  ]) {
    await assert.rejects(node.readFile(at(name)), refused, name);
    await assert.rejects(node.stat(at(name)), refused, name);
    await assert.rejects(node.writeFile(at(name), "x"), refused, name);
  }
  for (const name of ["dangling", "dangling-above", "folder-link/new", "folder-link/a/b/c"]) {
    await assert.rejects(node.writeFile(at(name), "x"), refused, name);
    await assert.rejects(node.mkdir(at(name), { recursive: true }), refused, name);
    await assert.rejects(node.copyFile(at("folder/own"), at(name)), refused, name);
    await assert.rejects(node.rename(at("folder/own"), at(`${name}/x`)), refused, name);
  }
  const found: string[] = [];
  const fs = await set.registry.fileSystem(inside.path);
  for await (const { path } of fs.listStatus(Path.parse(inside.path), { recursive: true }))
    found.push(path.name);
  assert.deepEqual(found.sort(), ["folder", "good-link", "own"]);
  assert.equal(await node.readFile(at("good-link"), "utf8"), "own");
  // The link itself is inside: it may be taken away.
  assert.equal(await fs.delete(Path.parse(at("file-link"))), true);
  await assert.rejects(fs.symlink("anything", Path.parse(at("made"))), refused);
  assert.equal(await readFile(join(outside.path, "secret"), "utf8"), "secret");
});

test("no spelling of a path leads out of an allowed folder", async () => {
  await using folder = await temporaryFolder();
  const inside = join(folder.path, "inside");
  await mkdir(join(inside, "a"), { recursive: true });
  await mkdir(join(folder.path, "inside-too"));
  for (const place of [inside, join(inside, "a"), folder.path, join(folder.path, "inside-too")]) {
    await writeFile(join(place, "file"), place.startsWith(`${inside}/`) || place === inside ? "in" : "out");
  }
  await symlink(folder.path, join(inside, "up"));
  await using set = await setUp({}, { allow: [inside] });
  const segment = fc.constantFrom(
    ...[
      "a",
      "..",
      ".",
      "",
      "up",
      "file",
      "inside",
      "inside-too",
      "%2e%2e",
      "%2E.",
      "..%2f..",
      "%2f",
      "..%5c",
      "...",
      "\\..",
    ],
  );
  const spelled = fc.tuple(
    fc.constantFrom(
      inside,
      `file://${inside}`,
      `FILE://${inside}`,
      `file:${inside}`,
      folder.path,
      "",
      "file://",
    ),
    fc.array(segment, { maxLength: 8 }),
    fc.constantFrom("file", "a/file", "../file", "..%2ffile", "../inside-too/file"),
    fc.boolean(),
  );
  let read = 0;
  await fc.assert(
    fc.asyncProperty(spelled, async ([start, segments, end, asUrl]) => {
      const text = [start, ...segments, end].join("/");
      let place: string | URL = text;
      if (asUrl) {
        if (!URL.canParse(text)) place = pathToFileURL(text);
        else place = new URL(text);
      }
      const outcome = await set.node.readFile(place, "utf8").catch((error) => error.code as string);
      if (outcome === "in") read++;
      assert.ok(
        outcome === "in" || /^(EACCES|ENOENT|ENOTDIR|EINVAL|EISDIR)$/.test(outcome),
        `${text}: ${outcome}`,
      );
    }),
    { numRuns: 1500 },
  );
  assert.ok(read > 20, `only ${read} of the spellings named a file inside`);
});

test("remote prefixes: what is not a plain key below the prefix is refused", async () => {
  const prefix = Path.parse("oss://bucket/users/7");
  await using set = await setUp({}, { allow: [prefix] });
  const segment = fc.constantFrom("users", "7", "77", "..", ".", "", "%2e%2e", "7 ", "Users", "x");
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 6 }), async (segments) => {
      const text = `oss://bucket/${segments.join("/")}`;
      const error = await set.node.stat(text).catch((thrown) => thrown);
      const below = segments.join("/").startsWith("users/7/") || ["users/7"].includes(segments.join("/"));
      if (/nobody serves/.test(error.message)) assert.ok(below || !segments.includes(".."), text);
      else assert.match(error.code, /EACCES|EINVAL/, text);
    }),
  );
});
