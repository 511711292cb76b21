import { resolve } from "node:path";
import { FileSystemError } from "../../../errors/errors.ts";
import type { Finding, Report, Section } from "../../../plugin/authoring/report.ts";
import { shippedFiles } from "../../../plugin/shipped-files.ts";
import type { Colors } from "../../colors.ts";
import { defineCommand } from "../../command.ts";
import { EXIT } from "../../exit.ts";
import { counted, padEnd, printable } from "../../printable.ts";

export const command = defineCommand({
  usage: "[DIR]",
  description:
    "All that a plugin owes before it is shipped: its manifest and the range of plugfs that it asks for, every import of the " +
    "files that it ships, their size and licences, its exports (imported in a process of their own), and its contract " +
    "test. Exit code 1 when there is an error; warnings do not count.",
  options: {},
  operands: { min: 0, max: 1 },
  examples: [
    ["plugfs plugins check my-fs", "Is it ready to be shipped"],
    ["plugfs plugins check --json | jq '.sections[].findings[]'", "For programs"],
  ],
  async run({ output }, { operands }) {
    const { colors, json } = output;
    const { check } = await import("../../../plugin/authoring/check.ts");
    const directory = resolve(operands[0] ?? ".");
    const report = await check({
      directory,
      shippedFiles: async (id, folder) => (await shippedFiles(id, folder)).files,
      onSection: json
        ? undefined
        : async (section) => {
            await output.lines(sectionLines(section, colors));
            await output.flush();
          },
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT" || error.path !== directory) throw error;
      throw new FileSystemError({ code: "ENOENT", path: directory, operation: "check", cause: error });
    });
    if (json) await output.object(report);
    else await output.line(verdict(report, colors));
    return report.ok ? undefined : EXIT.failed;
  },
});

const WIDTH = "isolation".length;

function sectionLines({ area, summary, findings }: Section, colors: Colors): string[] {
  const isBroken = findings.some(({ level }) => level === "error");
  const head = isBroken ? colors.red("failed") : colors.green("ok    ");
  const lines = [`${head}  ${padEnd(area, WIDTH)}  ${printable(isBroken ? "" : summary)}`.trimEnd()];
  for (const finding of findings) lines.push(findingLine(finding, colors));
  return lines;
}

function findingLine({ level, message, place, hint }: Finding, colors: Colors): string {
  const paint = { error: colors.red, warning: colors.yellow, note: colors.dim }[level];
  const text = `${place === undefined ? "" : `${place}: `}${message}${hint === undefined ? "" : `. ${hint}`}`;
  return `        ${paint(`${level}:`)} ${printable(text.replaceAll(/\s*\n\s*/g, " "))}`;
}

function verdict({ sections, id, ok }: Report, colors: Colors): string {
  const all = sections.flatMap(({ findings }) => findings);
  const count = (level: Finding["level"]) => all.filter((finding) => finding.level === level).length;
  const errors = count("error");
  const warnings = count("warning");
  if (!ok) return colors.red(`${id}: ${counted(errors, "error")}, ${counted(warnings, "warning")}.`);
  return colors.green(`${id} is ready${warnings === 0 ? "." : `, with ${counted(warnings, "warning")}.`}`);
}
