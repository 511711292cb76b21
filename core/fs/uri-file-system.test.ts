import assert from "node:assert/strict";
import * as node from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { Configuration } from "../config/configuration.ts";
import { BuiltInFactories } from "./built-in-factories.ts";
import { Path } from "./path.ts";
import { FileSystemRegistry } from "./registry.ts";
import { UriFileSystem } from "./uri-file-system.ts";

const silent = () => {};

function setUpRegistry(): FileSystemRegistry {
  const configuration = Configuration.of({});
  return new FileSystemRegistry({
    providers: [new BuiltInFactories({ configuration })],
    configuration,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    unknownScheme: async (scheme) => new Error(scheme),
  });
}

function setUp(): UriFileSystem {
  return new UriFileSystem(setUpRegistry());
}

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

test("every function of node:fs/promises is there", () => {
  const fs = setUp();
  for (const name of Object.keys(node)) {
    if (name === "default" || name === "constants") continue;
    assert.equal(typeof fs[name as keyof UriFileSystem], "function", name);
  }
});

test("a path is a string, a URL, a Path or a Buffer", async () => {
  await using folder = await temporaryFolder();
  const fs = setUp();
  const path = join(folder.path, "a b");
  await fs.writeFile(Path.parse(path), "text");
  for (const same of [path, `file://${path}`, pathToFileURL(path), Path.parse(path), Buffer.from(path)]) {
    assert.equal(await fs.readFile(same, "utf8"), "text");
  }
  await assert.rejects(fs.readFile(Buffer.from([47, 255])), { code: "EINVAL" });
});

test("a file that has another name, or is none, is written in place", async () => {
  await using folder = await temporaryFolder();
  const fs = setUp();
  const [file, other] = [join(folder.path, "file"), join(folder.path, "other")];
  await fs.writeFile(file, "old");
  const { ino } = await node.stat(file);
  await fs.writeFile(file, "new");
  assert.notEqual((await node.stat(file)).ino, ino);
  await fs.link(file, other);
  await fs.writeFile(file, "both");
  assert.equal(await node.readFile(other, "utf8"), "both");
  await fs.writeFile("/dev/null", "nowhere");
});

test("what Node says of a wrong argument stays Node's", async () => {
  await using folder = await temporaryFolder();
  const fs = setUp();
  await assert.rejects(fs.chmod(folder.path, {} as unknown as number), { code: "ERR_INVALID_ARG_TYPE" });
  await assert.rejects(fs.chown(folder.path, -5, 0), { code: "ERR_OUT_OF_RANGE" });
  await assert.rejects(fs.readFile(folder.path, "klingon" as "utf8"), { code: "ERR_INVALID_ARG_VALUE" });
  await assert.rejects(fs.copyFile(folder.path, "x", 99), { code: "ERR_OUT_OF_RANGE" });
});

test("a handle and a watcher end with the environment", async () => {
  await using folder = await temporaryFolder();
  const registry = setUpRegistry();
  const fs = new UriFileSystem(registry);
  const handle = await fs.open(join(folder.path, "x"), "w");
  const watcher = fs.watch(folder.path);
  const next = watcher.next();
  const ended = assert.rejects(next, { code: "ERR_JOB_CLOSED" });
  await fs.stat(folder.path); // so that the watcher has begun
  await registry.close();
  await ended;
  await assert.rejects(handle.write("x"), { code: "EBADF" });
  await assert.rejects(fs.chmod(folder.path, 0o700), { code: "ERR_JOB_CLOSED" });
});
