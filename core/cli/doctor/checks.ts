import { randomUUID } from "node:crypto";
import { FileSystemError } from "../../errors/errors.ts";
import { describeError } from "../advice.ts";
import type { Place } from "../context.ts";
import { statusIfAny } from "../globs.ts";

/** `note`: nothing is wrong, but something is not done or not known. */
export type Verdict = "ok" | "note" | "failed";

export interface Finding {
  readonly subject: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What to do. */
  readonly next?: string;
}

/** Runs one check; what it rejects with is the finding. */
export async function check(
  subject: string,
  signal: AbortSignal,
  examine: () => Promise<Omit<Finding, "subject">>,
): Promise<Finding> {
  try {
    return { subject, ...(await examine()) };
  } catch (error) {
    signal.throwIfAborted();
    return { subject, verdict: "failed", detail: describeError(error) };
  }
}

/** Whether a place answers: its status, and the first entry of its listing. */
export async function canRead({ path, fileSystem }: Place, signal: AbortSignal): Promise<string> {
  const started = performance.now();
  const status = await statusIfAny(fileSystem, path, signal);
  let what = "there is nothing there yet";
  if (status?.kind === "file") what = "it is a file";
  else if (status !== undefined) {
    what = "it is an empty folder";
    for await (const _ of fileSystem.listStatus(path, { signal })) {
      what = "it is a folder";
      break;
    }
  }
  return `it answers in ${Math.round(performance.now() - started)} ms, ${what}`;
}

/** Writes a small file, reads it back, and removes it. */
export async function canWrite({ path, fileSystem }: Place, signal: AbortSignal): Promise<string> {
  const probe = path.child(`.plugfs-doctor-${randomUUID()}`);
  const bytes = Buffer.from(probe.name);
  {
    await using stream = await fileSystem.create(probe, { signal });
    await stream.write(bytes);
    await stream.close();
  }
  try {
    await using stream = await fileSystem.open(probe, { signal });
    const read = Buffer.alloc(bytes.length + 1);
    const count = await stream.read(read);
    if (!read.subarray(0, count).equals(bytes)) {
      const message = "what was read back is not what was written";
      throw new FileSystemError({ code: "EIO", path: probe, operation: "doctor", message });
    }
  } finally {
    await fileSystem.delete(probe, { signal });
  }
  return "a file was written, read back and removed";
}
