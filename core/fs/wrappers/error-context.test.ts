import assert from "node:assert/strict";
import { test } from "node:test";
import { FileSystemError, PluginError } from "../../errors/errors.ts";
import type { FileStatus, FsDataInputStream, FsDataOutputStream, RecoverableWriter } from "../contract.ts";
import { FileSystem } from "../contract.ts";
import { Path } from "../path.ts";
import { ErrorContextFileSystem } from "./error-context.ts";

const PATH = Path.parse("mem://x/a");
const OTHER = Path.parse("mem://x/b");
const CONTEXT = { scheme: "mem", plugin: "memory" };

/** Throws one error everywhere, also from all that it hands out. */
class Failing extends FileSystem {
  readonly capabilities = new Set<never>();
  readonly #fail: () => never;
  readonly #late: boolean;

  constructor(error: unknown, late = false) {
    super();
    this.#late = late;
    this.#fail = () => {
      throw error;
    };
  }
  getFileStatus(): Promise<FileStatus> {
    return this.#fail();
  }
  // biome-ignore lint/correctness/useYield: it fails first
  async *listStatus(): AsyncGenerator<FileStatus> {
    this.#fail();
  }
  async open(): Promise<FsDataInputStream> {
    const fail = this.#fail;
    if (!this.#late) fail();
    return {
      position: 0,
      status: { path: PATH, kind: "file", length: 0, modificationTime: 0 },
      seek: fail,
      read: fail,
      readAt: fail,
      readRanges: fail,
      chunks: fail,
      close: fail,
      [Symbol.asyncDispose]: fail,
    };
  }
  override async create(): Promise<FsDataOutputStream> {
    const fail = this.#fail;
    if (!this.#late) fail();
    return { position: 0, write: fail, close: fail, abort: fail, [Symbol.asyncDispose]: fail };
  }
  override async createRecoverableWriter(): Promise<RecoverableWriter> {
    const fail = this.#fail;
    if (!this.#late) fail();
    const stream = async () => ({
      id: "1",
      position: 0,
      write: fail,
      persist: fail,
      closeForCommit: fail,
      [Symbol.asyncDispose]: fail,
    });
    const recoverForCommit = async () => ({
      recoverable: new Uint8Array(),
      commit: fail,
      commitAfterRecovery: fail,
    });
    return { open: stream, recover: stream, recoverForCommit, cleanup: fail, pending: fail, discard: fail };
  }
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

test("every call, also on what was handed out, gains operation, scheme and plugin", async () => {
  const fs = new ErrorContextFileSystem(new Failing(new FileSystemError({ code: "EACCES" }), true), CONTEXT);
  const input = await fs.open(PATH);
  const output = await fs.create(PATH);
  const writer = await fs.createRecoverableWriter();
  const recoverable = await writer.open(PATH);
  const committer = await writer.recoverForCommit(new Uint8Array());
  const bytes = new Uint8Array(1);
  const calls: [string, () => unknown][] = [
    ["getFileStatus", () => fs.getFileStatus(PATH)],
    ["listStatus", () => drain(fs.listStatus(PATH))],
    ["seek", async () => input.seek(0)],
    ["read", () => input.read(bytes)],
    ["read", () => input.readAt(0, bytes)],
    ["read", () => input.readRanges?.([])],
    ["read", () => drain(input.chunks())],
    ["close", () => input.close()],
    ["close", () => input[Symbol.asyncDispose]()],
    ["write", () => output.write(bytes)],
    ["close", () => output.close()],
    ["abort", () => output.abort()],
    ["abort", () => output[Symbol.asyncDispose]()],
    ["write", () => recoverable.write(bytes)],
    ["persist", () => recoverable.persist()],
    ["closeForCommit", () => recoverable.closeForCommit()],
    ["dispose", () => recoverable[Symbol.asyncDispose]()],
    ["commit", () => committer.commit()],
    ["commitAfterRecovery", () => committer.commitAfterRecovery()],
    ["cleanup", () => writer.cleanup(bytes)],
    ["pending", () => drain(writer.pending(PATH))],
    ["discard", () => writer.discard(PATH, "1")],
  ];
  for (const [operation, call] of calls) {
    await assert.rejects(
      async () => call(),
      { name: "FileSystemError", code: "EACCES", operation, scheme: "mem", plugin: "memory" },
      operation,
    );
  }
});

test("what a file system cannot do is ENOTSUP with the call's name", async () => {
  const fs = new ErrorContextFileSystem(new Failing(new Error()), CONTEXT);
  for (const [operation, call] of [
    ["mkdirs", () => fs.mkdirs(PATH)],
    ["delete", () => fs.delete(PATH)],
    ["rename", () => fs.rename(PATH, OTHER)],
    ["copy", () => fs.copy(PATH, OTHER)],
  ] as const) {
    await assert.rejects(call(), { code: "ENOTSUP", operation, path: "mem://x/a", plugin: "memory" });
  }
});

test("an author's error keeps what it says", async () => {
  const error = new FileSystemError({
    code: "EBUSY",
    path: OTHER,
    operation: "put",
    storeCode: "SlowDown",
    retryable: true,
  });
  await assert.rejects(new ErrorContextFileSystem(new Failing(error), CONTEXT).getFileStatus(PATH), {
    code: "EBUSY",
    path: "mem://x/b",
    operation: "put",
    storeCode: "SlowDown",
    retryable: true,
    scheme: "mem",
  });
});

test("a system error keeps its code; anything else is EIO with it as cause", async () => {
  const system = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  for (const [cause, code] of [
    [system, "ECONNREFUSED"],
    [Object.assign(new Error("?"), { code: "EWHAT" }), "EIO"],
    [new TypeError("x is not a function"), "EIO"],
    ["just text", "EIO"],
    [null, "EIO"],
  ] as const) {
    await assert.rejects(new ErrorContextFileSystem(new Failing(cause), CONTEXT).getFileStatus(PATH), {
      name: "FileSystemError",
      code,
      cause,
      path: "mem://x/a",
      operation: "getFileStatus",
    });
  }
});

test("the reason of an abort and plugfs' own errors pass as they are", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const abortError = Object.assign(new Error("aborted"), { name: "AbortError" });
  for (const error of [reason, abortError]) {
    const fs = new ErrorContextFileSystem(new Failing(error), CONTEXT);
    await assert.rejects(fs.getFileStatus(PATH, { signal }), (thrown) => thrown === reason);
    await assert.rejects(drain(fs.listStatus(PATH, { signal })), (thrown) => thrown === reason);
    await assert.rejects(fs.getFileStatus(PATH), { code: "EIO", cause: error });
  }
  const gone = new PluginError({ code: "ERR_PLUGIN_GONE", id: "memory" });
  await assert.rejects(
    new ErrorContextFileSystem(new Failing(gone), CONTEXT).getFileStatus(PATH),
    (thrown) => thrown === gone,
  );
});

test("a listing that is left early closes the one inside", async () => {
  let closed = false;
  class Endless extends Failing {
    override async *listStatus(): AsyncGenerator<FileStatus> {
      try {
        for (;;) yield { path: PATH, kind: "file", length: 0, modificationTime: 0 };
      } finally {
        closed = true;
      }
    }
  }
  for await (const _ of new ErrorContextFileSystem(new Endless(null), CONTEXT).listStatus(PATH)) break;
  assert.ok(closed);
});
