import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import type { FileStatus, ListOptions } from "../contract.ts";
import { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

const fs = new LocalFileSystem();

async function write(path: Path, text: string, options = {}): Promise<FileStatus> {
  await using stream = await fs.create(path, options);
  await stream.write(Buffer.from(text));
  return stream.close();
}

async function read(path: Path): Promise<string> {
  await using stream = await fs.open(path);
  const chunks: Buffer[] = [];
  for await (const chunk of stream.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function names(folder: Path, options?: ListOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const status of fs.listStatus(folder, options)) {
    const key = status.path.key.slice(folder.key.length + 1);
    found.push(status.kind === "directory" ? `${key}/` : key);
  }
  return found;
}

test("a file is invisible until close, then whole, and its status is the one that stat gives", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(join(folder.path, "deep/er/file.txt"));
  const stream = await fs.create(path);
  await stream.write(Buffer.from("hello"));
  await assert.rejects(fs.getFileStatus(path), { code: "ENOENT" });
  const [temporary = ""] = await readdir(join(folder.path, "deep/er"));
  assert.match(temporary, /^\.file\.txt\.inprogress\.[0-9a-f-]{36}$/);
  const status = await stream.close();
  assert.deepEqual(status, await fs.getFileStatus(path));
  assert.deepEqual(await readdir(join(folder.path, "deep/er")), ["file.txt"]);
  assert.equal(await read(path), "hello");
});

test("abort leaves nothing", async () => {
  await using folder = await temporaryFolder();
  {
    await using stream = await fs.create(Path.parse(join(folder.path, "x")));
    await stream.write(Buffer.from("hello"));
  }
  assert.deepEqual(await readdir(folder.path), []);
});

test("of writers that race for one name exactly one wins", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(join(folder.path, "x"));
  const streams = await Promise.all(Array.from({ length: 8 }, () => fs.create(path)));
  await Promise.all(streams.map((stream, i) => stream.write(Buffer.from(`writer ${i}`))));
  const results = await Promise.allSettled(streams.map((stream) => stream.close()));
  const lost = results.filter((result) => result.status === "rejected");
  assert.equal(lost.length, 7);
  for (const { reason } of lost) assert.equal(reason.code, "EEXIST");
  assert.equal(await read(path), `writer ${results.findIndex((result) => result.status === "fulfilled")}`);
  assert.deepEqual(await readdir(folder.path), ["x"]);
});

test("overwriting keeps permissions and follows a link", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "real"));
  await writeFile(join(folder.path, "real/x"), "old");
  await chmod(join(folder.path, "real/x"), 0o640);
  await symlink("real/x", join(folder.path, "x"));
  const path = Path.parse(join(folder.path, "x"));
  await assert.rejects(fs.create(path), { code: "EEXIST" });
  await write(path, "new", { overwrite: true });
  assert.equal(await readFile(join(folder.path, "real/x"), "utf8"), "new");
  assert.equal((await stat(join(folder.path, "real/x"))).mode & 0o777, 0o640);
  assert.deepEqual((await readdir(folder.path)).sort(), ["real", "x"]);
});

test("names as long as the disk takes work, longer ones are ENAMETOOLONG", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["n".repeat(255), "中".repeat(85)]) {
    const path = Path.parse(join(folder.path, name));
    await write(path, "x");
    assert.equal(await read(path), "x");
  }
  await assert.rejects(fs.create(Path.parse(join(folder.path, "n".repeat(256)))), { code: "ENAMETOOLONG" });
});

test("create names what is in the way", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "");
  const at = (name: string) => Path.parse(join(folder.path, name));
  await assert.rejects(fs.create(at("file/below")), { code: "ENOTDIR", operation: "create" });
  await assert.rejects(fs.create(at(".")), { code: "EEXIST" });
  await assert.rejects(fs.create(at("."), { overwrite: true }), { code: "EISDIR" });
  await assert.rejects(fs.create(at("no/parent"), { createParents: false }), { code: "ENOENT" });
  await assert.rejects(fs.mkdirs(at("file")), { code: "EEXIST" });
  await assert.rejects(fs.mkdirs(at("file/below")), { code: "ENOTDIR" });
  await promisify(execFile)("mkfifo", [join(folder.path, "pipe")]);
  await assert.rejects(fs.create(at("pipe"), { overwrite: true }), { code: "ENOTSUP" });
  await assert.rejects(fs.open(at("pipe")), { code: "ENOTSUP" });
  // Files that the kernel makes up say that they are empty; taking them at their word would lose their content.
  if (process.platform === "linux")
    await assert.rejects(fs.open(Path.parse("/proc/self/status")), { code: "ENOTSUP" });
  await assert.rejects(fs.open(at(".")), { code: "EISDIR", path: `file://${folder.path}` });
});

test("lists in byte order, a folder as name/, and resumes at any entry", async () => {
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  for (const name of ["a", "a!", "b/c", "b/d/e", "b-", "b0", "é", "\uE000", "😀", "z"]) {
    await write(root.child(name), name);
  }
  await mkdir(join(folder.path, "empty"));
  const all = ["a", "a!", "b-", "b/", "b/c", "b/d/", "b/d/e", "b0", "empty/", "z", "é", "\uE000", "😀"];
  assert.deepEqual(await names(root, { recursive: true }), all);
  for (const [i, name] of all.entries()) {
    const startAfter = root.child(name.replace(/\/$/, ""));
    assert.deepEqual(await names(root, { recursive: true, startAfter }), all.slice(i + 1), name);
  }
  const top = all.filter((name) => !/\/./.test(name));
  assert.deepEqual(await names(root), top);
  assert.deepEqual(await names(root, { startAfter: root.child("b/d") }), top.slice(top.indexOf("b/") + 1));
  assert.deepEqual(await names(root, { startAfter: root.child("b1") }), top.slice(top.indexOf("empty/")));
  assert.deepEqual(await names(root, { startAfter: Path.parse("/") }), top);
});

test("lists links as what they point to, broken ones as empty files, and never in circles", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "real"));
  await writeFile(join(folder.path, "real/x"), "12345");
  await symlink("real", join(folder.path, "linked"));
  await symlink("real/x", join(folder.path, "file"));
  await symlink("nowhere", join(folder.path, "broken"));
  await symlink("..", join(folder.path, "real/up"));
  const root = Path.parse(folder.path);
  assert.deepEqual(await names(root), ["broken", "file", "linked/", "real/"]);
  assert.deepEqual(await names(root, { recursive: true }), [
    "broken",
    "file",
    "linked/",
    "linked/up/",
    "linked/x",
    "real/",
    "real/up/",
    "real/x",
  ]);
});

test("names that are no Unicode are reported, left out of listings, and deleted with their folder", async () => {
  if (process.platform === "darwin") return;
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  const below = root.child("below");
  await mkdir(below.key);
  await writeFile(Buffer.concat([Buffer.from(`${below.key}/`), Buffer.from([0x66, 0xff])]), "");
  await write(below.child("f\uFFFD"), "a name that really has this character");
  const warnings: string[] = [];
  const silent = () => {};
  const logged = new LocalFileSystem({
    debug: silent,
    info: silent,
    error: silent,
    warn: (_fields, message) => warnings.push(message),
  });
  const found = [];
  for await (const status of logged.listStatus(below)) found.push(status.path.name);
  assert.deepEqual(found, ["f\uFFFD"]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^1 names/);
  assert.equal(await fs.delete(below, { recursive: true }), true);
  assert.deepEqual(await readdir(folder.path), []);
});

test("delete removes links, not what they point to", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "real"));
  await writeFile(join(folder.path, "real/x"), "1");
  await mkdir(join(folder.path, "tree"));
  await symlink("../real", join(folder.path, "tree/link"));
  const root = Path.parse(folder.path);
  await assert.rejects(fs.delete(root.child("tree")), { code: "ENOTEMPTY" });
  assert.equal(await fs.delete(root.child("tree"), { recursive: true }), true);
  assert.equal(await fs.delete(root.child("tree"), { recursive: true }), false);
  assert.equal(await fs.delete(root.child("real/x/below")), false);
  assert.equal(await read(root.child("real/x")), "1");
});

test("the root folder is never deleted", async () => {
  // Without `recursive`: what guards it must not be tried with what would happen otherwise.
  await assert.rejects(fs.delete(Path.parse("/")), {
    code: "EPERM",
    message: /the root folder is never deleted/,
  });
});

test("a recursive delete that fails says where and how far it came", async () => {
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  const tree = root.child("tree");
  await write(tree.child("a/x"), "");
  // Two folders, one moved into the other: deeper than a path can be long.
  const deep = Array.from({ length: 9 }, () => "n".repeat(250)).join("/");
  await fs.mkdirs(tree.child(deep));
  await fs.mkdirs(root.child("other").child(deep));
  await rename(root.child("other").key, tree.child(`${deep}/o`).key);
  try {
    await assert.rejects(fs.delete(tree, { recursive: true }), {
      code: "ENAMETOOLONG",
      operation: "delete",
      message: /Before it, 2 files and folders below .* were deleted; the others are still there/,
    });
    assert.deepEqual(await names(tree), [`${"n".repeat(250)}/`]);
  } finally {
    await rename(tree.child(`${deep}/o`).key, root.child("other").key);
  }
});

test("rename moves files and folders, makes parents, and replaces only when told to", async () => {
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  const at = (name: string) => root.child(name);
  await write(at("a"), "a");
  await write(at("b"), "b");
  await write(at("d/x"), "x");
  await fs.rename(at("a"), at("new/parent/a"));
  assert.equal(await read(at("new/parent/a")), "a");
  await assert.rejects(fs.rename(at("b"), at("d/x")), { code: "EEXIST" });
  await assert.rejects(fs.rename(at("b"), at("d")), { code: "EEXIST" });
  await assert.rejects(fs.rename(at("d"), at("b")), { code: "EEXIST" });
  await assert.rejects(fs.rename(at("missing"), at("c")), { code: "ENOENT" });
  await assert.rejects(fs.rename(at("missing"), at("missing/c")), { code: "ENOENT" });
  await assert.rejects(fs.rename(at("d"), at("d/y")), { code: "EINVAL" });
  await assert.rejects(fs.rename(at("b"), at("b")), { code: "EINVAL" });
  await assert.rejects(fs.rename(at("d"), at("b/below")), { code: "ENOTDIR" });
  await fs.rename(at("b"), at("d/x"), { overwrite: true });
  assert.equal(await read(at("d/x")), "b");
  await fs.rename(at("d"), at("e"));
  assert.deepEqual(await names(root, { recursive: true }), [
    "e/",
    "e/x",
    "new/",
    "new/parent/",
    "new/parent/a",
  ]);
});

test("a file with a second name is not taken for the target itself", async () => {
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  await write(root.child("a"), "a");
  await link(root.child("a").key, root.child("b").key);
  await assert.rejects(fs.rename(root.child("a"), root.child("b")), { code: "EEXIST" });
});

test("open takes a window and a version", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(folder.path).child("x");
  const { version } = await write(path, "0123456789");
  await using stream = await fs.open(path, { start: 3, end: 6, ifVersion: version });
  const into = new Uint8Array(10);
  assert.equal(await stream.read(into), 3);
  assert.equal(Buffer.from(into.subarray(0, 3)).toString(), "345");
  await write(path, "abcdefghij", { overwrite: true });
  await assert.rejects(fs.open(path, { ifVersion: version }), { code: "ESTALE" });
  assert.equal(await stream.readAt(0, into), 6);
  assert.equal(into[0], 0x30);
  await assert.rejects(fs.open(path, { start: 11 }), { code: "EINVAL" });
});

test("an aborted signal ends every call with its reason", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(folder.path).child("x");
  await write(path, "x");
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const is = (error: unknown) => error === reason;
  await assert.rejects(fs.getFileStatus(path, { signal }), is);
  await assert.rejects(fs.open(path, { signal }), is);
  await assert.rejects(fs.create(path, { signal, overwrite: true }), is);
  await assert.rejects(fs.mkdirs(path, { signal }), is);
  await assert.rejects(fs.delete(path, { signal }), is);
  await assert.rejects(fs.rename(path, path, { signal }), is);
  await assert.rejects(names(Path.parse(folder.path), { signal }), is);
  assert.deepEqual(await readdir(folder.path), ["x"]);
});

test("errors are Node's, in the words of the contract", async () => {
  await using folder = await temporaryFolder();
  const path = Path.parse(folder.path).child("missing");
  await assert.rejects(fs.open(path), { name: "FileSystemError", code: "ENOENT", path: `${path}` });
  await assert.rejects(names(path), { code: "ENOENT", operation: "listStatus" });
  await symlink("loop", join(folder.path, "loop"));
  await assert.rejects(fs.open(Path.parse(join(folder.path, "loop"))), { code: "ELOOP" });
});
