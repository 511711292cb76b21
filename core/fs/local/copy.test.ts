import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

test("a copy has the permissions of its source; one that replaces keeps those that are there", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => Path.parse(join(folder.path, name));
  const fs = new LocalFileSystem();
  await writeFile(at("secret").key, "bytes");
  await chmod(at("secret").key, 0o400);
  assert.equal((await fs.copy(at("secret"), at("copy"))).length, 5);
  assert.equal((await stat(at("copy").key)).mode & 0o777, 0o400);
  await writeFile(at("open").key, "other", { mode: 0o666 });
  await chmod(at("open").key, 0o666);
  await fs.copy(at("secret"), at("open"), { overwrite: true });
  assert.equal((await stat(at("open").key)).mode & 0o777, 0o666);
  assert.equal(await readFile(at("open").key, "utf8"), "bytes");
});

test("copying over a link replaces what it points to; an aborted or failed copy leaves nothing", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => Path.parse(join(folder.path, name));
  const fs = new LocalFileSystem();
  await writeFile(at("file").key, Buffer.alloc(3_000_000, "x"));
  await writeFile(at("real").key, "old");
  await symlink("real", at("link").key);
  await fs.copy(at("file"), at("link"), { overwrite: true });
  assert.equal((await stat(at("real").key)).size, 3_000_000);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(fs.copy(at("file"), at("x"), { signal }), (error) => error === reason);
  const later = new AbortController();
  const copying = fs.copy(at("file"), at("y"), { signal: later.signal });
  later.abort(reason);
  await assert.rejects(copying, (error) => error === reason);
  assert.deepEqual(await readdir(folder.path), ["file", "link", "real"]);
});

test("a pipe or device is not replaced by a copy", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => Path.parse(join(folder.path, name));
  const fs = new LocalFileSystem();
  await writeFile(at("file").key, "bytes");
  execFileSync("mkfifo", [at("pipe").key]);
  for (const overwrite of [false, true]) {
    const code = overwrite ? "ENOTSUP" : "EEXIST";
    await assert.rejects(fs.copy(at("file"), at("pipe"), { overwrite }), { code });
  }
  assert.ok((await stat(at("pipe").key)).isFIFO());
  assert.deepEqual(await readdir(folder.path), ["file", "pipe"]);
});
