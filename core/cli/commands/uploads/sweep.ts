import { defineCommand } from "../../command.ts";
import { UsageError } from "../../exit.ts";
import { duration } from "../../options.ts";
import { counted, display, formatBytes, formatTime } from "../../printable.ts";
import { Failures } from "../../transfer/failures.ts";
import { pendingWrites } from "../../uploads.ts";

export const command = defineCommand({
  usage: "--older-than AGE [--dry-run] PATH...",
  description:
    "Discards unfinished writes below a path that were begun longer ago. A job that still means to go on with one of them " +
    "fails then: choose an age beyond that of any checkpoint that may be restored.",
  options: {
    "older-than": { type: "string", value: "AGE", doc: "Begun at least this long ago: 12h, 7d" },
    "dry-run": { type: "boolean", doc: "Say what would be discarded, and do nothing" },
  },
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs uploads sweep --older-than 7d --dry-run oss://demo", "What is old"],
    ["plugfs uploads sweep --older-than 7d oss://demo", "Every night, from cron"],
  ],
  async run(context, { options, operands }) {
    const age = options["older-than"];
    if (age === undefined) throw new UsageError("--older-than AGE is needed, such as 7d.");
    const before = Date.now() - duration("--older-than", age);
    const { messages, output, signal } = context;
    const failures = new Failures(messages, signal);
    let count = 0;
    let bytes = 0;
    for (const operand of operands) {
      const { writer, pending } = await pendingWrites(operand, context);
      for await (const upload of pending) {
        signal.throwIfAborted();
        // A start that is not known may be now.
        if (upload.started === 0 || upload.started > before) continue;
        await failures.guard(async () => {
          if (!options["dry-run"] && !(await writer.discard(upload.target, upload.id))) return;
          count++;
          bytes += upload.bytes;
          const { target, id, started } = upload;
          if (output.json) await output.object({ target, id, started, bytes: upload.bytes });
          else
            await output.line(`${display(target)} of ${formatTime(started)} (${formatBytes(upload.bytes)})`);
        });
      }
    }
    if (!output.json) {
      const done = options["dry-run"] ? "to discard" : "discarded";
      await output.line(`${counted(count, "unfinished write")} ${done} (${formatBytes(bytes)}).`);
    }
    return undefined;
  },
});
