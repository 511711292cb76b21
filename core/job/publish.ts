import { errorMessage, JobError } from "../errors/errors.ts";
import type { Sink } from "../text/sink.ts";

/** Gives every file that the sinks have ready its name, one by one. When it stops halfway the error lists which have theirs. */
export async function publish(
  job: string | undefined,
  sinks: readonly Sink[],
  { signal, hint }: { readonly signal: AbortSignal; readonly hint: string },
): Promise<void> {
  const parts = sinks.flatMap((sink) => sink.parts);
  for (const [done, part] of parts.entries()) {
    try {
      await part.publish();
    } catch (cause) {
      if (done === 0 && signal.aborted) throw cause;
      const list = (from: number, to?: number) =>
        parts
          .slice(from, to)
          .map(({ path }) => path)
          .join(", ");
      const halfway = done === 0 ? "" : `; published: ${list(0, done)}; not published: ${list(done)}`;
      throw new JobError({
        code: "ERR_JOB_OUTPUT",
        job,
        message: `${part.path} cannot be published: ${errorMessage(cause)}${halfway}`,
        hint: done === 0 ? undefined : hint,
        cause,
      });
    }
  }
}
