/** Arguments and results of capability `posix` as plain data: the classes of `node:fs` would lose their methods. */
import { Dirent, Stats, statSync } from "node:fs";
import { FileSystemError } from "../../errors/errors.ts";
import { Path } from "../../fs/path.ts";
import type { PosixName } from "../../fs/posix.ts";
import { pathFromWire, pathToWire, type WirePath } from "./wire.ts";

/** Anything that can be cloned, or a path. */
export type WireArgument = { readonly value: unknown } | { readonly path: WirePath };

export function argumentsToWire(call: readonly unknown[]): readonly WireArgument[] {
  return call.map((value) => (value instanceof Path ? { path: pathToWire(value) } : { value }));
}

export function argumentsFromWire(call: readonly WireArgument[]): unknown[] {
  return call.map((argument) => ("path" in argument ? pathFromWire(argument.path) : argument.value));
}

interface WireStats {
  readonly fields: object;
  readonly bigint: boolean;
}

interface WireEntry {
  readonly name: string | Uint8Array;
  readonly folder: string;
  /** One of Node's `UV_DIRENT_*`. */
  readonly type: number;
}

/** A `FileHandle` of Node's goes over as it is: its calls need the worker no more. */
export function resultToWire(name: PosixName, result: unknown, transfer: object[]): unknown {
  switch (name) {
    case "stat":
    case "lstat": {
      const { atime, mtime, ctime, birthtime } = result as Stats;
      const bigint = typeof (result as Stats).mode === "bigint";
      return { fields: { ...(result as Stats), atime, mtime, ctime, birthtime }, bigint } satisfies WireStats;
    }
    case "statfs":
      return { ...(result as object) };
    case "readdir":
      return (result as unknown[]).map((entry) => (isEntry(entry) ? entryToWire(entry) : entry));
    case "openHandle":
      if ((result as object).constructor.name !== "FileHandle") {
        throw new FileSystemError({
          code: "ENOTSUP",
          message: "only a FileHandle of Node's leaves a worker",
        });
      }
      transfer.push(result as object);
      return result;
    default:
      return result;
  }
}

export function resultFromWire(name: PosixName, result: unknown): unknown {
  switch (name) {
    case "stat":
    case "lstat": {
      const { fields, bigint } = result as WireStats;
      return Object.assign(Object.create(bigint ? bigintStats() : Stats.prototype), fields);
    }
    case "readdir":
      return (result as unknown[]).map((entry) =>
        entry instanceof Uint8Array || typeof entry === "string"
          ? nameFromWire(entry)
          : entryFromWire(entry as WireEntry),
      );
    case "readlink":
    case "realpath":
      return nameFromWire(result as Uint8Array);
    default:
      return result;
  }
}

/** The prototype of a class that Node does not export. */
function bigintStats(): object {
  return Object.getPrototypeOf(statSync(".", { bigint: true }));
}

/** A Buffer crosses the port as a Uint8Array. */
export function nameFromWire(name: string | Uint8Array): string | Buffer {
  return typeof name === "string" ? name : Buffer.from(name.buffer, name.byteOffset, name.byteLength);
}

type Entry = Pick<Dirent, "name"> & Record<Question, () => boolean> & { parentPath?: string; path?: string };
type Question = (typeof QUESTIONS)[number];

/** In the order of `UV_DIRENT_FILE`, 1, and so on; 0 is what nobody knows. */
const QUESTIONS = [
  "isFile",
  "isDirectory",
  "isSymbolicLink",
  "isFIFO",
  "isSocket",
  "isCharacterDevice",
  "isBlockDevice",
] as const;

function isEntry(entry: unknown): entry is Entry {
  return typeof (entry as Entry).isDirectory === "function";
}

function entryToWire(entry: Entry): WireEntry {
  const type = 1 + QUESTIONS.findIndex((question) => entry[question]());
  return { name: entry.name, folder: entry.parentPath ?? entry.path ?? "", type };
}

/** As Node makes them, too. */
const MakeDirent = Dirent as unknown as new (name: string | Buffer, type: number, folder: string) => Dirent;

function entryFromWire({ name, folder, type }: WireEntry): Dirent {
  return new MakeDirent(nameFromWire(name), type, folder);
}
