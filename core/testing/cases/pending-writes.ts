import assert from "node:assert/strict";
import type { Path } from "../../fs/path.ts";
import { type Case, randomBytes, type Subject } from "../subject.ts";
import { staged } from "./committing.ts";

const NEEDS = ["recoverable-writer", "pending-writes"] as const;

/** Of writes longer than a part: a store may keep shorter ones in the recoverable. */
export function pendingWrites(partSize: number): readonly Case[] {
  const bytes = randomBytes(2 * partSize + 5, 19);
  return [
    {
      name: "what is staged is pending below its target's path, by the stream's id, until the commit",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        const started = Date.now();
        const ids = new Map<string, string>();
        for (const name of ["folder/a", "folder/ab", "other"]) {
          const stream = await writer.open(s.at(name));
          await stream.write(bytes);
          await stream.persist();
          ids.set(name, stream.id);
          await stream[Symbol.asyncDispose]();
        }
        for (const [prefix, expected] of [
          [s.folder, ["folder/a", "folder/ab", "other"]],
          [s.at("folder"), ["folder/a", "folder/ab"]],
          [s.at("folder/a"), ["folder/a"]],
          [s.at("fold"), []],
          [s.at("none/at/all"), []],
        ] as const) {
          assert.deepEqual(await pending(s, prefix), expected, `below ${prefix}`);
        }
        for await (const write of writer.pending(s.folder)) {
          const name = write.target.key.slice(s.folder.key.length + 1);
          assert.equal(write.id, ids.get(name), name);
          assert.ok(Math.abs(write.started - started) < 60_000, `started at ${write.started}`);
          assert.ok(Number.isInteger(write.bytes) && write.bytes >= 0, `${write.bytes} bytes`);
        }
        await (await staged(writer, s.at("done"))).commit();
        assert.deepEqual(await pending(s, s.at("done")), []);
      },
    },
    {
      name: "discarding frees a write for good: true, then false, and it can neither be recovered nor committed",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        const stream = await writer.open(s.at("file"));
        await stream.write(bytes);
        const persisted = await stream.persist();
        const { recoverable } = await stream.closeForCommit();
        const other = await writer.open(s.at("other"));
        await other.write(bytes);
        const committer = await other.closeForCommit();
        assert.equal(await writer.discard(s.at("file"), stream.id), true);
        assert.equal(await writer.discard(s.at("file"), stream.id), false);
        assert.deepEqual(await pending(s, s.folder), ["other"]);
        await assert.rejects(async () => {
          await using again = await writer.recover(persisted);
          await (await again.closeForCommit()).commit();
        });
        const gone = await writer.recoverForCommit(recoverable);
        await assert.rejects(gone.commitAfterRecovery());
        await assert.rejects(gone.commit());
        assert.equal(await s.exists(s.at("file")), false);
        await committer.commit();
        assert.deepEqual(await s.names(s.folder), ["other"]);
      },
    },
    {
      name: "a stream that was let go before it persisted leaves nothing",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        for (const length of [0, 10, bytes.length]) {
          await using stream = await writer.open(s.at("file"));
          await stream.write(bytes.subarray(0, length));
        }
        assert.deepEqual(await pending(s, s.folder), []);
        assert.equal(await s.exists(s.at("file")), false);
      },
    },
  ];
}

/** The targets of what is pending, relative to the case's folder. */
async function pending(s: Subject, prefix: Path): Promise<string[]> {
  const targets: string[] = [];
  const writer = await s.fs.createRecoverableWriter();
  for await (const { target } of writer.pending(prefix)) {
    targets.push(target.key.slice(s.folder.key.length + 1));
  }
  return targets.sort();
}
