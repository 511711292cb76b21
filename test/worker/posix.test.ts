/** Capability `posix` of a plugin in a worker: every call comes out as in the host's thread, and as in Node. */
import assert from "node:assert/strict";
import type { Dirent, Stats } from "node:fs";
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Environment, Path } from "plugfs";
import { type Files, writeFiles } from "../support/files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** `disk://x/<key>` is a file below `disk.root`; posix calls are Node's own. `disk://odd/<key>` opens no handle of Node's. */
const DISK: Files = {
  "package.json": {
    name: "disk",
    exports: "./index.js",
    peerDependencies: { plugfs: "^1.0.0" },
    plugfs: { schemes: ["disk"] },
  },
  "index.js": `
    const fs = require("node:fs/promises");
    const { join } = require("node:path");
    const { FileSystem, Path, option } = require("plugfs");
    const ROOT = option.string("disk.root");
    class Disk extends FileSystem {
      capabilities = new Set(["write", "posix"]);
      constructor(root, isOdd) { super(); this.root = root; this.isOdd = isOdd; }
      async getFileStatus(path) {
        const { size, mtimeMs } = await fs.stat(join(this.root, path.key));
        return { path, kind: "file", length: size, modificationTime: mtimeMs };
      }
      posixCall(name, call) {
        if (this.isOdd && name === "openHandle") return Promise.resolve({ close() {} });
        const args = call.map((value) => value instanceof Path ? join(this.root, value.key) : value);
        if (name === "readlink" || name === "realpath") args[1] = "buffer";
        return fs[name === "openHandle" ? "open" : name](...args);
      }
      watch(path, options) { return fs.watch(join(this.root, path.key), options); }
    }
    module.exports = class {
      scheme = "disk";
      configure(configuration) { this.root = configuration.get(ROOT); }
      create(root) { return new Disk(this.root, root.authority === "odd"); }
    };
  `,
};

async function disk(inWorker: boolean) {
  const folder = await temporaryFolder();
  const files = join(folder.path, "files");
  await mkdir(files);
  await writeFiles(join(folder.path, "plugins/disk"), DISK);
  const env = await Environment.open({
    home: folder.path,
    configuration: { "disk.root": files, ...(inWorker && { "plugin.worker": "*" }) },
  });
  return {
    env,
    files,
    at: (key: string) => Path.parse(`disk://x/${key}`),
    fs: await env.fileSystem("disk://x"),
    async [Symbol.asyncDispose]() {
      await env.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const KINDS = [
  "isFile",
  "isDirectory",
  "isSymbolicLink",
  "isFIFO",
  "isSocket",
  "isCharacterDevice",
  "isBlockDevice",
] as const;
const kinds = (entry: Stats | Dirent) => KINDS.filter((kind) => entry[kind]());

for (const inWorker of [false, true]) {
  const where = inWorker ? "a worker" : "the host's thread";

  test(`posix calls in ${where}: status, folders, links, times, errors`, async () => {
    await using set = await disk(inWorker);
    const { fs, files, at } = set;
    assert.ok(fs.capabilities.has("posix"));
    await writeFile(join(files, "file"), "0123456789");
    await symlink("file", join(files, "link"));

    for (const key of ["file", "link", ""]) {
      const found = await fs.lstat(Path.unsafe("disk", "x", key));
      const { atime, mtime, ino, size, mode, mtimeMs } = found as Stats;
      const expected = await (await import("node:fs/promises")).lstat(join(files, key));
      assert.deepEqual(
        { atime, mtime, ino, size, mode, mtimeMs, kinds: kinds(found as Stats) },
        {
          ...{ atime: expected.atime, mtime: expected.mtime, ino: expected.ino, size: expected.size },
          ...{ mode: expected.mode, mtimeMs: expected.mtimeMs, kinds: kinds(expected) },
        },
      );
    }
    const big = await fs.stat(at("file"), { bigint: true });
    assert.equal(big.size, 10n);
    assert.equal(big.isFile(), true);
    assert.equal(typeof (big as { mtimeNs?: unknown }).mtimeNs, "bigint");
    assert.ok((await fs.statfs(at("file"))).bsize > 0);

    assert.equal(await fs.mkdir(at("deep/er"), { recursive: true }), join(files, "deep"));
    assert.deepEqual((await fs.readdir(at("deep"))).map(String), ["er"]);
    const [name] = await fs.readdir(at("deep"), { encoding: "buffer" });
    assert.ok(Buffer.isBuffer(name) && String(name) === "er");
    const root = Path.unsafe("disk", "x", "");
    const entries = await fs.readdir(root, { withFileTypes: true });
    const described = (all: Dirent[]) =>
      all.map((entry) => [entry.name, entry.parentPath, kinds(entry)]).sort();
    assert.deepEqual(described(entries), described(await readdir(files, { withFileTypes: true })));

    await fs.symlink("file", at("second"));
    assert.equal(await readlink(join(files, "second")), "file");
    assert.equal(String(await fs.readlink(at("second"))), "file");
    assert.ok(Buffer.isBuffer(await fs.realpath(at("second"))));
    assert.equal(String(await fs.realpath(at("second"))), join(files, "file"));
    await fs.link(at("file"), at("third"));
    assert.equal(((await fs.stat(at("third"))) as Stats).nlink, 2);
    await fs.chmod(at("file"), 0o600);
    assert.equal((await stat(join(files, "file"))).mode & 0o777, 0o600);
    await fs.utimes(at("file"), new Date(5000), 6);
    assert.equal((await stat(join(files, "file"))).mtimeMs, 6000);
    await fs.truncate(at("file"), 4);
    assert.equal(await readFile(join(files, "file"), "utf8"), "0123");
    await fs.access(at("file"), 4);

    const missing = await fs.readlink(at("none")).catch((error) => error);
    const { code, operation, plugin, cause } = missing;
    assert.deepEqual({ code, operation, plugin }, { code: "ENOENT", operation: "readlink", plugin: "disk" });
    assert.equal(cause.syscall, "readlink");
    assert.equal(typeof cause.errno, "number");
  });

  test(`a handle of a plugin in ${where} reads, writes, and is closed with the environment`, async () => {
    await using set = await disk(inWorker);
    const { env, fs, files, at } = set;
    const handle = await fs.openHandle(at("new"), "wx+", 0o640);
    await handle.write(Buffer.from("hello world"), 0, 11, 0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 6);
    assert.deepEqual([String(buffer), bytesRead], ["world", 5]);
    assert.equal((await handle.stat()).mode & 0o777, 0o640);
    assert.equal(await readFile(join(files, "new"), "utf8"), "hello world");
    await assert.rejects(fs.openHandle(at("new"), "wx"), { code: "EEXIST" });
    await env.fs.appendFile("disk://x/new", "!");
    assert.equal(await readFile(join(files, "new"), "utf8"), "hello world!");
    await env.close();
    await assert.rejects(handle.stat(), { code: "EBADF" });
  });

  test(`a watch of a plugin in ${where} tells each change at once, and ends with its signal`, async () => {
    await using set = await disk(inWorker);
    const controller = new AbortController();
    const changes = set.fs.watch(Path.unsafe("disk", "x", ""), { signal: controller.signal });
    // It begins to watch when it is asked, which nobody sees: so there are changes until one is told.
    const first = changes.next();
    let told = false;
    void first.finally(() => {
      told = true;
    });
    for (let i = 0; !told; i++) {
      await writeFile(join(set.files, `file-${i % 10}`), String(i));
      await new Promise(setImmediate);
    }
    const { value } = await first;
    assert.match(String(value?.filename), /^file-\d$/);
    const ending = (async () => {
      for await (const _ of changes);
    })();
    controller.abort(new Error("enough"));
    await assert.rejects(ending, (error: Error) => error.name === "AbortError" || error.message === "enough");
  });
}

test("a handle that is not Node's does not leave a worker", async () => {
  await using set = await disk(true);
  const fs = await set.env.fileSystem("disk://odd");
  await assert.rejects(fs.openHandle(Path.parse("disk://odd/x")), { code: "ENOTSUP", message: /worker/ });
});
