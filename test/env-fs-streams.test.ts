import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { after, before, describe, test } from "node:test";
import type { Environment, UriFileSystem } from "plugfs";
import MemoryFileSystemFactory from "./fixtures/plugins/memory-fs/index.ts";
import { type OssHome, ossHome } from "./support/oss-home.ts";
import { type TemporaryFolder, temporaryFolder } from "./support/temporary-folder.ts";

const BYTES = Buffer.alloc(300_000, "0123456789");

let home: OssHome;
let folder: TemporaryFolder;
let env: Environment;
let fs: UriFileSystem;

before(async () => {
  home = await ossHome();
  folder = await temporaryFolder();
  env = await home.open();
  env.register(new MemoryFileSystemFactory());
  ({ fs } = env);
});
after(async () => {
  await env?.close();
  await home?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const ROOTS: Record<string, () => string> = {
  "file:": () => join(folder.path, "streams"),
  "mem:": () => "mem://x/streams",
  "oss:": () => "oss://demo/streams",
};

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const chunk of stream) pieces.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(pieces);
}

/** The event of a stream that is to fail. */
async function failure(stream: NodeJS.EventEmitter): Promise<{ code?: string; name?: string }> {
  const [error] = await once(stream, "error").catch((error) => [error]);
  return error;
}

for (const [scheme, root] of Object.entries(ROOTS)) {
  describe(`streams of ${scheme}`, () => {
    const at = (name: string) => `${root()}/${name}`;
    before(async () => {
      await fs.mkdir(root(), { recursive: true });
      await fs.writeFile(at("file"), BYTES);
    });

    test("a read stream brings the file, or the window, in chunks of highWaterMark", async () => {
      const stream = fs.createReadStream(at("file"), { highWaterMark: 1000 });
      assert.equal(stream.pending, true);
      await once(stream, "ready");
      const sizes = new Set<number>();
      const pieces: Buffer[] = [];
      for await (const chunk of stream) {
        sizes.add(chunk.length);
        pieces.push(chunk);
      }
      assert.deepEqual([...sizes], [1000]);
      assert.ok(Buffer.concat(pieces).equals(BYTES));
      assert.equal(stream.bytesRead, BYTES.length);
      assert.equal(stream.closed, true);
      for (const [start, end] of [
        [0, 0],
        [5, 9],
        [299_990, undefined],
        [299_990, 1_000_000],
        [250_000, 299_999],
      ] as const) {
        const window = await collect(fs.createReadStream(at("file"), { start, end }));
        assert.ok(
          window.equals(BYTES.subarray(start, end === undefined ? undefined : end + 1)),
          `${start}-${end}`,
        );
      }
      assert.equal((await collect(fs.createReadStream(at("file"), { start: 300_000 }))).length, 0);
      assert.equal((await collect(fs.createReadStream(at("file"), { start: 999_999 }))).length, 0);
      let text = "";
      for await (const piece of fs.createReadStream(at("file"), { encoding: "utf8", end: 3 })) text += piece;
      assert.equal(text, "0123");
    });

    test("a read stream reads no further than it is asked to", async () => {
      const stream = fs.createReadStream(at("file"), { highWaterMark: 10_000 });
      await once(stream, "readable");
      assert.equal(stream.read(1).length, 1);
      assert.ok(stream.bytesRead <= 20_000, `${stream.bytesRead}`);
      stream.destroy();
      await once(stream, "close");
    });

    test("what cannot be read is an error event with Node's code", async () => {
      assert.equal((await failure(fs.createReadStream(at("missing")))).code, "ENOENT");
      assert.equal((await failure(fs.createReadStream(root()))).code, "EISDIR");
      const range = { code: "ERR_OUT_OF_RANGE" };
      assert.throws(() => fs.createReadStream(at("file"), { start: 5, end: 4 }), range);
      assert.throws(() => fs.createReadStream(at("file"), { start: -1 }), range);
      const wrong = { start: "5" as unknown as number };
      assert.throws(() => fs.createReadStream(at("file"), wrong), { code: "ERR_INVALID_ARG_TYPE" });
    });

    test("an abort ends a stream with Node's AbortError", async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const reader = fs.createReadStream(at("file"), { signal, highWaterMark: 1000 });
      await once(reader, "ready");
      const writer = fs.createWriteStream(at("aborted"), { signal });
      writer.write("x");
      await once(writer, "ready");
      controller.abort(new Error("enough"));
      const errors = await Promise.all([failure(reader), failure(writer)]);
      assert.deepEqual(
        errors.map(({ code, name }) => [code, name]),
        [
          ["ABORT_ERR", "AbortError"],
          ["ABORT_ERR", "AbortError"],
        ],
      );
      if (!writer.closed) await once(writer, "close");
      await assert.rejects(fs.stat(at("aborted")), { code: "ENOENT" });
    });

    test("a write stream publishes the file at its end, and not before", async () => {
      const stream = fs.createWriteStream(at("new"), { highWaterMark: 4 });
      assert.equal(stream.write("more than four"), false);
      await once(stream, "drain");
      await assert.rejects(fs.stat(at("new")), { code: "ENOENT" });
      stream.end(Buffer.from("!"));
      await once(stream, "finish");
      assert.equal(await fs.readFile(at("new"), "utf8"), "more than four!");
      assert.equal(stream.bytesWritten, 15);
      if (!stream.closed) await once(stream, "close");
      assert.equal((await failure(fs.createWriteStream(at("new"), { flags: "wx" }))).code, "EEXIST");
      const empty = fs.createWriteStream(at("empty"));
      empty.close();
      await once(empty, "close");
      assert.equal((await fs.stat(at("empty"))).size, 0);
    });

    test("a write stream that is destroyed publishes nothing, and leaves what was there", async () => {
      await fs.writeFile(at("kept"), "old");
      for (const [name, left] of [
        ["kept", "old"],
        ["never", undefined],
      ] as const) {
        async function* failing() {
          yield Buffer.alloc(100_000);
          throw new Error("source broke");
        }
        await assert.rejects(pipeline(failing(), fs.createWriteStream(at(name))), {
          message: "source broke",
        });
        if (left === undefined) await assert.rejects(fs.stat(at(name)), { code: "ENOENT" });
        else assert.equal(await fs.readFile(at(name), "utf8"), left);
      }
    });

    test("streams of two schemes pipe into each other", async () => {
      for (const [other, otherRoot] of Object.entries(ROOTS)) {
        const copy = `${otherRoot()}/copy-of-${scheme.slice(0, -1)}`;
        await fs.mkdir(otherRoot(), { recursive: true });
        await pipeline(fs.createReadStream(at("file")), fs.createWriteStream(copy));
        assert.ok((await fs.readFile(copy)).equals(BYTES), other);
      }
    });

    test("streams of the web read and write", async () => {
      const response = new Response(fs.readableWebStream(at("file")));
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
      const window = fs.readableWebStream(at("file"), { start: 5, end: 9 });
      assert.equal(await new Response(window).text(), "56789");
      const own = fs.readableWebStream(at("file")).getReader({ mode: "byob" });
      const first = await own.read(new Uint8Array(10));
      assert.equal(Buffer.from(first.value ?? []).toString(), "0123456789");
      await own.cancel();
      await fs.readableWebStream(at("file")).pipeTo(fs.writableWebStream(at("web")));
      assert.ok((await fs.readFile(at("web"))).equals(BYTES));
      const writer = fs.writableWebStream(at("web-aborted")).getWriter();
      await writer.write("half");
      await writer.abort(new Error("enough"));
      await assert.rejects(fs.stat(at("web-aborted")), { code: "ENOENT" });
      await assert.rejects(new Response(fs.readableWebStream(at("missing"))).text(), { code: "ENOENT" });
    });
  });
}
