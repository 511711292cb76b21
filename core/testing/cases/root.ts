import assert from "node:assert/strict";
import type { Path } from "../../fs/path.ts";
import { type Case, fails, type Subject } from "../subject.ts";

const WRITE = ["write"] as const;

/** Deleting the root recursively is no case: against a store that does it, the suite would empty somebody's disk. */
export const ROOT: readonly Case[] = [
  {
    name: "the root is a folder that is always there, and what is below it is listed",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      const root = rootOf(s);
      const { kind, length, path } = await s.fs.getFileStatus(root);
      assert.deepEqual([kind, length, `${path}`], ["directory", 0, `${root}`]);
      await s.fs.mkdirs(root);
      const top = s.folder.key.replace(/^\//, "").split("/")[0];
      assert.ok((await s.names(root)).includes(`${top}/`));
      // From here on: below the root of `file:` is the whole machine.
      for await (const status of s.fs.listStatus(root, { recursive: true, startAfter: s.folder })) {
        assert.ok(status.path.equals(s.at("file")), `${status.path} comes after ${s.folder}`);
        break;
      }
    },
  },
  {
    name: "the root is not written over, moved, moved to, or deleted while something is in it",
    needs: WRITE,
    async run(s) {
      await s.put(s.at("file"), "x");
      const root = rootOf(s);
      await assert.rejects(s.put(root, "y"), fails("EEXIST"));
      await assert.rejects(s.put(root, "y", { overwrite: true }), fails("EISDIR"));
      await assert.rejects(s.fs.rename(root, s.at("root")), fails("EINVAL"));
      await assert.rejects(s.fs.rename(s.at("file"), root), fails("EEXIST"));
      const deleted = await s.fs.delete(root).catch(() => false);
      assert.equal(deleted, false);
      assert.deepEqual(await s.names(s.folder), ["file"]);
    },
  },
];

function rootOf(s: Subject): Path {
  let root = s.folder;
  for (let parent = root.parent; parent !== null; parent = parent.parent) root = parent;
  return root;
}
