import assert from "node:assert/strict";
import type { RecoverableStream } from "../../fs/contract.ts";
import { type Case, fails, randomBytes, type Subject } from "../subject.ts";
import { staged } from "./committing.ts";

const NEEDS = ["recoverable-writer"] as const;

/** What is written, where it is recovered, what is written then. */
type Scenario = readonly [name: string, at: number];

/** Flink's four resume points: after which of the persists, of 0, 1, 1 and 2 pieces, it goes on. */
const SCENARIOS: readonly Scenario[] = [
  ["the empty state", 0],
  ["a state with bytes", 1],
  ["a state that added none", 2],
  ["the last of several states", 3],
];

/** Crashes: the stream is let go, and a writer made anew goes on from the bytes of a recoverable. */
export function recovering(partSize: number): readonly Case[] {
  const sizes = [
    ["", 10],
    [", in parts", 2 * partSize + 5],
  ] as const;
  return [
    ...sizes.flatMap(([label, size]) =>
      SCENARIOS.map(
        ([state, at]): Case => ({
          name: `recovering ${state} drops exactly what came later${label}`,
          needs: NEEDS,
          run: (s) => recoverAt(s, at, size),
        }),
      ),
    ),
    {
      name: "a stream keeps its id through persist and recover",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        const first = await writer.open(s.at("file"));
        const { id } = first;
        const recoverable = await first.persist();
        assert.equal(first.id, id);
        await crash(first);
        await using second = await (await s.fs.createRecoverableWriter()).recover(recoverable);
        assert.deepEqual([second.id, second.position], [id, 0]);
      },
    },
    {
      name: "one recoverable can be recovered again and again",
      needs: NEEDS,
      async run(s) {
        const first = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
        await first.write(Buffer.from("kept"));
        const recoverable = await first.persist();
        await crash(first);
        for (const lost of [" one", "", " three more"]) {
          const again = await (await s.fs.createRecoverableWriter()).recover(recoverable);
          assert.equal(again.position, 4);
          await again.write(Buffer.from(lost));
          await crash(again);
        }
        await using last = await (await s.fs.createRecoverableWriter()).recover(recoverable);
        await last.write(Buffer.from(" last"));
        await (await last.closeForCommit()).commit();
        assert.equal(await s.text(s.at("file")), "kept last");
      },
    },
    {
      name: "a committer made anew from its recoverable commits once, however often it is asked",
      needs: NEEDS,
      async run(s) {
        const { recoverable } = await staged(await s.fs.createRecoverableWriter(), s.at("file"));
        for (let i = 0; i < 3; i++) {
          const committer = await (await s.fs.createRecoverableWriter()).recoverForCommit(recoverable);
          assert.equal((await committer.commitAfterRecovery()).length, 4);
          assert.deepEqual(Buffer.from(committer.recoverable), Buffer.from(recoverable));
        }
        assert.equal(await s.text(s.at("file")), "text");
        assert.deepEqual(await s.names(s.folder), ["file"]);
      },
    },
    {
      name: "what was committed is found committed after a crash",
      needs: NEEDS,
      async run(s) {
        const committer = await staged(await s.fs.createRecoverableWriter(), s.at("file"));
        await committer.commit();
        const again = await (await s.fs.createRecoverableWriter()).recoverForCommit(committer.recoverable);
        assert.equal((await again.commitAfterRecovery()).length, 4);
        assert.equal(await s.text(s.at("file")), "text");
      },
    },
    {
      name: "a recoverable of persist commits the bytes up to its point",
      needs: NEEDS,
      async run(s) {
        for (const size of [10, partSize + 10]) {
          const target = s.at(`file-${size}`);
          const bytes = randomBytes(size, 5);
          const stream = await (await s.fs.createRecoverableWriter()).open(target);
          await stream.write(bytes);
          const recoverable = await stream.persist();
          await stream.write(randomBytes(size, 6));
          await crash(stream);
          const committer = await (await s.fs.createRecoverableWriter()).recoverForCommit(recoverable);
          assert.equal((await committer.commitAfterRecovery()).length, size);
          assert.ok((await s.bytes(target)).equals(bytes));
        }
      },
    },
    {
      name: "a write that was committed is not recovered by halves: it is refused, or gives exactly its bytes",
      needs: NEEDS,
      async run(s) {
        for (const size of [10, partSize + 10]) {
          const target = s.at(`file-${size}`);
          const bytes = randomBytes(2 * size, 13);
          const stream = await (await s.fs.createRecoverableWriter()).open(target, { overwrite: true });
          await stream.write(bytes.subarray(0, size));
          const earlier = await stream.persist();
          await stream.write(bytes.subarray(size));
          const later = await stream.persist();
          await crash(stream);
          await using second = await (await s.fs.createRecoverableWriter()).recover(earlier);
          await (await second.closeForCommit()).commit();
          let expected = bytes.subarray(0, size);
          for (const [recoverable, whole] of [
            [later, bytes],
            [earlier, bytes.subarray(0, size)],
          ] as const) {
            if (await commitsAgain(s, recoverable)) expected = whole;
            assert.ok((await s.bytes(target)).equals(expected));
          }
        }
      },
    },
    {
      name: "a commit after recovery never says yes to another file, nor to none",
      needs: NEEDS,
      async run(s) {
        const bytes = randomBytes(partSize + 10, 17);
        await using stream = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
        await stream.write(bytes);
        const committer = await stream.closeForCommit();
        await committer.commit();
        await s.put(s.at("file"), "another", { overwrite: true });
        await assert.rejects(committer.commitAfterRecovery());
        assert.equal(await s.text(s.at("file")), "another");
        await s.fs.delete(s.at("file"));
        await assert.rejects(committer.commitAfterRecovery());
        assert.equal(await s.exists(s.at("file")), false);
      },
    },
    {
      name: "freeing an older recoverable leaves the newer one good; freeing twice is no error",
      needs: NEEDS,
      async run(s) {
        for (const size of [10, partSize + 10]) {
          const target = s.at(`file-${size}`);
          const bytes = randomBytes(3 * size, 7);
          const writer = await s.fs.createRecoverableWriter();
          const stream = await writer.open(target);
          await stream.write(bytes.subarray(0, size));
          const older = await stream.persist();
          await stream.write(bytes.subarray(size, 2 * size));
          const newer = await stream.persist();
          await crash(stream);
          await writer.cleanup(older);
          assert.equal(await writer.cleanup(older), false);
          await using second = await (await s.fs.createRecoverableWriter()).recover(newer);
          await second.write(bytes.subarray(2 * size));
          await (await second.closeForCommit()).commit();
          await writer.cleanup(newer);
          assert.equal(await writer.cleanup(newer), false);
          assert.ok((await s.bytes(target)).equals(bytes));
        }
        assert.equal((await s.names(s.folder)).length, 2);
      },
    },
    {
      name: "bytes that are no recoverable are EINVAL",
      needs: NEEDS,
      async run(s) {
        const writer = await s.fs.createRecoverableWriter();
        const { recoverable } = await staged(writer, s.at("file"));
        const wrong = ["", "{}", "null", '{"format":"from-the-future-9"}', "\xff\xfe"].map((text) =>
          Buffer.from(text, "latin1"),
        );
        for (const bytes of [...wrong, recoverable.subarray(0, recoverable.length - 2)]) {
          await assert.rejects(writer.recover(bytes), fails("EINVAL"));
          await assert.rejects(writer.recoverForCommit(bytes), fails("EINVAL"));
          await assert.rejects(writer.cleanup(bytes), fails("EINVAL"));
        }
      },
    },
  ];
}

async function recoverAt(s: Subject, at: number, size: number): Promise<void> {
  const bytes = randomBytes(4 * size, 11);
  const piece = (i: number) => bytes.subarray(i * size, (i + 1) * size);
  const stream = await (await s.fs.createRecoverableWriter()).open(s.at("file"));
  const states = [{ recoverable: await stream.persist(), pieces: 0 }];
  await stream.write(piece(0));
  states.push({ recoverable: await stream.persist(), pieces: 1 });
  states.push({ recoverable: await stream.persist(), pieces: 1 });
  await stream.write(piece(1));
  states.push({ recoverable: await stream.persist(), pieces: 2 });
  await stream.write(piece(2));
  await crash(stream);
  assert.equal(await s.exists(s.at("file")), false);

  const { recoverable, pieces } = states[at] as (typeof states)[number];
  const again = await (await s.fs.createRecoverableWriter()).recover(Uint8Array.from(recoverable));
  assert.equal(again.position, pieces * size);
  await again.write(piece(3));
  await (await again.closeForCommit()).commit();
  const expected = Buffer.concat([bytes.subarray(0, pieces * size), piece(3)]);
  assert.ok((await s.bytes(s.at("file"))).equals(expected));
}

/** Whether a recoverable could be committed once more: one that holds all its bytes can. */
async function commitsAgain(s: Subject, recoverable: Uint8Array): Promise<boolean> {
  try {
    await using stream = await (await s.fs.createRecoverableWriter()).recover(recoverable);
    await (await stream.closeForCommit()).commit();
    return true;
  } catch (error) {
    assert.equal((error as Error).name, "FileSystemError", String(error));
    return false;
  }
}

async function crash(stream: RecoverableStream): Promise<void> {
  await stream[Symbol.asyncDispose]();
}
