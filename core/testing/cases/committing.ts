import assert from "node:assert/strict";
import type { FileStatus, RecoverableWriter } from "../../fs/contract.ts";
import type { Path } from "../../fs/path.ts";
import { type Case, fails, randomBytes } from "../subject.ts";

const NEEDS = ["recoverable-writer"] as const;
const reason = new Error("enough");

/** Writing and publishing without a crash. */
export function committing(partSize: number): readonly Case[] {
  return [
    {
      name: "nothing is visible before the commit; then exactly what was written",
      needs: NEEDS,
      async run(s) {
        const target = s.at("new/folder/file");
        await using stream = await (await s.fs.createRecoverableWriter()).open(target);
        assert.equal(stream.position, 0);
        await stream.write(Buffer.from("one"));
        await stream.persist();
        await stream.write(Buffer.from("two"));
        assert.equal(stream.position, 6);
        assert.equal(await s.exists(target), false);
        const committer = await stream.closeForCommit();
        assert.equal(await s.exists(target), false);
        isFile(await committer.commit(), target, 6);
        isFile(await s.fs.getFileStatus(target), target, 6);
        assert.equal(await s.text(target), "onetwo");
        assert.deepEqual(await s.names(target.parent as Path), ["file"]);
      },
    },
    {
      name: "an empty stream becomes an empty file",
      needs: NEEDS,
      async run(s) {
        for (const persisted of [false, true]) {
          const target = s.at(`file-${persisted}`);
          await using stream = await (await s.fs.createRecoverableWriter()).open(target);
          if (persisted) await stream.persist();
          isFile(await (await stream.closeForCommit()).commit(), target, 0);
          assert.equal(await s.text(target), "");
        }
        assert.deepEqual(await s.names(s.folder), ["file-false", "file-true"]);
      },
    },
    {
      name: "many writes, small and large, arrive in order; a buffer may be used again",
      needs: NEEDS,
      async run(s) {
        const bytes = randomBytes(3 * partSize + 17, 3);
        const buffer = new Uint8Array(partSize + 1000);
        await using stream = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
        for (let done = 0, turn = 0; done < bytes.length; turn++) {
          const length = [1, 1000, 0, partSize + 1000, 100_000][turn % 5] as number;
          const piece = bytes.subarray(done, done + length);
          buffer.set(piece);
          await stream.write(buffer.subarray(0, piece.length));
          buffer.fill(0);
          done += piece.length;
          assert.equal(stream.position, done);
        }
        await (await stream.closeForCommit()).commit();
        assert.ok((await s.bytes(s.at("file"))).equals(bytes));
      },
    },
    {
      name: "persisting after each byte, or many times without one, changes nothing",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        await using stream = await writer.open(s.at("file"));
        for (let i = 0; i < 4; i++) await stream.persist();
        for (const letter of "letters") {
          await stream.write(Buffer.from(letter));
          await stream.persist();
        }
        for (let i = 0; i < 4; i++) await stream.persist();
        await stream.write(Buffer.from("!"));
        await (await stream.closeForCommit()).commit();
        assert.equal(await s.text(s.at("file")), "letters!");
      },
    },
    {
      name: "a stream that was closed takes nothing more, and what it wrote is committed all the same",
      needs: NEEDS,
      async run(s) {
        await using stream = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
        await stream.write(Buffer.from("text"));
        const committer = await stream.closeForCommit();
        await assert.rejects(stream.write(Buffer.from("x")), fails("EINVAL"));
        await assert.rejects(stream.persist(), fails("EINVAL"));
        await assert.rejects(stream.closeForCommit(), fails("EINVAL"));
        await stream[Symbol.asyncDispose]();
        await stream[Symbol.asyncDispose]();
        await committer.commit();
        assert.equal(await s.text(s.at("file")), "text");
      },
    },
    {
      name: "one write at a time: a second is EBUSY and harms nothing",
      needs: NEEDS,
      async run(s) {
        await using stream = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
        const first = stream.write(Buffer.from("first"));
        await assert.rejects(stream.write(Buffer.from("second")), fails("EBUSY"));
        await first;
        await (await stream.closeForCommit()).commit();
        assert.equal(await s.text(s.at("file")), "first");
      },
    },
    {
      name: "without overwrite a commit replaces nothing, decided when it happens",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        const [first, second] = [await staged(writer, s.at("file")), await staged(writer, s.at("file"))];
        await s.put(s.at("file"), "longer");
        await assert.rejects(first.commit(), fails("EEXIST"));
        await assert.rejects(second.commitAfterRecovery(), fails("EEXIST"));
        assert.equal(await s.text(s.at("file")), "longer");
      },
    },
    {
      name: "with overwrite a commit replaces the file that is there then",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        await s.put(s.at("file"), "before");
        const committer = await staged(writer, s.at("file"), true);
        assert.equal(await s.text(s.at("file")), "before");
        await s.put(s.at("file"), "meanwhile", { overwrite: true });
        isFile(await committer.commit(), s.at("file"), 4);
        assert.equal(await s.text(s.at("file")), "text");
      },
    },
    {
      name: "two writers of one target: one is published, whole",
      needs: NEEDS,
      async run(s) {
        const opened = await Promise.all(
          ["a", "b"].map(async (letter) => {
            const stream = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
            await stream.write(Buffer.from(letter.repeat(1000)));
            return await stream.closeForCommit();
          }),
        );
        const outcomes = await Promise.allSettled(opened.map((committer) => committer.commit()));
        const won = outcomes.findIndex(({ status }) => status === "fulfilled");
        assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
        assert.equal(await s.text(s.at("file")), (won === 0 ? "a" : "b").repeat(1000));
      },
    },
    {
      name: "a folder is never written over, and nothing is written below a file",
      needs: NEEDS,
      async run(s) {
        await s.put(s.at("folder/inside"), "x");
        await s.put(s.at("file"), "x");
        for (const name of ["folder", "file/below"]) {
          for (const overwrite of [false, true]) {
            await assert.rejects(async () => {
              const writer = await s.fs.createRecoverableWriter();
              await using stream = await writer.open(s.at(name), { overwrite });
              await stream.write(Buffer.from("text"));
              await (await stream.closeForCommit()).commit();
            }, `${name}, overwrite ${overwrite}`);
          }
        }
        assert.equal(await s.text(s.at("file")), "x");
        assert.deepEqual(await s.names(s.at("folder")), ["inside"]);
      },
    },
    {
      name: "an aborted signal ends opening and recovering with its reason",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        const { recoverable } = await staged(writer, s.at("file"));
        const signal = AbortSignal.abort(reason);
        await assert.rejects(writer.open(s.at("other"), { signal }), (error) => error === reason);
        await assert.rejects(writer.recover(recoverable, { signal }), (error) => error === reason);
        assert.equal(await s.exists(s.at("other")), false);
      },
    },
    {
      name: "a signal that fires later ends the stream; what was persisted is kept",
      needs: NEEDS,
      async run(s) {
        const controller = new AbortController();
        const writer = await s.fs.createRecoverableWriter();
        await using stream = await writer.open(s.at("file"), { signal: controller.signal });
        await stream.write(Buffer.from("kept"));
        const recoverable = await stream.persist();
        controller.abort(reason);
        await assert.rejects(stream.write(Buffer.from("x")), (error) => error === reason);
        await assert.rejects(stream.persist(), (error) => error === reason);
        await assert.rejects(stream.closeForCommit(), (error) => error === reason);
        await stream[Symbol.asyncDispose]();
        await (await writer.recoverForCommit(recoverable)).commitAfterRecovery();
        assert.equal(await s.text(s.at("file")), "kept");
      },
    },
  ];
}

/** `text`, written and closed. */
export async function staged(writer: RecoverableWriter, target: Path, overwrite = false) {
  await using stream = await writer.open(target, { overwrite });
  await stream.write(Buffer.from("text"));
  return await stream.closeForCommit();
}

function isFile(status: FileStatus, path: Path, length: number): void {
  assert.ok(status.path.equals(path), `${status.path} is not ${path}`);
  assert.deepEqual([status.kind, status.length], ["file", length]);
}
