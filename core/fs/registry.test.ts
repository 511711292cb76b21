import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { Configuration } from "../config/configuration.ts";
import { BuiltInFactories } from "./built-in-factories.ts";
import type { FileSystem, FileSystemFactory, Logger } from "./contract.ts";
import { HostFactories } from "./host-factories.ts";
import { LocalFileSystem } from "./local/local-file-system.ts";
import { Path } from "./path.ts";
import type { FactoryProvider } from "./provider.ts";
import { FileSystemRegistry } from "./registry.ts";
import { DelegatingFileSystem } from "./wrappers/delegating-file-system.ts";

const silent = () => {};
const LOGGER: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** A local file system that tells its factory when it was closed. */
class Watched extends DelegatingFileSystem {
  closed = false;
  constructor() {
    super(new LocalFileSystem());
  }
  override async close(): Promise<void> {
    this.closed = true;
  }
}

class WatchedFactory implements FileSystemFactory {
  readonly scheme = "file";
  readonly made: Watched[] = [];
  configured = 0;
  closed = 0;
  async configure(): Promise<void> {
    this.configured++;
  }
  async create(): Promise<FileSystem> {
    await Promise.resolve();
    const fileSystem = new Watched();
    this.made.push(fileSystem);
    return fileSystem;
  }
  async close(): Promise<void> {
    assert.ok(this.made.every((fileSystem) => fileSystem.closed));
    this.closed++;
  }
}

function setUp(more: FactoryProvider[] = [], configuration = Configuration.of({})) {
  const host: HostFactories = new HostFactories({
    configuration,
    retire: (generation) => registry.retire(generation),
  });
  const registry: FileSystemRegistry = new FileSystemRegistry({
    providers: [host, ...more, new BuiltInFactories({ configuration })],
    configuration,
    logger: LOGGER,
    unknownScheme: async (scheme) => new Error(`nobody serves ${scheme}`),
  });
  return { host, registry };
}

test("concurrent first uses make one file system, configured once before it", async () => {
  const { host, registry } = setUp();
  const factory = new WatchedFactory();
  host.register(factory);
  const handles = await Promise.all(Array.from({ length: 10 }, () => registry.fileSystem("/tmp")));
  await handles[0]?.getFileStatus(Path.parse("/"));
  await registry.fileSystem("file:///elsewhere");
  assert.equal(factory.made.length, 1);
  assert.equal(factory.configured, 1);
  await registry.close();
  await host.close();
  assert.equal(factory.closed, 1);
});

test("a failure is not kept, and says who failed", async () => {
  const { host, registry } = setUp();
  let attempts = 0;
  host.register({
    scheme: "FILE",
    create: () => {
      attempts++;
      if (attempts === 1) throw new Error("not yet");
      return new LocalFileSystem();
    },
  });
  await assert.rejects(registry.fileSystem("/tmp"), {
    code: "EIO",
    scheme: "file",
    operation: "createFileSystem",
    message: /not yet/,
  });
  await registry.fileSystem("/tmp");
  assert.equal(attempts, 2);
});

test("what is no file system is refused when it is made", async () => {
  const { host, registry } = setUp();
  host.register({ scheme: "bad", create: () => ({}) as FileSystem });
  await assert.rejects(registry.fileSystem("bad://x"), { code: "ERR_PLUGIN_EXPORT" });
});

test("a scheme that nobody serves is the caller's error", async () => {
  const { registry } = setUp();
  await assert.rejects(registry.fileSystem("nope://x/y"), { message: "nobody serves nope" });
});

test("a factory that refuses its configuration is asked again, and named", async () => {
  const { host, registry } = setUp();
  let attempts = 0;
  host.register({
    scheme: "x",
    configure: async () => {
      attempts++;
      if (attempts === 1) throw new Error("no endpoint");
    },
    create: () => new LocalFileSystem(),
  });
  await assert.rejects(registry.fileSystem("x://a"), {
    code: "ERR_PLUGIN_CONFIGURE",
    message: /no endpoint/,
  });
  await registry.fileSystem("x://a");
});

test("the host's factory lies over the built-in one and gives the scheme back", async () => {
  const { host, registry } = setUp();
  const handle = await registry.fileSystem("/");
  const factory = new WatchedFactory();
  {
    await using _registration = host.register(factory);
    assert.throws(() => host.register(factory), { code: "ERR_PLUGIN_DUPLICATE_SCHEME" });
    await handle.getFileStatus(Path.parse("/"));
    assert.equal(factory.made.length, 1);
  }
  assert.equal(factory.closed, 1);
  await handle.getFileStatus(Path.parse("/"));
  assert.equal(factory.made.length, 1);
  host.register(new WatchedFactory());
});

test("after a reload handles use the new generation, and an open stream keeps the old one until it ends", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(folder.path).child("x");
  const [before, after] = [new WatchedFactory(), new WatchedFactory()];
  let provided = { factory: before, plugin: "p", generation: {} };
  const { registry } = setUp([{ find: (scheme) => (scheme === "file" ? provided : undefined) }]);
  const handle = await registry.fileSystem(path);
  const stream = await handle.create(path);
  await stream.write(Buffer.from("old"));

  const { generation } = provided;
  provided = { factory: after, plugin: "p", generation: {} };
  let retired = false;
  const retiring = registry.retire(generation).then(() => {
    retired = true;
  });
  await assert.rejects(handle.getFileStatus(path), {
    code: "ENOENT",
    plugin: "p",
    operation: "getFileStatus",
  });
  assert.equal(after.made.length, 1);
  assert.equal(before.made[0]?.closed, false);
  assert.equal(retired, false);

  await stream.write(Buffer.from("er"));
  assert.equal((await stream.close()).length, 5);
  await retiring;
  assert.equal(before.made[0]?.closed, true);
  assert.equal((await handle.getFileStatus(path)).length, 5);
});

test("a call that is about to begin is not robbed of its file system by a retirement", async () => {
  const { host, registry } = setUp();
  const factory = new WatchedFactory();
  host.register(factory);
  const handle = await registry.fileSystem("/");
  const inner = factory.made[0];
  assert.ok(inner);
  const getFileStatus = inner.getFileStatus.bind(inner);
  inner.getFileStatus = (path, options) => {
    assert.equal(inner.closed, false);
    return getFileStatus(path, options);
  };
  const generation = (await host.find("file"))?.generation;
  assert.ok(generation);
  const call = handle.getFileStatus(Path.parse("/"));
  await Promise.resolve();
  await Promise.all([call, registry.retire(generation)]);
});

test("close ends streams, publishes nothing, and refuses later calls", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(folder.path).child("x");
  const { host, registry } = setUp();
  const factory = new WatchedFactory();
  host.register(factory);
  const handle = await registry.fileSystem(path);
  const done = await handle.create(path.parent?.child("done") ?? path);
  await done.close();
  const reader = await handle.open(path.parent?.child("done") ?? path);
  const writer = await handle.create(path);
  await writer.write(Buffer.from("half"));
  const recoverableWriter = await handle.createRecoverableWriter();
  const dropped = await recoverableWriter.open(path);
  const kept = await recoverableWriter.open(path);
  await kept.persist();
  await registry.close();
  await host.close();
  assert.deepEqual(await readdir(folder.path), [kept.id, "done"]);
  await assert.rejects(dropped.write(Buffer.from("x")), { code: "ERR_JOB_CLOSED" });
  await assert.rejects(kept.closeForCommit(), { code: "ERR_JOB_CLOSED" });
  await assert.rejects(recoverableWriter.open(path), { code: "ERR_JOB_CLOSED" });
  await kept[Symbol.asyncDispose]();
  await assert.rejects(writer.write(Buffer.from("x")), { code: "ERR_JOB_CLOSED" });
  await assert.rejects(writer.close(), { code: "ERR_JOB_CLOSED" });
  await assert.rejects(reader.read(new Uint8Array(1)), { code: "ERR_JOB_CLOSED" });
  await assert.rejects(handle.getFileStatus(path), { code: "ERR_JOB_CLOSED" });
  await assert.rejects(registry.fileSystem(path), { code: "ERR_JOB_CLOSED" });
  assert.equal(factory.closed, 1);
});

test("the host's factory leaves even when a recoverable writer of it is about, but not before its streams end", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(folder.path).child("x");
  const { host, registry } = setUp();
  const factory = new WatchedFactory();
  const registration = host.register(factory);
  const writer = await (await registry.fileSystem(path)).createRecoverableWriter();
  const stream = await writer.open(path);
  let gone = false;
  const leaving = registration[Symbol.asyncDispose]().then(() => {
    gone = true;
  });
  await stream.write(Buffer.from("text"));
  assert.equal(gone, false);
  const committer = await stream.closeForCommit();
  await leaving;
  assert.equal(factory.closed, 1);
  await assert.rejects(committer.commit(), { code: "EINVAL", message: /taken out of use/ });
  const again = await (await registry.fileSystem(path)).createRecoverableWriter();
  await (await again.recoverForCommit(committer.recoverable)).commitAfterRecovery();
  assert.deepEqual(await readdir(folder.path), ["x"]);
  await registry.close();
});

test("a handle serves its own root only, and its close releases the handle only", async () => {
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  const { registry } = setUp();
  const [first, second] = await Promise.all([registry.fileSystem(root), registry.fileSystem(root)]);
  assert.ok(first.capabilities.has("atomic-create"));
  const foreign = Path.parse("oss://b/x");
  await assert.rejects(first.getFileStatus(foreign), { code: "EINVAL", path: "oss://b/x" });
  await assert.rejects(first.rename(root.child("x"), foreign), { code: "EXDEV" });
  await assert.rejects(first.open(folder.path as unknown as Path), { code: "EINVAL", message: /not a Path/ });
  await first.close();
  await assert.rejects(first.getFileStatus(root), { code: "EINVAL" });
  assert.equal((await second.getFileStatus(root)).kind, "directory");
});

test("paths without a scheme lie under fs.default-scheme", () => {
  const local = setUp().registry;
  assert.equal(`${local.resolve("/a/b")}`, "file:///a/b");
  const at = (value: string) =>
    setUp([], Configuration.of({ "fs.default-scheme": value }, "conf/config.yaml:3")).registry;
  for (const value of ["oss://bucket", "OSS://bucket/"]) {
    assert.equal(`${at(value).resolve("/a b/100%")}`, "oss://bucket/a b/100%");
    assert.equal(`${at(value).resolve("a")}`, "oss://bucket/a");
    assert.equal(`${at(value).resolve("/")}`, "oss://bucket");
    assert.equal(`${at(value).resolve("file:///a")}`, "file:///a");
    assert.equal(`${at(value).resolve("mem://x/a")}`, "mem://x/a");
  }
  assert.equal(`${at("file:///").resolve("/a")}`, "file:///a");
  assert.throws(() => at("oss://bucket").resolve("/a/../b"), { code: "EINVAL" });
  for (const value of ["oss", "/x", "oss://bucket/sub", "oss://user:hunter2@bucket"]) {
    assert.throws(
      () => at(value).resolve("/a"),
      (error: Error & { key: string; source: string; code: string }) => {
        assert.equal(error.code, "ERR_CONFIG_VALUE");
        assert.equal(error.key, "fs.default-scheme");
        assert.match(error.source, /config\.yaml:3/);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  }
});
