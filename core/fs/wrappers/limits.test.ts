import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Configuration } from "../../config/configuration.ts";
import type {
  FsDataInputStream,
  FsDataOutputStream,
  RecoverableStream,
  RecoverableWriter,
} from "../contract.ts";
import { LocalFileSystem } from "../local/local-file-system.ts";
import { Path } from "../path.ts";
import { readLimits } from "./limit-options.ts";
import { LimitedFileSystem } from "./limits.ts";

/** Counts what is really open below the limits. */
class Counting extends LocalFileSystem {
  open_ = 0;
  most = 0;

  #count<S extends FsDataInputStream | FsDataOutputStream>(stream: S): S {
    this.open_++;
    this.most = Math.max(this.most, this.open_);
    let counted = true;
    const uncount = () => {
      if (counted) this.open_--;
      counted = false;
    };
    for (const name of ["close", "abort"] as const) {
      if (!(name in stream)) continue;
      const call = (stream as unknown as Record<string, () => Promise<unknown>>)[name]?.bind(stream);
      Object.defineProperty(stream, name, {
        value: (...args: []) => call?.(...args).finally(uncount),
      });
    }
    return stream;
  }
  override async open(...args: Parameters<LocalFileSystem["open"]>): Promise<FsDataInputStream> {
    return this.#count(await super.open(...args));
  }
  override async create(...args: Parameters<LocalFileSystem["create"]>): Promise<FsDataOutputStream> {
    return this.#count(await super.create(...args));
  }
  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    const fail = () => assert.fail();
    const open = async (): Promise<RecoverableStream> => ({
      id: "1",
      position: 0,
      write: fail,
      persist: fail,
      closeForCommit: async () => ({
        recoverable: new Uint8Array(),
        commit: fail,
        commitAfterRecovery: fail,
      }),
      [Symbol.asyncDispose]: async () => {},
    });
    return {
      open,
      recover: open,
      recoverForCommit: fail,
      cleanup: fail,
      pending: fail,
      discard: fail,
    };
  }
}

interface Settings {
  total?: number;
  input?: number;
  output?: number;
  timeout?: string;
  "stream-timeout"?: string;
}

async function setUp(settings: Settings) {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "0123456789".repeat(100));
  const inner = new Counting();
  const values = Object.entries(settings).map(([key, value]) => [`fs.file.limit.${key}`, value]);
  const limits = readLimits("file", Configuration.of(Object.fromEntries(values)));
  assert.ok(limits);
  return {
    fs: new LimitedFileSystem(inner, limits),
    inner,
    file: Path.parse(join(folder.path, "file")),
    at: (name: string) => Path.parse(join(folder.path, name)),
    folder: folder.path,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("never more streams are open than the limits say", async () => {
  for (const [settings, most] of [
    [{ total: 2 }, 2],
    [{ input: 2, output: 1 }, 3],
    [{ output: 3, total: 4 }, 4],
  ] as const) {
    await using set = await setUp(settings);
    await Promise.all(
      Array.from({ length: 61 }, async (_, i) => {
        if (i % 2 === 0) {
          await using stream = await set.fs.open(set.file);
          await stream.read(new Uint8Array(10));
          return;
        }
        await using stream = await set.fs.create(set.at(`${i}`));
        await stream.write(new Uint8Array(10));
        await stream.close();
      }),
    );
    assert.equal(set.inner.most, most);
    assert.equal(set.inner.open_, 0);
    assert.equal((await readdir(set.folder)).length, 31);
  }
});

test("places are given in the order of asking, and a full direction does not hold up the other", async () => {
  await using set = await setUp({ output: 1, total: 2 });
  const first = await set.fs.create(set.at("1"));
  const order: string[] = [];
  const second = set.fs.create(set.at("2")).then((stream) => {
    order.push("2");
    return stream;
  });
  const third = set.fs.create(set.at("3")).then((stream) => {
    order.push("3");
    return stream;
  });
  await using reader = await set.fs.open(set.file);
  assert.equal(await reader.read(new Uint8Array(3)), 3);
  assert.deepEqual(order, []);
  await first.close();
  await (await second).abort();
  await (await third).close();
  assert.deepEqual(order, ["2", "3"]);
});

test("waiting ends with a time-out that names limits and counts", async () => {
  await using set = await setUp({ total: 2, timeout: "20 ms" });
  await using _reader = await set.fs.open(set.file);
  await using _writer = await set.fs.create(set.at("x"));
  await assert.rejects(set.fs.open(set.file), {
    code: "ETIMEDOUT",
    retryable: true,
    message:
      /within 20 ms, because 2 are open \(limit 2\), 1 of them read \(no limit\) and 1 write \(no limit\)\. .*fs\.file\.limit\.total/,
  });
});

test("waiting ends with the signal's reason and with close, and leaves no timer", async () => {
  await using set = await setUp({ total: 1, timeout: "1 h", "stream-timeout": "1 h" });
  const holder = await set.fs.open(set.file);
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = assert.rejects(
    set.fs.open(set.file, { signal: controller.signal }),
    (error) => error === reason,
  );
  controller.abort(reason);
  await aborted;
  await assert.rejects(set.fs.open(set.file, { signal: controller.signal }), (error) => error === reason);
  const closed = assert.rejects(set.fs.create(set.at("x")), { code: "EINVAL" });
  await set.fs.close();
  await closed;
  await holder.close();
  assert.equal(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length, 0);
});

test("a stream that fails to open gives its place back", async () => {
  await using set = await setUp({ total: 1, timeout: "1 h" });
  for (let i = 0; i < 3; i++) {
    await assert.rejects(set.fs.open(set.at("missing")), { code: "ENOENT" });
    await assert.rejects(set.fs.create(set.file), { code: "EEXIST" });
  }
  await using stream = await set.fs.open(set.file);
  assert.equal(stream.position, 0);
});

test("stalled streams are ended for those who wait, and publish nothing", async () => {
  await using set = await setUp({ total: 2, "stream-timeout": "20 ms" });
  const reader = await set.fs.open(set.file);
  const writer = await set.fs.create(set.at("stalled"));
  await writer.write(new Uint8Array(1));
  for (let i = 0; i < 5; i++) {
    await using first = await set.fs.open(set.file);
    await using second = await set.fs.create(set.at(`${i}`));
    assert.equal(await first.read(new Uint8Array(1)), 1);
    await second.close();
  }
  const ended = { code: "ETIMEDOUT", message: /no progress for 20 ms/ };
  await assert.rejects(reader.read(new Uint8Array(1)), ended);
  assert.throws(() => reader.seek(0), ended);
  await assert.rejects(writer.write(new Uint8Array(1)), ended);
  await assert.rejects(writer.close(), ended);
  await writer.abort();
  await reader.close();
  assert.deepEqual((await readdir(set.folder)).sort(), ["0", "1", "2", "3", "4", "file"]);
});

test("a stalled stream is left alone while nobody waits for its place", async () => {
  await using set = await setUp({ total: 2, output: 1, "stream-timeout": "20 ms", timeout: "100 ms" });
  await using reader = await set.fs.open(set.file);
  await using writer = await set.fs.create(set.at("1"));
  // Ending the reader would not help who waits to write; ending the writer does.
  await using second = await set.fs.create(set.at("2"));
  await assert.rejects(writer.close(), { code: "ETIMEDOUT" });
  await second.close();
  assert.equal(await reader.read(new Uint8Array(5)), 5);
});

test("a slow stream that moves is left alone", async () => {
  await using set = await setUp({ total: 1, "stream-timeout": "30 ms", timeout: "200 ms" });
  await using reader = await set.fs.open(set.file);
  let waiting = true;
  const refused = assert
    .rejects(set.fs.open(set.file), { code: "ETIMEDOUT", message: /within 200 ms/ })
    .finally(() => {
      waiting = false;
    });
  for (let i = 0; waiting; i++) {
    assert.equal(await reader.readAt(i % 100, new Uint8Array(1)), 1);
    await new Promise(setImmediate);
  }
  await refused;
});

test("the streams of a recoverable writer count as output", async () => {
  await using set = await setUp({ output: 1, timeout: "20 ms" });
  const writer = await set.fs.createRecoverableWriter();
  const stream = await writer.open(set.at("x"));
  await assert.rejects(writer.recover(new Uint8Array()), { code: "ETIMEDOUT" });
  await assert.rejects(set.fs.create(set.at("x")), { code: "ETIMEDOUT" });
  await stream.closeForCommit();
  {
    await using _recovered = await writer.recover(new Uint8Array());
    await assert.rejects(set.fs.create(set.at("x")), { code: "ETIMEDOUT" });
  }
  await using created = await set.fs.create(set.at("x"));
  await created.close();
});

test("the keys are read as in Flink", () => {
  const read = (settings: Record<string, unknown>) => readLimits("oss", Configuration.of(settings));
  assert.equal(read({}), undefined);
  assert.equal(read({ "fs.oss.limit.total": 0, "fs.oss.limit.input": -1 }), undefined);
  assert.equal(read({ "fs.oss.limit.timeout": "1 min" }), undefined);
  assert.equal(read({ "fs.file.limit.total": 3 }), undefined);
  assert.deepEqual(
    read({
      "fs.oss.limit.input": 3,
      "fs.oss.limit.output": 0,
      "fs.oss.limit.timeout": "2 s",
      "fs.oss.limit.stream-timeout": 500,
    }),
    {
      keys: "fs.oss.limit",
      total: Number.POSITIVE_INFINITY,
      input: 3,
      output: Number.POSITIVE_INFINITY,
      timeout: 2000,
      streamTimeout: 500,
    },
  );
  for (const [key, value] of [
    ["fs.oss.limit.total", -2],
    ["fs.oss.limit.input", "many"],
    ["fs.oss.limit.timeout", "-1 s"],
  ] as const) {
    assert.throws(() => read({ [key]: value }), { code: "ERR_CONFIG_VALUE", key });
  }
});
