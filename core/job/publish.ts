import { errorMessage, JobError } from "../errors/errors.ts";
import type { SinkResult, TextSink } from "../text/write-as-text.ts";

/** Gives every file of every sink its name, one by one. When it stops halfway the error lists which have theirs. */
export async function publish(
  job: string | undefined,
  sinks: readonly TextSink[],
  { signal, hint }: { readonly signal: AbortSignal; readonly hint: string },
): Promise<SinkResult[]> {
  const parts = sinks.flatMap((sink) => sink.parts);
  for (const [done, { path, file }] of parts.entries()) {
    try {
      await file.publish();
    } catch (cause) {
      if (done === 0 && signal.aborted) throw cause;
      const list = (from: number, to?: number) =>
        parts
          .slice(from, to)
          .map((part) => part.path)
          .join(", ");
      const halfway = done === 0 ? "" : `; published: ${list(0, done)}; not published: ${list(done)}`;
      throw new JobError({
        code: "ERR_JOB_OUTPUT",
        job,
        message: `${path} cannot be published: ${errorMessage(cause)}${halfway}`,
        hint: done === 0 ? undefined : hint,
        cause,
      });
    }
  }
  const results: SinkResult[] = [];
  for (const sink of sinks) results.push(await sink.complete(signal));
  return results;
}
