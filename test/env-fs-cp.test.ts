import assert from "node:assert/strict";
import { readdir, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Environment, UriFileSystem } from "plugfs";
import MemoryFileSystemFactory from "./fixtures/plugins/memory-fs/index.ts";
import { MemoryFileSystem } from "./fixtures/plugins/memory-fs/memory-file-system.ts";
import { type OssHome, ossHome } from "./support/oss-home.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

let home: OssHome;
let env: Environment;
let fs: UriFileSystem;

before(async () => {
  home = await ossHome();
  env = await home.open();
  env.register(new MemoryFileSystemFactory());
  ({ fs } = env);
});
after(async () => {
  await env?.close();
  await home?.[Symbol.asyncDispose]();
});

const TREE = ["a", "dir/b", "dir/deep/c", "empty-file", "näme with blanks/100%"];

async function plant(root: string): Promise<void> {
  for (const name of TREE) {
    await fs.mkdir(`${root}/${name.slice(0, Math.max(0, name.lastIndexOf("/")))}`.replace(/\/$/, ""), {
      recursive: true,
    });
    await fs.writeFile(`${root}/${name}`, name === "empty-file" ? "" : `${name} of ${root}`.repeat(1000));
  }
}

async function files(root: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of (await fs.readdir(root, { recursive: true })).sort()) {
    const stats = await fs.stat(`${root}/${name}`);
    if (stats.isFile()) found[name] = stats.size;
  }
  return found;
}

test("cp carries a tree from any scheme to any other, byte for byte", async () => {
  await using folder = await temporaryFolder();
  const roots = [join(folder.path, "tree"), "mem://x/tree", "oss://demo/tree"];
  for (const root of roots) await plant(root);
  for (const from of roots) {
    for (const to of roots) {
      const copy = `${to}-of-${from.slice(0, 3).replace(/\W/g, "_")}`;
      await fs.cp(from, copy, { recursive: true });
      assert.deepEqual(await files(copy), await files(from), `${from} to ${copy}`);
      for (const name of TREE) {
        assert.ok((await fs.readFile(`${copy}/${name}`)).equals(await fs.readFile(`${from}/${name}`)));
      }
    }
  }
});

test("cp tells how far it is, in bytes and files", async () => {
  await plant("mem://x/told");
  const told: { bytes: number; files: number; destination: string }[] = [];
  await fs.cp("mem://x/told", "oss://demo/told", { recursive: true, progress: (step) => told.push(step) });
  const sizes = Object.values(await files("mem://x/told"));
  const last = told.at(-1);
  assert.deepEqual([last?.files, last?.bytes], [sizes.length, sizes.reduce((a, b) => a + b)]);
  for (const [i, step] of told.entries()) {
    assert.ok(step.bytes >= (told[i - 1]?.bytes ?? 0));
    assert.match(step.destination, /^oss:\/\/demo\/told\//);
  }
});

test("cp to an object store puts one object for each file and for each empty folder", async () => {
  await plant("mem://x/counted");
  await fs.mkdir("mem://x/counted/empty/folder", { recursive: true });
  await env.fileSystem("oss://demo");
  home.server.log.clear();
  await fs.cp("mem://x/counted", "oss://demo/counted", { recursive: true });
  const operations = home.server.log.entries().map(({ operation }) => operation);
  assert.equal(operations.filter((operation) => operation === "PutObject").length, TREE.length + 1);
  // The rest looks for the tree itself and makes the empty folder, however many files there are.
  assert.ok(operations.length - TREE.length <= 10, operations.join(" "));
  assert.deepEqual(await files("oss://demo/counted"), await files("mem://x/counted"));
  assert.deepEqual(
    (await fs.readdir("oss://demo/counted", { recursive: true })).sort(),
    (await fs.readdir("mem://x/counted", { recursive: true })).sort(),
  );
  const options = { recursive: true, preserveTimestamps: true };
  await assert.rejects(fs.cp("mem://x/counted", "oss://demo/timed", options), { code: "ENOTSUP" });
  await assert.rejects(fs.stat("oss://demo/timed"), { code: "ENOENT" });
});

test("cp copies several files at once, and never more than it may", async () => {
  await plant("mem://x/many");
  for (let i = 0; i < 20; i++) await fs.writeFile(`mem://x/many/file-${i}`, "x".repeat(2000));
  let writing = 0;
  let most = 0;
  await using _counted = env.register({
    scheme: "counted",
    create: () =>
      new (class extends MemoryFileSystem {
        override async create(...call: Parameters<MemoryFileSystem["create"]>) {
          most = Math.max(most, ++writing);
          // Memory is too fast for two to meet; a store takes some turns of the event loop.
          for (let turn = 0; turn < 20; turn++) await setImmediate();
          const stream = await super.create(...call);
          const close = stream.close.bind(stream);
          stream.close = () => close().finally(() => writing--);
          return stream;
        }
      })(1_000_000),
  });
  for (const concurrency of [1, 3, undefined]) {
    most = 0;
    const target = `counted://x/many-${concurrency}`;
    await fs.cp("mem://x/many", target, { recursive: true, concurrency });
    assert.equal(most, concurrency ?? 8);
    assert.deepEqual(await files(target), await files("mem://x/many"));
  }
});

test("an abort ends cp, and leaves no file cut short", async () => {
  await plant("mem://x/aborted");
  const controller = new AbortController();
  const reason = new Error("enough");
  const progress = ({ files }: { files: number }) => {
    if (files === 2) controller.abort(reason);
  };
  const { signal } = controller;
  await assert.rejects(
    fs.cp("mem://x/aborted", "oss://demo/aborted", { recursive: true, concurrency: 1, progress, signal }),
    { name: "AbortError", code: "ABORT_ERR", cause: reason },
  );
  const whole = await files("mem://x/aborted");
  const copied = await files("oss://demo/aborted");
  assert.ok(Object.keys(copied).length < TREE.length);
  for (const [name, size] of Object.entries(copied)) assert.equal(size, whole[name]);
});

test("the first error ends cp, when nothing of it runs any more", async () => {
  await plant("oss://demo/source");
  await fs.mkdir("mem://x/blocked");
  await fs.writeFile("mem://x/blocked/dir", "a file where a folder is needed");
  await assert.rejects(fs.cp("oss://demo/source", "mem://x/blocked", { recursive: true }), {
    code: "ERR_FS_CP_DIR_TO_NON_DIR",
  });
  const before = await files("mem://x/blocked");
  await setImmediate();
  assert.deepEqual(await files("mem://x/blocked"), before);
  assert.equal(await fs.readFile("mem://x/blocked/dir", "utf8"), "a file where a folder is needed");
});

test("a link is refused where there are none, or copied as what it points to", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "text");
  await symlink("file", join(folder.path, "link"));
  await assert.rejects(fs.cp(folder.path, "oss://demo/links", { recursive: true }), {
    code: "ENOTSUP",
    message: /dereference: true/,
  });
  await fs.cp(folder.path, "oss://demo/links", { recursive: true, dereference: true });
  assert.equal(await fs.readFile("oss://demo/links/link", "utf8"), "text");
  const copy = join(folder.path, "copy");
  await fs.cp(join(folder.path, "link"), copy, { verbatimSymlinks: true });
  assert.equal(await readlink(copy), "file");
  await fs.cp("oss://demo/links", join(folder.path, "back"), { recursive: true });
  assert.deepEqual((await readdir(join(folder.path, "back"))).sort(), ["file", "link"]);
});

test("a copy that comes out too short is an error, and is not published", async () => {
  await using _cut = env.register({
    scheme: "cut",
    create: () =>
      new (class extends MemoryFileSystem {
        override async open(...call: Parameters<MemoryFileSystem["open"]>) {
          const stream = await super.open(...call);
          const chunks = stream.chunks.bind(stream);
          stream.chunks = async function* () {
            for await (const chunk of chunks()) return yield chunk.subarray(0, 1000);
          };
          return stream;
        }
      })(1_000_000),
  });
  await fs.writeFile("cut://x/long", Buffer.alloc(500_000, "x"));
  await assert.rejects(fs.copyFile("cut://x/long", "mem://x/short"), { code: "EIO", message: /1000 bytes/ });
  await assert.rejects(fs.stat("mem://x/short"), { code: "ENOENT" });
});
