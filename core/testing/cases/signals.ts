import assert from "node:assert/strict";
import { type Case, fails, type Subject } from "../subject.ts";

const reason = new Error("enough");
const isReason = (error: unknown): boolean => error === reason;

export const SIGNALS: readonly Case[] = [
  {
    name: "an aborted signal ends every reading call with its reason",
    needs: [],
    async run(s) {
      const signal = AbortSignal.abort(reason);
      const { path } = await s.sample();
      await assert.rejects(s.fs.getFileStatus(path, { signal }), isReason);
      await assert.rejects(s.names(s.folder, { signal }), isReason);
      await assert.rejects(s.fs.open(path, { signal }), isReason);
    },
  },
  {
    name: "an aborted signal ends every writing call with its reason, and nothing is changed",
    needs: ["write"],
    async run(s) {
      const signal = AbortSignal.abort(reason);
      await s.put(s.at("folder/file"), "x");
      await assert.rejects(s.fs.create(s.at("new"), { signal }), isReason);
      await assert.rejects(s.fs.mkdirs(s.at("made"), { signal }), isReason);
      await assert.rejects(s.fs.delete(s.at("folder"), { signal, recursive: true }), isReason);
      await assert.rejects(s.fs.rename(s.at("folder"), s.at("moved"), { signal }), isReason);
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["folder/", "folder/file"]);
    },
  },
  {
    name: "a signal that fires later ends the stream, and nothing is published",
    needs: ["write"],
    async run(s) {
      const { path } = await s.sample();
      const controller = new AbortController();
      const { signal } = controller;
      await using reader = await s.fs.open(path, { signal });
      await using writer = await s.fs.create(s.at("new"), { signal });
      await reader.read(new Uint8Array(1));
      await writer.write(Buffer.from("half"));
      controller.abort(reason);
      await assert.rejects(reader.read(new Uint8Array(1)), isReason);
      await assert.rejects(writer.write(Buffer.from("x")), isReason);
      await assert.rejects(writer.close(), isReason);
      assert.equal(await s.exists(s.at("new")), false);
    },
  },
];

/** What a store says it cannot do, it refuses. */
export const REFUSALS: readonly Case[] = [
  {
    name: "without write, every changing call is ENOTSUP",
    needs: [],
    run: (s) =>
      unless(s, "write", async () => {
        await assert.rejects(s.fs.create(s.at("x")), fails("ENOTSUP"));
        await assert.rejects(s.fs.mkdirs(s.at("x")), fails("ENOTSUP"));
        await assert.rejects(s.fs.delete(s.at("x")), fails("ENOTSUP"));
        await assert.rejects(s.fs.rename(s.at("x"), s.at("y")), fails("ENOTSUP"));
      }),
  },
  {
    name: "without server-side-copy, copy is ENOTSUP",
    needs: [],
    run: (s) =>
      unless(s, "server-side-copy", () => assert.rejects(s.fs.copy(s.at("x"), s.at("y")), fails("ENOTSUP"))),
  },
  {
    name: "without recoverable-writer, createRecoverableWriter is ENOTSUP",
    needs: [],
    run: (s) =>
      unless(s, "recoverable-writer", () => assert.rejects(s.fs.createRecoverableWriter(), fails("ENOTSUP"))),
  },
  {
    name: "without vectored-read, a stream has no readRanges",
    needs: [],
    run: (s) =>
      unless(s, "vectored-read", async () => {
        const { path } = await s.sample();
        await using stream = await s.fs.open(path);
        assert.equal(stream.readRanges, undefined);
      }),
  },
  {
    name: "without posix, permissions, links, times and writing in place are ENOTSUP",
    needs: [],
    run: (s) =>
      unless(s, "posix", async () => {
        const { path } = await s.sample();
        for (const call of [
          s.fs.chmod(path, 0o600),
          s.fs.utimes(path, 0, 0),
          s.fs.symlink("target", s.at("link")),
          s.fs.truncate(path, 0),
          s.fs.openHandle(path, "a"),
          s.fs.watch(path)[Symbol.asyncIterator]().next(),
        ]) {
          await assert.rejects(call, fails("ENOTSUP"));
        }
      }),
  },
  {
    name: "errors are FileSystemErrors with code and path",
    needs: [],
    async run(s) {
      const path = s.at("missing");
      await assert.rejects(s.fs.getFileStatus(path), {
        name: "FileSystemError",
        code: "ENOENT",
        path: path.toString(),
      });
    },
  },
];

async function unless(
  s: Subject,
  capability: Parameters<Subject["can"]>[0],
  refusal: () => Promise<void>,
): Promise<void> {
  if (!s.can(capability)) await refusal();
}
