import { defineCommand } from "../command.ts";
import type { Verdict } from "../doctor/checks.ts";
import { examine } from "../doctor/examine.ts";
import { EXIT } from "../exit.ts";
import { padEnd, printable } from "../printable.ts";

export const command = defineCommand({
  usage: "[--write] [URI...]",
  description:
    "Imports each plugin, gives it its configuration, and looks at each URI: those named here and those that the " +
    "configuration holds. Says what is wrong and what to do next.",
  options: {
    write: { type: "boolean", doc: "Also write, read and remove a small file below each URI named here" },
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs doctor", "Are the plugins and their configuration in order?"],
    ["plugfs doctor --write oss://demo/tmp", "Can this bucket be read and written?"],
  ],
  async run(context, { options, operands }) {
    const { output } = context;
    const { green, yellow, red, bold } = output.colors;
    const paint: Record<Verdict, (text: string) => string> = { ok: green, note: yellow, failed: red };
    let isWell = true;
    for await (const finding of examine(operands, options.write === true, context)) {
      isWell &&= finding.verdict !== "failed";
      if (output.json) await output.object(finding);
      else {
        const { verdict, subject, detail, next } = finding;
        await output.line(
          `${paint[verdict](padEnd(verdict, 6))}  ${bold(printable(subject))}: ${printable(detail)}`,
        );
        if (next !== undefined) await output.line(`        Next: ${printable(next)}`);
      }
    }
    return isWell ? EXIT.ok : EXIT.failed;
  },
});
