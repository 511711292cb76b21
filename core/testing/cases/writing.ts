import assert from "node:assert/strict";
import { type Case, fails, randomBytes } from "../subject.ts";

const WRITE = ["write"] as const;

export const WRITING: readonly Case[] = [
  {
    name: "a file is whole at its path once close resolved, and not there before",
    needs: WRITE,
    async run(s) {
      const path = s.at("file");
      await using stream = await s.fs.create(path);
      await stream.write(Buffer.from("hello "));
      await stream.write(Buffer.from("world"));
      assert.equal(stream.position, 11);
      await assert.rejects(s.fs.getFileStatus(path), fails("ENOENT", path));
      const status = await stream.close();
      assert.equal(status.kind, "file");
      assert.equal(status.length, 11);
      assert.ok(status.path.equals(path));
      const { length, version } = await s.fs.getFileStatus(path);
      assert.deepEqual({ length, version }, { length: 11, version: status.version });
      assert.equal(await s.text(path), "hello world");
    },
  },
  {
    name: "an empty file is a file",
    needs: WRITE,
    async run(s) {
      await using stream = await s.fs.create(s.at("empty"));
      assert.equal((await stream.close()).length, 0);
      assert.equal(await s.text(s.at("empty")), "");
      assert.deepEqual(await s.names(s.folder), ["empty"]);
    },
  },
  {
    name: "a file of several megabytes written in odd pieces reads back byte for byte",
    needs: WRITE,
    async run(s) {
      const bytes = randomBytes(3_000_017, 42);
      await using stream = await s.fs.create(s.at("large"));
      for (let done = 0, size = 1; done < bytes.length; done += size, size = (size * 3) % 700_001) {
        await stream.write(bytes.subarray(done, done + size));
      }
      assert.equal((await stream.close()).length, bytes.length);
      assert.ok((await s.bytes(s.at("large"))).equals(bytes));
    },
  },
  {
    name: "the written bytes are the caller's again once write resolves",
    needs: WRITE,
    async run(s) {
      const buffer = Buffer.alloc(5);
      await using stream = await s.fs.create(s.at("file"));
      for (const word of ["first", "again"]) {
        buffer.write(word);
        await stream.write(buffer);
        buffer.fill("x");
      }
      await stream.close();
      assert.equal(await s.text(s.at("file")), "firstagain");
    },
  },
  {
    name: "create of an existing file is EEXIST and leaves it",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "old");
      await assert.rejects(s.put(s.at("file"), "new"), fails("EEXIST", s.at("file")));
      assert.equal(await s.text(s.at("file")), "old");
    },
  },
  {
    name: "isClear spares the store a look, and no rule: an existing file is EEXIST, or replaced with overwrite",
    needs: WRITE,
    async run(s) {
      const isClear = true;
      await s.put(s.at("new/file"), "first", { isClear });
      await assert.rejects(s.put(s.at("new/file"), "second", { isClear }), fails("EEXIST", s.at("new/file")));
      assert.equal(await s.text(s.at("new/file")), "first");
      await s.put(s.at("new/file"), "third", { isClear, overwrite: true });
      assert.equal(await s.text(s.at("new/file")), "third");
    },
  },
  {
    name: "create with overwrite replaces a file, at close and not before",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "old");
      await using stream = await s.fs.create(s.at("file"), { overwrite: true });
      await stream.write(Buffer.from("newer"));
      assert.equal(await s.text(s.at("file")), "old");
      await stream.close();
      assert.equal(await s.text(s.at("file")), "newer");
      assert.deepEqual(await s.names(s.folder), ["file"]);
    },
  },
  {
    name: "a file that is replaced again and again reads as it was written last",
    needs: WRITE,
    async run(s) {
      for (const [turn, length] of [1000, 10, 0, 100_000, 99_999, 1000].entries()) {
        const bytes = randomBytes(length, turn + 1);
        await s.put(s.at("file"), bytes, { overwrite: true });
        assert.equal((await s.fs.getFileStatus(s.at("file"))).length, length);
        assert.ok((await s.bytes(s.at("file"))).equals(bytes), `turn ${turn}`);
      }
    },
  },
  {
    name: "create over a folder is EEXIST, with overwrite EISDIR",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("full/file"), "x");
      await s.fs.mkdirs(s.at("empty"));
      for (const folder of [s.at("full"), s.at("empty")]) {
        await assert.rejects(s.put(folder, "y"), fails("EEXIST"));
        await assert.rejects(s.put(folder, "y", { overwrite: true }), fails("EISDIR"));
      }
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["empty/", "full/", "full/file"]);
    },
  },
  {
    name: "create below a file is ENOTDIR",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      await assert.rejects(s.put(s.at("file/below"), "y"), fails("ENOTDIR"));
      assert.equal(await s.text(s.at("file")), "x");
    },
  },
  {
    name: "create further below a file is ENOTDIR where folders are things of their own; the file stays in any case",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      const created = s.put(s.at("file/a/b"), "y");
      // An object store looks at the parent only: each folder above would be one more request.
      if (s.can("directories")) await assert.rejects(created, fails("ENOTDIR"));
      else
        await created.catch((error: unknown) => assert.equal((error as { code?: unknown }).code, "ENOTDIR"));
      assert.equal(await s.text(s.at("file")), "x");
    },
  },
  {
    name: "create makes missing parents, or is ENOENT with createParents: false",
    needs: ["write", "directories"],
    async run(s) {
      await s.put(s.at("a/b/file"), "x");
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["a/", "a/b/", "a/b/file"]);
      await assert.rejects(s.put(s.at("c/file"), "x", { createParents: false }), fails("ENOENT"));
      assert.equal(await s.exists(s.at("c")), false);
    },
  },
  {
    name: "of writers that race for a new file exactly one wins",
    needs: ["write", "atomic-create"],
    async run(s) {
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) => s.put(s.at("file"), `writer ${i}`)),
      );
      const winners = results.flatMap((result, i) => (result.status === "fulfilled" ? [i] : []));
      assert.equal(winners.length, 1);
      for (const result of results)
        if (result.status === "rejected") assert.equal(result.reason.code, "EEXIST");
      assert.equal(await s.text(s.at("file")), `writer ${winners[0]}`);
    },
  },
  {
    name: "an aborted write publishes nothing and leaves what was there; abort twice does nothing",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("old"), "old");
      for (const [name, options] of [["new", {}] as const, ["old", { overwrite: true }] as const]) {
        const stream = await s.fs.create(s.at(name), options);
        await stream.write(Buffer.from("half"));
        await stream.abort(new Error("changed my mind"));
        await stream.abort();
        await assert.rejects(stream.write(Buffer.from("x")));
        await assert.rejects(stream.close());
      }
      assert.deepEqual(await s.names(s.folder), ["old"]);
      assert.equal(await s.text(s.at("old")), "old");
    },
  },
  {
    name: "a stream that is disposed without close is aborted; abort after close does nothing",
    needs: WRITE,
    async run(s) {
      {
        await using stream = await s.fs.create(s.at("dropped"));
        await stream.write(Buffer.from("half"));
      }
      assert.equal(await s.exists(s.at("dropped")), false);
      await using stream = await s.fs.create(s.at("kept"));
      await stream.close();
      await stream.abort();
      assert.equal(await s.exists(s.at("kept")), true);
    },
  },
  {
    name: "one write at a time: a second is EBUSY and harms nothing",
    needs: WRITE,
    async run(s) {
      await using stream = await s.fs.create(s.at("file"));
      const first = stream.write(Buffer.from("first"));
      await assert.rejects(stream.write(Buffer.from("second")), fails("EBUSY"));
      await first;
      await stream.close();
      assert.equal(await s.text(s.at("file")), "first");
    },
  },
  {
    name: "after close nothing can be written, and close twice does nothing",
    needs: WRITE,
    async run(s) {
      const stream = await s.fs.create(s.at("file"));
      const { length } = await stream.close();
      assert.equal((await stream.close()).length, length);
      await assert.rejects(stream.write(Buffer.from("x")));
      assert.equal(await s.text(s.at("file")), "");
    },
  },
  {
    name: "a name keeps its case",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("Folder/README.Txt"), "x");
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["Folder/", "Folder/README.Txt"]);
    },
  },
  {
    name: "odd names are names: blanks, %, ?, #, +, \\, quotes, line feeds, any Unicode",
    needs: WRITE,
    async run(s) {
      const odd = ["a b", " lead", "100%", "%41", "a?b=c", "a#b", "a+b", "a\\b", "'\"<&>", "a\nb", ".hidden"];
      const names = [...odd, "中文", "🎉", "e\u0301", "\u00e9", "\uE000"];
      for (const name of names) await s.put(s.at(`${name}/${name}`), name);
      assert.deepEqual((await s.names(s.folder)).sort(), names.map((name) => `${name}/`).sort());
      for (const name of names) {
        assert.equal(await s.text(s.at(`${name}/${name}`)), name);
        assert.equal(await s.fs.delete(s.at(`${name}/${name}`)), true, name);
      }
    },
  },
];
