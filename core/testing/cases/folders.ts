import assert from "node:assert/strict";
import { compareUtf8 } from "../../fs/utf8-order.ts";
import { type Case, fails } from "../subject.ts";

const WRITE = ["write"] as const;
const TREE = ["a", "a!", "b-", "b/c", "b/d/e", "b0", "z", "é", "\uE000", "😀"];
const LISTED = ["a", "a!", "b-", "b/", "b/c", "b/d/", "b/d/e", "b0", "z", "é", "\uE000", "😀"];

export const FOLDERS: readonly Case[] = [
  {
    name: "nothing is there: status and listing are ENOENT",
    needs: [],
    async run(s) {
      const path = s.at("missing");
      await assert.rejects(s.fs.getFileStatus(path), fails("ENOENT", path));
      for (const recursive of [false, true]) {
        await assert.rejects(s.names(path, { recursive }), fails("ENOENT", path));
      }
    },
  },
  {
    name: "the status of a file says what it is",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      const status = await s.fs.getFileStatus(path);
      assert.ok(status.path.equals(path));
      assert.equal(status.kind, "file");
      assert.equal(status.length, bytes.length);
      assert.ok(status.modificationTime >= 0);
      // Without the capability a store may still tell it, of some files: an HTTP server that sends an ETag.
      if (s.can("versions")) assert.notEqual(status.version, undefined);
    },
  },
  {
    name: "mkdirs makes a folder and its parents; an existing one, full or empty, is fine",
    needs: WRITE,
    async run(s) {
      await s.fs.mkdirs(s.at("a/b"));
      await s.fs.mkdirs(s.at("a/b"));
      for (const path of [s.at("a/b"), s.at("a"), s.folder]) {
        const status = await s.fs.getFileStatus(path);
        assert.equal(status.kind, "directory");
        assert.equal(status.length, 0);
      }
      for (const recursive of [false, true]) {
        assert.deepEqual(await s.names(s.at("a/b"), { recursive }), []);
        assert.deepEqual(await s.names(s.at("a"), { recursive }), ["b/"]);
      }
      await s.put(s.at("a/b/file"), "x");
      await s.fs.mkdirs(s.at("a"));
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["a/", "a/b/", "a/b/file"]);
    },
  },
  {
    name: "mkdirs of a file is EEXIST, below a file ENOTDIR",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      await assert.rejects(s.fs.mkdirs(s.at("file")), fails("EEXIST"));
      await assert.rejects(s.fs.mkdirs(s.at("file/a")), fails("ENOTDIR"));
      await assert.rejects(s.fs.mkdirs(s.at("file/a/b/c")), fails("ENOTDIR"));
      assert.equal(await s.text(s.at("file")), "x");
    },
  },
  {
    name: "the folders above a file are folders",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("a/b/file"), "x");
      assert.equal((await s.fs.getFileStatus(s.at("a"))).kind, "directory");
      assert.deepEqual(await s.names(s.at("a")), ["b/"]);
      assert.deepEqual(await s.names(s.at("a/b")), ["file"]);
      await assert.rejects(s.fs.getFileStatus(s.at("a/b/fil")), fails("ENOENT"));
    },
  },
  {
    name: "a listing is in UTF-8 byte order, a folder as name/",
    needs: WRITE,
    async run(s) {
      for (const name of TREE) await s.put(s.at(name), name);
      assert.deepEqual(LISTED, [...LISTED].sort(compareUtf8));
      assert.deepEqual(await s.names(s.folder, { recursive: true }), LISTED);
      assert.deepEqual(
        await s.names(s.folder),
        LISTED.filter((name) => !/\/./.test(name)),
      );
    },
  },
  {
    name: "a listing goes on after any of its entries, and after what is not there",
    needs: WRITE,
    async run(s) {
      for (const name of TREE) await s.put(s.at(name), name);
      const top = LISTED.filter((name) => !/\/./.test(name));
      for (const [recursive, all] of [[true, LISTED] as const, [false, top] as const]) {
        for (const [i, name] of all.entries()) {
          const startAfter = s.at(name.replace(/\/$/, ""));
          assert.deepEqual(await s.names(s.folder, { recursive, startAfter }), all.slice(i + 1), name);
        }
      }
      assert.deepEqual(await s.names(s.folder, { startAfter: s.at("b1") }), top.slice(top.indexOf("z")));
      assert.deepEqual(await s.names(s.folder, { startAfter: s.at("b/d") }), top.slice(top.indexOf("b0")));
      assert.deepEqual(await s.names(s.at("b"), { startAfter: s.at("a") }), ["c", "d/"]);
      assert.deepEqual(await s.names(s.at("b"), { startAfter: s.at("c") }), []);
    },
  },
  {
    name: "the listing of a file is that file",
    needs: [],
    async run(s) {
      const { path, bytes } = await s.sample();
      for (const recursive of [false, true]) {
        const found = [];
        for await (const status of s.fs.listStatus(path, { recursive })) {
          found.push([`${status.path}`, status.kind, status.length]);
        }
        assert.deepEqual(found, [[`${path}`, "file", bytes.length]]);
      }
    },
  },
  {
    name: "a listed status is the one that is asked for",
    needs: WRITE,
    async run(s) {
      for (const name of TREE) await s.put(s.at(name), "12345".repeat(name.length));
      let listed = 0;
      for await (const status of s.fs.listStatus(s.folder, { recursive: true })) {
        const { kind, length, version } = await s.fs.getFileStatus(status.path);
        assert.deepEqual([status.kind, status.length, status.version], [kind, length, version]);
        listed++;
      }
      assert.equal(listed, LISTED.length);
    },
  },
  {
    name: "a listing of more than a page has every name once, and may be left early",
    needs: WRITE,
    async run(s) {
      const names = Array.from({ length: 1005 }, (_, i) => String(i).padStart(5, "0"));
      for (let i = 0; i < names.length; i += 50) {
        await Promise.all(names.slice(i, i + 50).map((name) => s.put(s.at(name), "")));
      }
      assert.deepEqual(await s.names(s.folder), names);
      for await (const status of s.fs.listStatus(s.folder)) {
        assert.equal(status.path.name, names[0]);
        break;
      }
    },
  },
];
