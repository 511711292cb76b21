import assert from "node:assert/strict";
import {
  appendFile,
  link,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { runSchedule, type Schedule } from "../../testing/recoverable-schedule.ts";
import { Subject } from "../../testing/subject.ts";
import type { RecoverableWriter } from "../contract.ts";
import { Path } from "../path.ts";
import { LocalFileSystem } from "./local-file-system.ts";

const writer = (): Promise<RecoverableWriter> => new LocalFileSystem().createRecoverableWriter();
const bytes = (text: string) => Buffer.from(text);

test("the bytes are staged in a hidden file beside the target, which the commit renames", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "sub/out"));
  await using stream = await (await writer()).open(target);
  await stream.write(bytes("one"));
  assert.match(stream.id, /^\.out\.inprogress\.[0-9a-f-]{36}$/);
  assert.deepEqual(await readdir(join(folder.path, "sub")), [stream.id]);
  await (await stream.closeForCommit()).commit();
  assert.deepEqual(await readdir(join(folder.path, "sub")), ["out"]);
});

test("a commit after recovery mends what a crash left halfway, and says so when it cannot", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  const staged = async () => {
    await rm(target.key, { force: true });
    const stream = await (await writer()).open(target);
    await stream.write(bytes("text"));
    const { recoverable } = await stream.closeForCommit();
    return {
      committer: await (await writer()).recoverForCommit(recoverable),
      file: join(folder.path, stream.id),
    };
  };
  const committed = async () => {
    assert.equal(await readFile(target.key, "utf8"), "text");
    assert.deepEqual(await readdir(folder.path), ["out"]);
  };
  const longer = await staged();
  await appendFile(longer.file, "junk");
  await assert.rejects(longer.committer.commit(), { code: "EIO", message: /8 bytes.*4/ });
  await longer.committer.commitAfterRecovery();
  await committed();
  const halfway = await staged();
  await link(halfway.file, target.key);
  await halfway.committer.commitAfterRecovery();
  await committed();
  const shorter = await staged();
  await truncate(shorter.file, 3);
  await assert.rejects(shorter.committer.commit(), { code: "EIO" });
  await assert.rejects(shorter.committer.commitAfterRecovery(), { code: "EIO", message: /3 bytes.*4/ });
  await rm(shorter.file);
  await assert.rejects(shorter.committer.commitAfterRecovery(), { code: "ENOENT", path: String(target) });
  await writeFile(target.key, "other");
  await assert.rejects(shorter.committer.commitAfterRecovery(), { code: "EIO", message: /5 bytes/ });
  assert.equal(await readFile(target.key, "utf8"), "other");
});

test("with overwrite a link stays a link: what it points to is replaced", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "real"));
  await writeFile(join(folder.path, "real/file"), "old");
  await symlink("real/file", join(folder.path, "link"));
  await using stream = await (await writer()).open(Path.parse(join(folder.path, "link")), {
    overwrite: true,
  });
  await stream.write(bytes("new"));
  await (await stream.closeForCommit()).commit();
  assert.equal(await readFile(join(folder.path, "real/file"), "utf8"), "new");
  assert.deepEqual(await readdir(folder.path), ["link", "real"]);
});

test("only what is a temporary file is pending, and only such can be discarded", async () => {
  await using folder = await temporaryFolder();
  const recoverable = await writer();
  const target = Path.parse(join(folder.path, "out"));
  for (const name of [".hidden", "out", ".out.inprogress.no-uuid"])
    await writeFile(join(folder.path, name), "");
  for await (const { id } of recoverable.pending(Path.parse(folder.path))) assert.fail(id);
  for (const id of ["../out", "out", "", ".a/../out.inprogress.00000000-0000-0000-0000-000000000000"]) {
    await assert.rejects(recoverable.discard(target, id), { code: "EINVAL" });
  }
  assert.equal((await readdir(folder.path)).length, 3);
});

test("a recoverable whose file is gone or cut is refused, and so is one that names another file", async () => {
  await using folder = await temporaryFolder();
  const target = Path.parse(join(folder.path, "out"));
  const recoverable = await writer();
  const stream = await recoverable.open(target);
  await stream.write(bytes("text"));
  const resume = await stream.persist();
  await stream[Symbol.asyncDispose]();
  await truncate(join(folder.path, stream.id), 2);
  await assert.rejects(recoverable.recover(resume), { code: "EIO" });
  await rm(join(folder.path, stream.id));
  await assert.rejects(recoverable.recover(resume), { code: "ENOENT" });
  await writeFile(target.key, "precious");
  const whole = JSON.parse(Buffer.from(resume).toString());
  for (const change of [
    { temporary: "out" },
    { temporary: "../out" },
    { target: "relative" },
    { offset: -1 },
    { offset: "0" },
    { overwrite: undefined },
  ]) {
    const forged = bytes(JSON.stringify({ ...whole, ...change }));
    await assert.rejects(recoverable.recover(forged), { code: "EINVAL" }, JSON.stringify(change));
  }
  const newer = bytes(JSON.stringify({ ...whole, format: "plugfs-local-2" }));
  await assert.rejects(recoverable.recover(newer), { code: "EINVAL", message: /plugfs-local-2.*newer/ });
  assert.equal(await readFile(target.key, "utf8"), "precious");
});

test("any sequence of write, persist, crash and recover commits exactly the bytes up to the point recovered", async () => {
  await using folder = await temporaryFolder();
  const root = Path.parse(folder.path);
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), bytes: fc.nat(2000) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("persist" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), goOnFrom: fc.nat(9) }) },
  );
  const schedules: fc.Arbitrary<Schedule> = fc.record({
    steps: fc.array(step, { maxLength: 30 }),
    ending: fc.constantFrom("commit", "commit after a crash", "commit what was persisted"),
    overwrite: fc.boolean(),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const target = root.child(`${run++}/file`);
      await runSchedule(new Subject(new LocalFileSystem(), root, undefined), target, schedule);
    }),
    { numRuns: process.env.PLUGFS_SOAK ? 2000 : 60 },
  );
});
