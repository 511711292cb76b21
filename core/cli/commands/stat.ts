import type { FileStatus } from "../../fs/contract.ts";
import { defineCommand } from "../command.ts";
import { eachFound } from "../operands.ts";
import { display, formatBytes, formatTime, printable, table } from "../printable.ts";

export const command = defineCommand({
  usage: "PATH...",
  options: {},
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs stat oss://demo/a.txt", "Length, time, version and checksum"],
    ["plugfs stat --json oss://demo/a.txt | jq .length", "One of them"],
  ],
  async run(context, { operands }) {
    const { output } = context;
    let isFirst = true;
    await eachFound(operands, context, async ({ status }) => {
      if (output.json) return output.object(status);
      if (!isFirst) await output.line();
      isFirst = false;
      await output.lines(table(fields(status).map(([name, value]) => [output.colors.dim(name), value])));
    });
    return undefined;
  },
});

function fields({ path, kind, length, modificationTime, version, crc64 }: FileStatus): [string, string][] {
  return [
    ["path", display(path)],
    ["kind", kind],
    ...(kind === "file"
      ? [["length", `${length} bytes${length < 1024 ? "" : ` (${formatBytes(length)})`}`] as [string, string]]
      : []),
    ["modified", formatTime(modificationTime)],
    ...(version === undefined ? [] : [["version", printable(version)] as [string, string]]),
    ...(crc64 === undefined ? [] : [["crc64", crc64] as [string, string]]),
  ];
}
