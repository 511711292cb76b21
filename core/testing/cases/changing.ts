import assert from "node:assert/strict";
import { type Case, fails } from "../subject.ts";

const WRITE = ["write"] as const;

export const CHANGING: readonly Case[] = [
  {
    name: "delete resolves to whether something was there",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      assert.equal(await s.fs.delete(s.at("file")), true);
      assert.equal(await s.exists(s.at("file")), false);
      for (const recursive of [false, true]) {
        assert.equal(await s.fs.delete(s.at("file"), { recursive }), false);
        assert.equal(await s.fs.delete(s.at("no/such/file"), { recursive }), false);
      }
    },
  },
  {
    name: "delete of an empty folder needs no recursive",
    needs: WRITE,
    async run(s) {
      for (const recursive of [false, true]) {
        await s.fs.mkdirs(s.at("folder"));
        assert.equal(await s.fs.delete(s.at("folder"), { recursive }), true);
        assert.equal(await s.exists(s.at("folder")), false);
      }
    },
  },
  {
    name: "delete of a full folder is ENOTEMPTY and deletes nothing, but with recursive everything",
    needs: WRITE,
    async run(s) {
      for (const name of ["folder/file", "folder/sub/file", "folder2/file"]) await s.put(s.at(name), name);
      await assert.rejects(s.fs.delete(s.at("folder")), fails("ENOTEMPTY", s.at("folder")));
      assert.equal(await s.text(s.at("folder/sub/file")), "folder/sub/file");
      assert.equal(await s.fs.delete(s.at("folder"), { recursive: true }), true);
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["folder2/", "folder2/file"]);
    },
  },
  {
    name: "the folder of a deleted file or folder stays",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("folder/file"), "x");
      await s.fs.delete(s.at("folder/file"));
      await s.fs.mkdirs(s.at("deep/1/2/3"));
      await s.fs.delete(s.at("deep/1/2"), { recursive: true });
      for (const folder of [s.at("folder"), s.at("deep/1")]) {
        assert.equal((await s.fs.getFileStatus(folder)).kind, "directory");
        assert.deepEqual(await s.names(folder), []);
      }
    },
  },
  {
    name: "rename moves a file, and makes the target's parents",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("first"), "x");
      await s.fs.rename(s.at("first"), s.at("second"));
      assert.deepEqual(await s.names(s.folder), ["second"]);
      await s.fs.mkdirs(s.at("new"));
      await s.fs.rename(s.at("second"), s.at("new/third"));
      await s.fs.rename(s.at("new/third"), s.at("new/parent/moved"));
      assert.deepEqual(await s.names(s.folder, { recursive: true }), [
        "new/",
        "new/parent/",
        "new/parent/moved",
      ]);
      assert.equal(await s.text(s.at("new/parent/moved")), "x");
    },
  },
  {
    name: "rename moves a folder with all that is in it",
    needs: WRITE,
    async run(s) {
      for (const name of ["from/a", "from/sub/b", "from-not/c"]) await s.put(s.at(name), name);
      await s.fs.mkdirs(s.at("from/empty"));
      await s.fs.rename(s.at("from"), s.at("to"));
      assert.deepEqual(await s.names(s.folder, { recursive: true }), [
        "from-not/",
        "from-not/c",
        "to/",
        "to/a",
        "to/empty/",
        "to/sub/",
        "to/sub/b",
      ]);
      assert.equal(await s.text(s.at("to/sub/b")), "from/sub/b");
    },
  },
  {
    name: "rename of a folder to a name that begins like its own",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("from/a"), "x");
      await s.fs.rename(s.at("from"), s.at("from-2"));
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["from-2/", "from-2/a"]);
      await s.fs.rename(s.at("from-2"), s.at("from"));
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["from/", "from/a"]);
    },
  },
  {
    name: "rename of nothing is ENOENT",
    needs: WRITE,
    async run(s) {
      await assert.rejects(s.fs.rename(s.at("missing"), s.at("x")), fails("ENOENT", s.at("missing")));
      assert.equal(await s.exists(s.at("x")), false);
    },
  },
  {
    name: "rename into itself is EINVAL",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("folder/file"), "x");
      for (const [src, dst] of [
        ["folder", "folder"],
        ["folder", "folder/below"],
        ["folder", "folder/below/deeper"],
        ["folder/file", "folder/file"],
      ] as const) {
        await assert.rejects(s.fs.rename(s.at(src), s.at(dst)), fails("EINVAL"), `${src} to ${dst}`);
      }
      assert.deepEqual(await s.names(s.folder, { recursive: true }), ["folder/", "folder/file"]);
    },
  },
  {
    name: "rename to what exists is EEXIST and changes nothing",
    needs: WRITE,
    async run(s) {
      for (const name of ["file", "file2", "folder/a", "folder2/b", "folder2/sub/c"]) {
        await s.put(s.at(name), name);
      }
      await s.fs.mkdirs(s.at("empty"));
      for (const [src, dst] of [
        ["file", "file2"],
        ["file", "folder"],
        ["folder", "file"],
        ["folder", "folder2"],
        ["folder", "empty"],
        ["folder/a", "folder"],
        ["folder2/sub", "folder2"],
      ] as const) {
        await assert.rejects(s.fs.rename(s.at(src), s.at(dst)), fails("EEXIST"), `${src} to ${dst}`);
      }
      for (const name of ["file", "file2", "folder/a", "folder2/b", "folder2/sub/c"]) {
        assert.equal(await s.text(s.at(name)), name);
      }
    },
  },
  {
    name: "rename with overwrite replaces a file by a file, and nothing else",
    needs: WRITE,
    async run(s) {
      for (const name of ["file", "file2", "folder/a"]) await s.put(s.at(name), name);
      const overwrite = { overwrite: true };
      await assert.rejects(s.fs.rename(s.at("file"), s.at("folder"), overwrite), fails("EISDIR"));
      await assert.rejects(s.fs.rename(s.at("folder"), s.at("file"), overwrite), fails("ENOTDIR"));
      await s.fs.rename(s.at("file"), s.at("file2"), overwrite);
      assert.equal(await s.text(s.at("file2")), "file");
      assert.deepEqual(await s.names(s.folder), ["file2", "folder/"]);
    },
  },
  {
    name: "rename to below a file is ENOTDIR",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      await s.put(s.at("other"), "y");
      await assert.rejects(s.fs.rename(s.at("other"), s.at("file/below")), fails("ENOTDIR"));
      assert.equal(await s.text(s.at("other")), "y");
    },
  },
  {
    name: "rename to further below a file is ENOTDIR where folders are things of their own; both files stay in any case",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      await s.put(s.at("other"), "y");
      const target = s.at("file/a/b");
      const renamed = s.fs.rename(s.at("other"), target);
      if (s.can("directories")) await assert.rejects(renamed, fails("ENOTDIR"));
      const refused = await renamed.then(
        () => false,
        () => true,
      );
      assert.equal(await s.text(refused ? s.at("other") : target), "y");
      assert.equal(await s.text(s.at("file")), "x");
    },
  },
  {
    name: "copy makes a second file of the same bytes, and replaces only with overwrite",
    needs: ["write", "server-side-copy"],
    async run(s) {
      await s.put(s.at("file"), "x");
      const status = await s.fs.copy(s.at("file"), s.at("copies/file"));
      assert.equal(status.length, 1);
      assert.equal(await s.text(s.at("copies/file")), "x");
      await s.put(s.at("other"), "other");
      await assert.rejects(s.fs.copy(s.at("file"), s.at("other")), fails("EEXIST"));
      assert.equal(await s.text(s.at("other")), "other");
      await s.fs.copy(s.at("file"), s.at("other"), { overwrite: true });
      assert.equal(await s.text(s.at("other")), "x");
      assert.equal(await s.text(s.at("file")), "x");
      await assert.rejects(s.fs.copy(s.at("missing"), s.at("y")), fails("ENOENT"));
      await assert.rejects(s.fs.copy(s.at("copies"), s.at("y")), fails("EISDIR"));
    },
  },
];
