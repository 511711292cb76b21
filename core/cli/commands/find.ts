import picomatch from "picomatch";
import type { FileStatus } from "../../fs/contract.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../exit.ts";
import { eachFound } from "../operands.ts";
import { duration, memory } from "../options.ts";
import { display } from "../printable.ts";

export const command = defineCommand({
  usage: "[PATH...] [conditions]",
  description:
    "Prints the path of everything below that meets all conditions. --json and -0 give the exact names.",
  options: {
    name: { type: "string", value: "PATTERN", doc: "Last part of the path: '*.gz'" },
    type: { type: "string", value: "f|d", doc: "Files or folders" },
    larger: { type: "string", value: "SIZE", doc: "Files of more bytes: 64mb" },
    smaller: { type: "string", value: "SIZE", doc: "Files of fewer bytes" },
    newer: { type: "string", value: "AGE", doc: "Changed within this time: 2h, 7d" },
    older: { type: "string", value: "AGE", doc: "Not changed within this time" },
    null: { type: "boolean", short: "0", doc: "End each path with a NUL, for xargs -0" },
  },
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  examples: [
    ["plugfs find oss://demo --name '*.gz' --older 30d", "By name and age"],
    ["plugfs find oss://demo --type f --larger 1gb --json", "By size"],
  ],
  async run(context, { options, operands }) {
    const { output, signal } = context;
    const meets = conditions(options, Date.now());
    const show = (status: FileStatus) => {
      if (output.json) return output.object(status);
      if (options.null) {
        const { path } = status;
        return output.text(`${path.scheme === "file" ? path.key : path}\0`);
      }
      return output.line(display(status.path));
    };
    await eachFound(
      operands.length === 0 ? ["."] : operands,
      context,
      async ({ path, fileSystem, status }) => {
        if (meets(status)) await show(status);
        if (status.kind === "file") return;
        for await (const entry of fileSystem.listStatus(path, { recursive: true, signal })) {
          if (meets(entry)) await show(entry);
        }
      },
    );
    return undefined;
  },
});

type Options = Readonly<
  Partial<Record<"name" | "type" | "larger" | "smaller" | "newer" | "older", string | undefined>>
>;

function conditions(options: Options, now: number): (status: FileStatus) => boolean {
  const all: ((status: FileStatus) => boolean)[] = [];
  const { name, type, larger, smaller, newer, older } = options;
  if (name !== undefined) {
    const isMatch = picomatch(name, { dot: true });
    all.push(({ path }) => isMatch(path.name));
  }
  if (type !== undefined) {
    if (type !== "f" && type !== "d")
      throw new UsageError(`--type is f (files) or d (folders), not "${type}".`);
    all.push(({ kind }) => kind === (type === "f" ? "file" : "directory"));
  }
  if (larger !== undefined) {
    const limit = memory("--larger", larger);
    all.push(({ kind, length }) => kind === "file" && length > limit);
  }
  if (smaller !== undefined) {
    const limit = memory("--smaller", smaller);
    all.push(({ kind, length }) => kind === "file" && length < limit);
  }
  // A time that is not known is neither new nor old.
  if (newer !== undefined) {
    const limit = now - duration("--newer", newer);
    all.push(({ modificationTime: time }) => time !== 0 && time >= limit);
  }
  if (older !== undefined) {
    const limit = now - duration("--older", older);
    all.push(({ modificationTime: time }) => time !== 0 && time < limit);
  }
  return (status) => all.every((condition) => condition(status));
}
