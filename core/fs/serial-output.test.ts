import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileStatus } from "./contract.ts";
import { Path } from "./path.ts";
import { type OutputSink, SerialOutputStream } from "./serial-output.ts";

const PATH = Path.parse("mem://x/file");

function sink(overrides: Partial<OutputSink> = {}) {
  const log: string[] = [];
  const made: OutputSink = {
    path: PATH,
    write: async (bytes) => void log.push(`write ${bytes.byteLength}`),
    finish: async (): Promise<FileStatus> => {
      log.push("finish");
      return { path: PATH, kind: "file", length: 0, modificationTime: 0 };
    },
    discard: async (reason) => void log.push(`discard ${(reason as Error).message}`),
    ...overrides,
  };
  return { log, stream: new SerialOutputStream(made) };
}

test("writes, counts and publishes once", async () => {
  const { log, stream } = sink();
  await stream.write(new Uint8Array(3));
  await stream.write(new Uint8Array(4));
  assert.equal(stream.position, 7);
  assert.equal(await stream.close(), await stream.close());
  await stream.abort();
  await stream.abort();
  await assert.rejects(stream.write(new Uint8Array(1)), { code: "EINVAL" });
  assert.deepEqual(log, ["write 3", "write 4", "finish"]);
});

test("a second write at once is EBUSY and harms nothing", async () => {
  const { log, stream } = sink();
  const first = stream.write(new Uint8Array(3));
  await assert.rejects(stream.write(new Uint8Array(4)), { code: "EBUSY" });
  await first;
  await stream.close();
  assert.deepEqual(log, ["write 3", "finish"]);
});

test("close waits for a write under way", async () => {
  const { log, stream } = sink();
  const write = stream.write(new Uint8Array(3));
  await stream.close();
  await write;
  assert.deepEqual(log, ["write 3", "finish"]);
});

test("after a failed write close rejects with that failure and publishes nothing", async () => {
  const failure = new Error("disk on fire");
  const { log, stream } = sink({ write: () => Promise.reject(failure) });
  await assert.rejects(stream.write(new Uint8Array(1)), failure);
  await assert.rejects(stream.write(new Uint8Array(1)), failure);
  await assert.rejects(stream.close(), failure);
  await stream.abort();
  assert.equal(stream.position, 0);
  assert.deepEqual(log, ["discard disk on fire"]);
});

test("a failed finish discards, and a failed discard does not hide why", async () => {
  const { stream } = sink({
    finish: () => Promise.reject(new Error("no answer")),
    discard: () => Promise.reject(new Error("no answer either")),
  });
  await assert.rejects(stream.close(), { message: "no answer" });
});

test("abort ends a write under way, discards once, and later calls tell its reason", async () => {
  const { log, stream } = sink({
    write: (_bytes, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("socket closed")), { once: true });
      }),
  });
  const reason = new Error("changed my mind");
  const write = assert.rejects(stream.write(new Uint8Array(1)), reason);
  await Promise.all([stream.abort(reason), stream.abort()]);
  await write;
  await assert.rejects(stream.close(), reason);
  assert.deepEqual(log, ["discard changed my mind"]);
});

test("disposed without close is aborted", async () => {
  const { log, stream } = sink();
  {
    await using scoped = stream;
    await scoped.write(new Uint8Array(1));
  }
  assert.deepEqual(log, ["write 1", "discard EINVAL: the stream is closed, path 'mem://x/file'"]);
});

test("a scope that is left while close is under way lets it finish", async () => {
  const { log, stream } = sink({
    finish: async (signal) => {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      log.push("finish");
      return { path: PATH, kind: "file", length: 0, modificationTime: 0 };
    },
  });
  async function write(): Promise<FileStatus> {
    await using scoped = stream;
    await scoped.write(new Uint8Array(1));
    return scoped.close();
  }
  await write();
  assert.deepEqual(log, ["write 1", "finish"]);
});

test("the signal of create ends writes and close with its reason", async () => {
  const controller = new AbortController();
  const { log, stream } = sink({ signal: controller.signal });
  await stream.write(new Uint8Array(1));
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(stream.write(new Uint8Array(1)), reason);
  await assert.rejects(stream.close(), reason);
  assert.deepEqual(log, ["write 1", "discard enough"]);
});
