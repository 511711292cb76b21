/** Options that several commands share, and how their values are read. */
import { parseDuration, parseInteger, parseMemory } from "../config/values.ts";
import { errorMessage } from "../errors/errors.ts";
import { UsageError } from "./exit.ts";

export const PARALLEL = {
  type: "string",
  short: "p",
  value: "N",
  doc: "Files at a time (default: 32)",
} as const;
export const VERBOSE = { type: "boolean", short: "v", doc: "Name each file" } as const;
export const YES = { type: "boolean", short: "y", doc: "Do not ask" } as const;
export const BYTES = { type: "boolean", short: "b", doc: "Sizes in bytes, not in KiB, MiB, GiB" } as const;

export function parallelism(text: string | undefined): number {
  return text === undefined
    ? 32
    : read("--parallel", text, (value) => parseInteger(value, { min: 1, max: 1024 }));
}

export function integer(name: string, text: string): number {
  return read(name, text, (value) => parseInteger(value, { min: 0 }));
}

/** Milliseconds of `7d`, `30 min`. */
export function duration(name: string, text: string): number {
  return read(name, text, parseDuration);
}

/** Bytes of `64 kb`, `1 gb`. */
export function memory(name: string, text: string): number {
  return read(name, text, parseMemory);
}

function read<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${name}: ${errorMessage(error)}, got "${text}".`);
  }
}
