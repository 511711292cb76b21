import assert from "node:assert/strict";
import { appendFile, link, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import type { RecoverableWriter } from "../contract.ts";
import { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

const writer = (): Promise<RecoverableWriter> => new LocalFileSystem().createRecoverableWriter();
const bytes = (text: string) => Buffer.from(text);

test("nothing is visible before the commit; then exactly what was written", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "sub/out"));
  const stream = await (await writer()).open(target);
  await stream.write(bytes("one"));
  await stream.persist();
  await stream.write(bytes("two"));
  assert.equal(stream.position, 6);
  const committer = await stream.closeForCommit();
  assert.deepEqual(await readdir(join(folder.path, "sub")), [stream.id]);
  await assert.rejects(stream.write(bytes("late")), { code: "EINVAL" });
  const status = await committer.commit();
  assert.equal(status.length, 6);
  assert.deepEqual(await readdir(join(folder.path, "sub")), ["out"]);
  assert.equal(await readFile(target.key, "utf8"), "onetwo");
});

test("another writer goes on at the persisted position; later bytes are dropped", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  const first = await (await writer()).open(target);
  await first.write(bytes("kept"));
  const recoverable = await first.persist();
  await first.write(bytes(" lost"));
  await first[Symbol.asyncDispose]();
  const second = await (await writer()).recover(Uint8Array.from(recoverable));
  assert.deepEqual([second.position, second.id], [4, first.id]);
  await second.write(bytes(" new"));
  await (await second.closeForCommit()).commit();
  assert.equal(await readFile(target.key, "utf8"), "kept new");
});

test("an empty stream becomes an empty file", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  const stream = await (await writer()).open(target);
  assert.equal((await (await stream.closeForCommit()).commit()).length, 0);
  assert.equal(await readFile(target.key, "utf8"), "");
});

test("committing after a recovery does it once, and says so when it cannot", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  const staged = async () => {
    await rm(target.key, { force: true });
    const stream = await (await writer()).open(target);
    await stream.write(bytes("text"));
    const { recoverable } = await stream.closeForCommit();
    return {
      committer: await (await writer()).recoverForCommit(recoverable),
      file: join(folder.path, stream.id),
    };
  };
  const committed = async () => {
    assert.equal(await readFile(target.key, "utf8"), "text");
    assert.deepEqual(await readdir(folder.path), ["out"]);
  };
  const plain = await staged();
  assert.equal((await plain.committer.commitAfterRecovery()).length, 4);
  await plain.committer.commitAfterRecovery();
  await committed();
  const longer = await staged();
  await appendFile(longer.file, "junk");
  await longer.committer.commitAfterRecovery();
  await committed();
  const halfway = await staged();
  await link(halfway.file, target.key);
  await halfway.committer.commitAfterRecovery();
  await committed();
  const shorter = await staged();
  await truncate(shorter.file, 3);
  await assert.rejects(shorter.committer.commitAfterRecovery(), { code: "EIO", message: /3 bytes.*4/ });
  await rm(shorter.file);
  await assert.rejects(shorter.committer.commitAfterRecovery(), { code: "ENOENT", path: String(target) });
  await writeFile(target.key, "other");
  await assert.rejects(shorter.committer.commitAfterRecovery(), { code: "EIO", message: /5 bytes/ });
});

test("a commit replaces nothing unless asked to, decided when it happens", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  for (const overwrite of [false, true]) {
    const stream = await (await writer()).open(target, { overwrite });
    await stream.write(bytes("new"));
    await writeFile(target.key, "old");
    const committer = await stream.closeForCommit();
    if (overwrite) await committer.commit();
    else await assert.rejects(committer.commit(), { code: "EEXIST" });
    assert.equal(await readFile(target.key, "utf8"), overwrite ? "new" : "old");
  }
});

test("what is pending is listed by target, and discarded by its id", async () => {
  await using folder = await temporaryFolder();
  const recoverable = await writer();
  const targets = ["a", "b", "sub/c"].map((name) => Path.parse(join(folder.path, name)));
  const streams = await Promise.all(targets.map((target) => recoverable.open(target)));
  await streams[0]?.write(bytes("12345"));
  await streams[0]?.persist();
  await writeFile(join(folder.path, ".hidden"), "");
  const pendingOf = async (prefix: string) => {
    const found: string[] = [];
    for await (const { target, id, bytes } of recoverable.pending(Path.parse(prefix))) {
      assert.equal(id, streams[targets.findIndex((t) => t.equals(target))]?.id);
      found.push(`${target.name} ${bytes}`);
    }
    return found.sort();
  };
  assert.deepEqual(await pendingOf(folder.path), ["a 5", "b 0", "c 0"]);
  assert.deepEqual(await pendingOf(join(folder.path, "b")), ["b 0"]);
  assert.deepEqual(await pendingOf(join(folder.path, "none/x")), []);
  for (const stream of streams) await stream[Symbol.asyncDispose]();
  assert.equal(await recoverable.discard(targets[0] as Path, streams[0]?.id ?? ""), true);
  assert.equal(await recoverable.discard(targets[0] as Path, streams[0]?.id ?? ""), false);
  assert.deepEqual(await pendingOf(folder.path), ["b 0", "c 0"]);
  await assert.rejects(recoverable.discard(targets[0] as Path, "../out"), { code: "EINVAL" });
});

test("a recoverable whose file is gone or cut, a foreign one, and a folder as target are refused", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  const recoverable = await writer();
  const stream = await recoverable.open(target);
  await stream.write(bytes("text"));
  const resume = await stream.persist();
  await stream[Symbol.asyncDispose]();
  await truncate(join(folder.path, stream.id), 2);
  await assert.rejects(recoverable.recover(resume), { code: "EIO" });
  await rm(join(folder.path, stream.id));
  await assert.rejects(recoverable.recover(resume), { code: "ENOENT" });
  await assert.rejects(recoverable.recover(bytes("{}")), { code: "EINVAL" });
  await mkdir(target.key);
  await assert.rejects(recoverable.open(target), { code: "EISDIR" });
});
