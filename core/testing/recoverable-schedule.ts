import assert from "node:assert/strict";
import type { RecoverableStream } from "../fs/contract.ts";
import type { Path } from "../fs/path.ts";
import { type Case, randomBytes, type Subject } from "./subject.ts";

/** One step of a writer's life. Numbers choose: bytes of a write, which of the persisted points to go on from. */
export type Step =
  | { readonly do: "write"; readonly bytes: number }
  | { readonly do: "persist" }
  | { readonly do: "crash"; readonly goOnFrom: number };

/** How it ends: committed; committed by a process that found only the recoverable; or from a persisted point alone. */
export type Ending = "commit" | "commit after a crash" | "commit what was persisted";

export interface Schedule {
  readonly steps: readonly Step[];
  readonly ending: Ending;
  /** Whether the target exists beforehand, and is to be replaced. */
  readonly overwrite: boolean;
}

/**
 * Runs a schedule and checks that exactly the bytes up to the points recovered are published, and that nothing else is
 * left. A crash is a stream let go and a writer made anew; the later points are void then.
 */
export async function runSchedule(s: Subject, target: Path, schedule: Schedule): Promise<void> {
  const { steps, ending, overwrite } = schedule;
  if (overwrite) await s.put(target, "before");
  let written = Buffer.alloc(0);
  let points: { recoverable: Uint8Array; length: number }[] = [];
  let stream = await (await s.fs.createRecoverableWriter()).open(target, { overwrite });
  for (const [i, step] of steps.entries()) {
    if (step.do === "write") {
      const bytes = randomBytes(step.bytes, i + 1);
      await stream.write(bytes);
      written = Buffer.concat([written, bytes]);
    } else if (step.do === "persist") {
      points.push({ recoverable: await stream.persist(), length: written.length });
    } else {
      await stream[Symbol.asyncDispose]();
      points = points.slice(0, points.length === 0 ? 0 : (step.goOnFrom % points.length) + 1);
      const point = points.at(-1);
      const writer = await s.fs.createRecoverableWriter();
      stream = await (point ? writer.recover(point.recoverable) : writer.open(target, { overwrite }));
      written = written.subarray(0, point?.length ?? 0);
    }
    assert.equal(stream.position, written.length);
  }

  const published = await publish(s, stream, ending, points.at(-1)?.recoverable);
  if (published === "up to the last point") written = written.subarray(0, points.at(-1)?.length);
  assert.ok(
    (await s.bytes(target)).equals(written),
    `${written.length} bytes are not those that were written`,
  );
  const writer = await s.fs.createRecoverableWriter();
  for (const { recoverable } of points) await writer.cleanup(recoverable);
  if (s.can("pending-writes")) {
    const left: string[] = [];
    for await (const { id } of writer.pending(target)) left.push(id);
    const crashed = steps.some((step) => step.do === "crash");
    assert.ok(crashed || left.length === 0, "an undisturbed write leaves something pending");
    // What only a point held that a crash made void is found, and can be let go of.
    for (const id of left) assert.equal(await writer.discard(target, id), true);
    for await (const { id } of writer.pending(target)) assert.fail(`left: ${id}`);
  }
  assert.deepEqual(await s.names(target.parent as Path), [target.name]);
}

async function publish(
  s: Subject,
  stream: RecoverableStream,
  ending: Ending,
  point: Uint8Array | undefined,
): Promise<"whole" | "up to the last point"> {
  if (ending === "commit what was persisted" && point !== undefined) {
    await stream[Symbol.asyncDispose]();
    const writer = await s.fs.createRecoverableWriter();
    await (await writer.recoverForCommit(point)).commitAfterRecovery();
    return "up to the last point";
  }
  const committer = await stream.closeForCommit();
  if (ending === "commit") {
    await committer.commit();
  } else {
    const writer = await s.fs.createRecoverableWriter();
    await (await writer.recoverForCommit(committer.recoverable)).commitAfterRecovery();
  }
  return "whole";
}

/** The same schedules every time, one a seed. */
export function randomSchedules(partSize: number, count: number): readonly Case[] {
  return [
    {
      name: "any sequence of write, persist, crash and recover commits exactly the bytes up to the point recovered",
      needs: ["recoverable-writer"],
      async run(s) {
        for (let seed = 1; seed <= count; seed++) {
          const schedule = scheduleOf(seed, partSize);
          try {
            await runSchedule(s, s.at(`schedule-${seed}/file`), schedule);
          } catch (cause) {
            throw new Error(`schedule ${seed} failed: ${JSON.stringify(schedule)}`, { cause });
          }
        }
      },
    },
  ];
}

const ENDINGS: readonly Ending[] = ["commit", "commit after a crash", "commit what was persisted"];

function scheduleOf(seed: number, partSize: number): Schedule {
  const draws = randomBytes(64, seed * 7919);
  let drawn = 0;
  const draw = (below: number): number => Math.floor(((draws[drawn++] ?? 0) / 256) * below);
  const lengths = [0, 1, 10, 1000, partSize, partSize + 1, 2 * partSize + 100];
  const steps = Array.from({ length: 3 + draw(12) }, (): Step => {
    const kind = draw(10);
    if (kind < 5) return { do: "write", bytes: lengths[draw(lengths.length)] as number };
    return kind < 8 ? { do: "persist" } : { do: "crash", goOnFrom: draw(8) };
  });
  return { steps, ending: ENDINGS[draw(3)] as Ending, overwrite: draw(2) === 1 };
}
