import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { FileChangeInfo } from "node:fs/promises";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Configuration } from "../../config/configuration.ts";
import { Metrics } from "../../diagnostics/metrics.ts";
import type { ContractFixture } from "../../testing/declare.ts";
import { fileSystemContract } from "../../testing/file-system-contract.ts";
import { recoverableWriterContract } from "../../testing/recoverable-writer-contract.ts";
import { BuiltInFactories } from "../built-in-factories.ts";
import type {
  Capability,
  Committer,
  FileStatus,
  FsDataInputStream,
  FsDataOutputStream,
  RecoverableStream,
  RecoverableWriter,
} from "../contract.ts";
import { FileSystem } from "../contract.ts";
import { FileSystemHandle } from "../handle.ts";
import { Path } from "../path.ts";
import { AllowedPlaces } from "../policy.ts";
import { isPosixName, PosixFileSystem, type PosixName } from "../posix.ts";
import { FileSystemRegistry } from "../registry.ts";
import { ConfinedFileSystem } from "./confined.ts";
import { DelegatingFileSystem } from "./delegating-file-system.ts";
import { ErrorContextFileSystem } from "./error-context.ts";
import { LimitedFileSystem } from "./limits.ts";
import { ObservedFileSystem } from "./observed.ts";
import { RateLimitedFileSystem } from "./rate-limited.ts";
import { TokenBucket } from "./token-bucket.ts";
import { TrackingFileSystem } from "./tracking.ts";

const ROOT = Path.parse("mem://x");
const PATH = ROOT.child("a");
const OTHER = ROOT.child("b");
const STATUS: FileStatus = { path: PATH, kind: "file", length: 9, modificationTime: 1, version: "v" };
const BYTES = new Uint8Array([1, 2, 3]);
const none = () => Promise.resolve();

const WRAPPERS: Record<string, (inner: FileSystem) => FileSystem> = {
  delegating: (inner) => new DelegatingFileSystem(inner),
  "error context": (inner) => new ErrorContextFileSystem(inner, { scheme: "mem" }),
  limits: (inner) => {
    const none = Number.POSITIVE_INFINITY;
    const limits = { keys: "", total: 1, input: none, output: none, timeout: 0, streamTimeout: 0 };
    return new LimitedFileSystem(inner, limits);
  },
  observed: (inner) =>
    new ObservedFileSystem(inner, { scheme: "mem", authority: "x" }, new Metrics().of("mem", "x")),
  rate: (inner) =>
    new RateLimitedFileSystem(inner, { bytes: new TokenBucket(1e6), requests: new TokenBucket(1e3) }),
  confined: (inner) => {
    const allowed = AllowedPlaces.read({ allow: ["mem"] }, Configuration.of({}));
    return new ConfinedFileSystem(inner, allowed ?? assert.fail());
  },
  tracking: (inner) => new TrackingFileSystem(inner),
  handle: (inner) => new FileSystemHandle(ROOT, inner, () => inner),
};

/** The base class's own answer. */
const refusePosix = (PosixFileSystem.prototype as unknown as { posixCall: () => never }).posixCall;

const POSIX_NAMES = Object.getOwnPropertyNames(PosixFileSystem.prototype)
  .filter((name) => isPosixName(name) && name !== "watch")
  .sort() as PosixName[];

/** One call of capability `posix`, with a path, another one, and more. */
async function posix(fs: FileSystem, name: PosixName): Promise<unknown> {
  const result = await (fs[name] as (...call: unknown[]) => Promise<unknown>)(PATH, OTHER, "more");
  if (name === "openHandle") (result as EventEmitter).emit("close");
  return result;
}

/** Can everything, and writes down what arrives. */
class Recorder extends FileSystem {
  override readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    "write",
    "recoverable-writer",
    "pending-writes",
    "server-side-copy",
    "vectored-read",
    "atomic-create",
    "atomic-rename",
    "directories",
    "versions",
    "posix",
  ]);
  readonly calls: unknown[][] = [];

  #note<T>(result: T, ...call: unknown[]): Promise<T> {
    this.calls.push(call);
    return Promise.resolve(result);
  }
  override getFileStatus(...args: unknown[]): Promise<FileStatus> {
    return this.#note(STATUS, "getFileStatus", ...args);
  }
  override async *listStatus(...args: unknown[]): AsyncGenerator<FileStatus> {
    this.calls.push(["listStatus", ...args]);
    yield STATUS;
  }
  override open(...args: unknown[]): Promise<FsDataInputStream> {
    const calls = this.calls;
    const stream: FsDataInputStream = {
      position: 5,
      status: STATUS,
      seek: (position) => calls.push(["seek", position]),
      read: (into) => this.#note(3, "read", into),
      readAt: (position, into) => this.#note(2, "readAt", position, into),
      readRanges: (ranges) => this.#note(undefined, "readRanges", ranges),
      async *chunks() {
        yield BYTES;
      },
      close: () => this.#note(undefined, "close input"),
      [Symbol.asyncDispose]: none,
    };
    return this.#note(stream, "open", ...args);
  }
  override create(...args: unknown[]): Promise<FsDataOutputStream> {
    const stream: FsDataOutputStream = {
      position: 6,
      write: (bytes) => this.#note(undefined, "write", bytes),
      close: () => this.#note(STATUS, "close output"),
      abort: (reason) => this.#note(undefined, "abort", reason),
      [Symbol.asyncDispose]: none,
    };
    return this.#note(stream, "create", ...args);
  }
  override mkdirs(...args: unknown[]): Promise<void> {
    return this.#note(undefined, "mkdirs", ...args);
  }
  override delete(...args: unknown[]): Promise<boolean> {
    return this.#note(true, "delete", ...args);
  }
  override rename(...args: unknown[]): Promise<void> {
    return this.#note(undefined, "rename", ...args);
  }
  override copy(...args: unknown[]): Promise<FileStatus> {
    return this.#note(STATUS, "copy", ...args);
  }
  override posixCall(name: PosixName, call: readonly unknown[]): never {
    const result = name === "openHandle" ? new EventEmitter() : `result of ${name}`;
    return this.#note(result, name, ...call) as never;
  }
  override async *watch(path: Path): AsyncGenerator<FileChangeInfo<string>> {
    this.calls.push(["watch", path]);
    yield { eventType: "change", filename: "x" };
  }
  override createRecoverableWriter(): Promise<RecoverableWriter> {
    const committer: Committer = {
      recoverable: BYTES,
      commit: () => this.#note(STATUS, "commit"),
      commitAfterRecovery: () => this.#note(STATUS, "commitAfterRecovery"),
    };
    const stream: RecoverableStream = {
      id: "1",
      position: 7,
      write: (bytes) => this.#note(undefined, "recoverable write", bytes),
      persist: () => this.#note(BYTES, "persist"),
      closeForCommit: () => this.#note(committer, "closeForCommit"),
      [Symbol.asyncDispose]: () => this.#note(undefined, "dispose"),
    };
    const calls = this.calls;
    return Promise.resolve({
      open: (...args) => this.#note(stream, "recoverable open", ...args),
      recover: (...args) => this.#note(stream, "recover", ...args),
      recoverForCommit: (...args) => this.#note(committer, "recoverForCommit", ...args),
      cleanup: (...args) => this.#note(true, "cleanup", ...args),
      async *pending(...args) {
        calls.push(["pending", ...args]);
        yield { target: PATH, id: "1", started: 1, bytes: 2 };
      },
      discard: (...args) => this.#note(true, "discard", ...args),
    });
  }
}

/** Every call of the contract once, with every option; returns what came out. */
async function callEverything(fs: FileSystem): Promise<unknown[]> {
  const { signal } = new AbortController();
  const out: unknown[] = [];
  for (const name of POSIX_NAMES) out.push(await posix(fs, name));
  for await (const change of fs.watch(PATH, { recursive: true })) out.push(change);
  out.push(await fs.getFileStatus(PATH, { signal }));
  for await (const item of fs.listStatus(PATH, { signal, recursive: true, startAfter: OTHER }))
    out.push(item);
  const input = await fs.open(PATH, { signal, start: 1, end: 2, ifVersion: "v", status: STATUS });
  input.seek(4);
  out.push(input.position, input.status, await input.read(BYTES), await input.readAt(8, BYTES));
  await input.readRanges?.([{ position: 1, into: BYTES }]);
  for await (const chunk of input.chunks()) out.push(chunk);
  await input.close();
  const output = await fs.create(PATH, { signal, overwrite: true, createParents: false });
  await output.write(BYTES);
  out.push(output.position, await output.close());
  await output.abort("reason");
  await fs.mkdirs(PATH, { signal });
  out.push(await fs.delete(PATH, { signal, recursive: true }));
  await fs.rename(PATH, OTHER, { signal, overwrite: true });
  out.push(await fs.copy(PATH, OTHER, { signal, overwrite: true }));
  const writer = await fs.createRecoverableWriter();
  const stream = await writer.open(PATH, { signal, overwrite: true });
  await stream.write(BYTES);
  out.push(stream.id, stream.position, await stream.persist());
  const committer = await stream.closeForCommit();
  out.push(committer.recoverable, await committer.commit(), await committer.commitAfterRecovery());
  await (await writer.recover(BYTES, { signal }))[Symbol.asyncDispose]();
  out.push((await writer.recoverForCommit(BYTES)).recoverable, await writer.cleanup(BYTES));
  for await (const item of writer.pending(ROOT)) out.push(item);
  out.push(await writer.discard(PATH, "1"));
  return out;
}

for (const [name, wrap] of Object.entries(WRAPPERS)) {
  test(`${name}: every call of every capability goes through as it is`, async () => {
    const plain = new Recorder();
    const inside = new Recorder();
    const wrapped = wrap(inside);
    assert.deepEqual(await callEverything(wrapped), await callEverything(plain));
    assert.deepEqual(inside.calls, plain.calls);
    assert.deepEqual(wrapped.capabilities, plain.capabilities);
  });

  test(`${name}: what the file system cannot do stays refused`, async () => {
    class ReadOnly extends Recorder {
      override readonly capabilities = new Set<Capability>();
      override create = FileSystem.prototype.create;
      override mkdirs = FileSystem.prototype.mkdirs;
      override delete = FileSystem.prototype.delete;
      override rename = FileSystem.prototype.rename;
      override copy = FileSystem.prototype.copy;
      override createRecoverableWriter = FileSystem.prototype.createRecoverableWriter;
      override posixCall = refusePosix;
      override watch = FileSystem.prototype.watch as Recorder["watch"];
      override async open(): Promise<FsDataInputStream> {
        const { readRanges: _, ...stream } = await super.open();
        return stream;
      }
    }
    const fs = wrap(new ReadOnly());
    assert.equal(fs.capabilities.size, 0);
    for (const call of [
      () => fs.create(PATH),
      () => fs.mkdirs(PATH),
      () => fs.delete(PATH),
      () => fs.rename(PATH, OTHER),
      () => fs.copy(PATH, OTHER),
      () => fs.createRecoverableWriter(),
      () => fs.watch(PATH)[Symbol.asyncIterator]().next(),
      ...POSIX_NAMES.map((name) => () => posix(fs, name)),
    ]) {
      await assert.rejects(call, { code: "ENOTSUP" });
    }
    assert.equal((await fs.open(PATH)).readRanges, undefined);
  });
}

async function setup(): Promise<ContractFixture> {
  const folder = await temporaryFolder();
  const configuration = Configuration.of({
    "fs.file.limit.total": 4,
    "fs.file.limit.bytes-per-second": "1 gb",
    "fs.file.limit.requests-per-second": 1e6,
    "fs.file.timeout": "1 min",
    "fs.allow": "file",
  });
  const silent = () => {};
  const registry = new FileSystemRegistry({
    providers: [new BuiltInFactories({ configuration })],
    configuration,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    unknownScheme: async (scheme) => new Error(scheme),
  });
  return {
    fileSystem: await registry.fileSystem(folder.path),
    root: Path.parse(folder.path),
    async dispose() {
      await registry.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

fileSystemContract({ name: "file: under every wrapper at once", setup });
recoverableWriterContract({ name: "file: under every wrapper at once", setup });
