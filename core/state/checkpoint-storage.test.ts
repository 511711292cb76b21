import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { localJob } from "../../test/support/local-job.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { LocalFileSystem } from "../fs/local/local-file-system.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";
import { ownerId } from "./checkpoint-storage.ts";
import { FsStateBackend } from "./fs-state-backend.ts";

async function storageIn(
  folder: string,
  configuration: Record<string, unknown> = {},
  owner = "me",
): Promise<CheckpointStorage> {
  return localJob(configuration).graph.stateStorage(owner, new FsStateBackend(`file://${folder}`));
}

async function save(storage: CheckpointStorage, states: Record<string, Uint8Array>) {
  await using writer = await storage.begin();
  for (const [name, bytes] of Object.entries(states)) await writer.write(name, bytes);
  return writer.complete();
}

test("what is written is read back, small states inside the metadata, large ones in a file each", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path, { "execution.checkpointing.data-inline-threshold": "1 kb" });
  const states = {
    empty: Buffer.alloc(0),
    atThreshold: Buffer.alloc(1024, 1),
    above: Buffer.alloc(1025, 2),
    large: Buffer.alloc(300_000, 3),
  };
  const written = await save(storage, states);
  const directory = join(folder.path, ownerId("me"), "chk-1");
  assert.equal(written.pointer, `file://${directory}`);
  assert.equal((await readdir(directory)).length, 3);
  const checkpoint = await storage.latest();
  assert.equal(checkpoint?.bytes, written.bytes);
  assert.deepEqual(checkpoint?.names, Object.keys(states));
  for (const [name, bytes] of Object.entries(states)) assert.deepEqual(await checkpoint.read(name), bytes);
  await assert.rejects(checkpoint.read("other"), { code: "ERR_JOB_CHECKPOINT", message: /no state "other"/ });
});

test("a state can come in pieces, from any iterable", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path, {
    "execution.checkpointing.data-inline-threshold": "10 bytes",
  });
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const reused = Buffer.alloc(7);
    for (let i = 0; i < 10; i++) yield reused.fill(i);
  }
  await using writer = await storage.begin();
  await writer.write("pieces", pieces());
  await writer.write("few", [Buffer.from("ab"), Buffer.from("c")]);
  const checkpoint = await writer.complete();
  const expected = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(7, i)));
  assert.deepEqual(await checkpoint.read("pieces"), expected);
  assert.deepEqual(await checkpoint.read("few"), Buffer.from("abc"));
});

test("older checkpoints go beyond num-retained; numbers go on in another process", async () => {
  await using folder = await temporaryFolder();
  for (let run = 0; run < 2; run++) {
    const storage = await storageIn(folder.path, { "state.checkpoints.num-retained": 2 });
    for (let i = 0; i < 3; i++) await save(storage, { n: Buffer.from(`${i}`) });
  }
  const storage = await storageIn(folder.path);
  assert.deepEqual(
    (await storage.list()).map(({ id }) => id),
    [5, 6],
  );
  await save(storage, {});
  assert.deepEqual(
    (await storage.list()).map(({ id }) => id),
    [7],
  );
});

test("a checkpoint counts only once it is complete; left without that it leaves nothing", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path);
  {
    await using writer = await storage.begin();
    await writer.write("large", Buffer.alloc(100_000));
    assert.deepEqual(await storage.list(), []);
  }
  assert.equal(await storage.latest(), undefined);
  assert.deepEqual(await readdir(join(folder.path, ownerId("me"))), []);
  const writer = await storage.begin();
  assert.equal(writer.id, 2);
  await writer.complete();
  await assert.rejects(writer.write("late", Buffer.alloc(1)), /completed or aborted/);
  await writer.abort();
  assert.equal((await storage.latest())?.id, 2);
});

test("an aborted checkpoint does not count as a retained one; what a crash has left goes with the next", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path, { "state.checkpoints.num-retained": 2 });
  await save(storage, {});
  const crashed = join(folder.path, ownerId("me"), "chk-2");
  await mkdir(crashed);
  await writeFile(join(crashed, "state"), "");
  const next = await storageIn(folder.path, { "state.checkpoints.num-retained": 2 });
  await (await next.begin()).abort();
  const [first, second] = [await next.begin(), await next.begin()];
  await second.complete();
  await first.complete();
  assert.deepEqual((await readdir(join(folder.path, ownerId("me")))).sort(), ["chk-4", "chk-5"]);
});

test("two writers of one number: the second fails, the first's checkpoint stays", async () => {
  await using folder = await temporaryFolder();
  const [first, second] = [await storageIn(folder.path), await storageIn(folder.path)];
  const writers = [await first.begin(), await second.begin()] as const;
  await writers[0].write("who", Buffer.from("first"));
  await writers[0].complete();
  await assert.rejects(writers[1].complete(), { code: "EEXIST" });
  await writers[1].abort();
  assert.equal(String(await (await first.latest())?.read("who")), "first");
});

test("a pointer is the directory or the metadata file; a checkpoint can be moved and copied", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path);
  const { pointer } = await save(storage, { large: Buffer.alloc(50_000, 7), small: Buffer.from("s") });
  const moved = join(folder.path, "elsewhere");
  await cp(new URL(pointer), moved, { recursive: true });
  await rename(join(moved, "_metadata"), join(moved, "saved.bin"));
  const other = await storageIn(join(folder.path, "other"));
  for (const from of [pointer, `${pointer}/_metadata`, new URL(`file://${moved}/saved.bin`)]) {
    const checkpoint = await other.open(from);
    assert.deepEqual(await checkpoint.read("large"), Buffer.alloc(50_000, 7));
    assert.deepEqual([checkpoint.id, checkpoint.owner], [1, ownerId("me")]);
  }
  await assert.rejects(other.open(`file://${moved}`), { code: "ERR_JOB_CHECKPOINT", message: /_metadata/ });
  await assert.rejects(other.open(`file://${folder.path}/none`), {
    code: "ERR_JOB_CHECKPOINT",
    message: /file/,
  });
});

test("what is damaged, foreign or newer is refused", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path);
  const { pointer } = await save(storage, { state: Buffer.from("value") });
  const file = new URL(`${pointer}/_metadata`);
  const bytes = await readFile(file);
  const refused = async (content: Uint8Array, message: RegExp) => {
    await writeFile(file, content);
    await assert.rejects(storage.latest(), { code: "ERR_JOB_CHECKPOINT", message });
  };
  await refused(bytes.subarray(0, -1), /damaged/);
  for (let at = bytes.indexOf(10) + 1; at < bytes.length; at += 11) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] as number) ^ 1;
    await refused(flipped, /damaged/);
  }
  await refused(Buffer.alloc(0), /no checkpoint metadata/);
  await refused(Buffer.from('{"version":1}'), /no checkpoint metadata/);
  await refused(
    Buffer.from(bytes.toString().replace("plugfs-checkpoint 1", "plugfs-checkpoint 9")),
    /version 9/,
  );
});

test("a damaged or missing state file is refused", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path);
  const checkpoint = await save(storage, { large: Buffer.alloc(50_000, 7) });
  const file = new URL(String(checkpoint.files[0]));
  await writeFile(file, Buffer.alloc(50_000, 8));
  await assert.rejects(checkpoint.read("large"), { code: "ERR_JOB_CHECKPOINT", message: /damaged/ });
  await rm(file);
  await assert.rejects(checkpoint.read("large"), { code: "ERR_JOB_CHECKPOINT", message: /no such file/ });
});

test("discarding leaves nothing of a checkpoint, and nothing of the owner with the last one", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path, { "execution.checkpointing.num-retained": 5 });
  const first = await save(storage, { large: Buffer.alloc(50_000) });
  const second = await save(storage, { large: Buffer.alloc(50_000) });
  await writeFile(new URL(`${first.pointer}/late`), "written by a task that came too late");
  assert.equal(await storage.discard(first), true);
  assert.deepEqual(await readdir(join(folder.path, ownerId("me"))), ["chk-2"]);
  assert.equal(await storage.discard(first.pointer), false);
  assert.equal(await storage.discard(second.pointer), true);
  assert.deepEqual(await readdir(folder.path), []);
});

test("discarding what lies among other files deletes only the checkpoint's own", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(join(folder.path, "state"));
  const { pointer } = await save(storage, { large: Buffer.alloc(50_000) });
  const moved = join(folder.path, "moved");
  await cp(new URL(pointer), moved, { recursive: true });
  await writeFile(join(moved, "mine"), "");
  await storage.discard(`file://${moved}`);
  assert.deepEqual(await readdir(moved), ["mine"]);
});

test("without create-subdir the checkpoints lie in the directory itself, which stays", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path, { "execution.checkpointing.create-subdir": false });
  const { pointer } = await save(storage, {});
  assert.equal(pointer, `file://${folder.path}/chk-1`);
  await storage.discard(pointer);
  assert.deepEqual(await readdir(folder.path), []);
});

test("a checkpoint is complete even when an older one cannot be deleted", async () => {
  await using folder = await temporaryFolder();
  class Stubborn extends LocalFileSystem {
    override delete(): Promise<boolean> {
      return Promise.reject(new Error("not now"));
    }
  }
  const { graph, warnings } = localJob({}, new Stubborn());
  const storage = await graph.stateStorage("me", new FsStateBackend(`file://${folder.path}`));
  await save(storage, {});
  await save(storage, {});
  assert.equal((await storage.latest())?.id, 2);
  assert.match(warnings.join(), /not deleted: not now/);
});

test("an error while listing is not an empty storage", async () => {
  await using folder = await temporaryFolder();
  class Broken extends LocalFileSystem {
    // biome-ignore lint/correctness/useYield: it fails at its first step
    override async *listStatus(): AsyncGenerator<never> {
      throw Object.assign(new Error("denied"), { code: "EACCES" });
    }
  }
  const { graph } = localJob({}, new Broken());
  const storage = await graph.stateStorage("me", new FsStateBackend(`file://${folder.path}`));
  await assert.rejects(storage.latest(), { code: "EACCES" });
  await assert.rejects(storage.begin(), { code: "EACCES" });
});

test("folders of other things beside the checkpoints are left alone", async () => {
  await using folder = await temporaryFolder();
  const storage = await storageIn(folder.path);
  await save(storage, {});
  await mkdir(join(folder.path, ownerId("me"), "chk-x"));
  assert.equal((await storage.list()).length, 1);
  await storage.discardAll();
  assert.deepEqual(await readdir(join(folder.path, ownerId("me"))), ["chk-x"]);
});

test("a savepoint lies by itself until it is discarded, wherever it is moved", async () => {
  await using folder = await temporaryFolder();
  const backend = new FsStateBackend(`file://${folder.path}/state`, {
    savepoints: `file://${folder.path}/saved`,
  });
  const storage = await localJob().graph.stateStorage("me", backend);
  await using writer = await storage.beginSavepoint();
  await writer.write("large", Buffer.alloc(50_000, 7));
  const savepoint = await writer.complete();
  assert.match(savepoint.pointer, new RegExp(`/saved/savepoint-${ownerId("me").slice(0, 6)}-[0-9a-f]{12}$`));
  await save(storage, {});
  await save(storage, {});
  const elsewhere = join(folder.path, "elsewhere");
  await rename(new URL(savepoint.pointer), elsewhere);
  const found = await (await storageIn(join(folder.path, "other"))).open(`file://${elsewhere}`);
  assert.deepEqual(await found.read("large"), Buffer.alloc(50_000, 7));
  await storage.discard(found);
  assert.deepEqual((await readdir(folder.path)).sort(), ["saved", "state"]);
  assert.equal((await storage.list()).length, 1);
});

test("a savepoint's target is given, set, configured, or missed", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => `file://${folder.path}/${name}`;
  const configured = await storageIn(join(folder.path, "state"), {
    "state.savepoints.dir": at("configured"),
  });
  assert.match((await (await configured.beginSavepoint()).complete()).pointer, /\/configured\/savepoint-/);
  const given = await configured.beginSavepoint({ target: at("given") });
  assert.match((await given.complete()).pointer, /\/given\/savepoint-/);
  const none = await storageIn(join(folder.path, "state"));
  await assert.rejects(none.beginSavepoint(), { code: "ERR_JOB_STATE_PATH", message: /savepoint-dir/ });
});

test("a checkpoint whose last answer was lost counts, and takes the older ones with it", async () => {
  class LostAnswers extends LocalFileSystem {
    override async create(...args: Parameters<LocalFileSystem["create"]>) {
      const stream = await super.create(...args);
      const { close } = stream;
      stream.close = async () => {
        await close.call(stream);
        throw new Error("the answer was lost");
      };
      return stream;
    }
  }
  await using folder = await temporaryFolder();
  await save(await storageIn(folder.path), {});
  const { graph } = localJob({}, new LostAnswers());
  const storage = await graph.stateStorage("me", new FsStateBackend(`file://${folder.path}`));
  assert.equal((await save(storage, {})).id, 2);
  assert.deepEqual(
    (await storage.list()).map(({ id }) => id),
    [2],
  );
});

test("the latest checkpoint is found while another process replaces it", async () => {
  await using folder = await temporaryFolder();
  const writing = await storageIn(folder.path);
  await save(writing, {});
  class Replacing extends LocalFileSystem {
    #replaced = false;
    override async getFileStatus(...args: Parameters<LocalFileSystem["getFileStatus"]>) {
      if (!this.#replaced) {
        this.#replaced = true;
        await save(writing, {});
      }
      return super.getFileStatus(...args);
    }
  }
  const { graph } = localJob({}, new Replacing());
  const reading = await graph.stateStorage("me", new FsStateBackend(`file://${folder.path}`));
  assert.equal((await reading.latest())?.id, 2);
});
