/**
 * What crosses the port, as plain data. An error would lose its class, name and code on the way, and a Path its class,
 * so both are taken apart and made anew.
 */
import { inspect } from "node:util";
import type { Configuration } from "../../config/configuration.ts";
import type { FileSystemErrorCode, PluginErrorCode } from "../../errors/codes.ts";
import {
  ConfigurationError,
  FileSystemError,
  type FileSystemErrorOptions,
  PluginError,
  type PluginPhase,
} from "../../errors/errors.ts";
import type { FileStatus } from "../../fs/contract.ts";
import { isFileSystemCode } from "../../fs/node-error.ts";
import { Path } from "../../fs/path.ts";

/** Scheme, authority, key. */
export type WirePath = readonly [string, string, string];

export interface WireStatus extends Omit<FileStatus, "path"> {
  readonly path: WirePath;
}

export interface WireError {
  readonly kind: "fs" | "plugin" | "config" | "error" | "value";
  readonly name?: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
  /** What a `FileSystemError`, `PluginError` or `ConfigurationError` carries besides. */
  readonly fields?: Readonly<Record<string, string | boolean | number>>;
  readonly cause?: WireError;
}

export function pathToWire(path: Path): WirePath {
  return [path.scheme, path.authority, path.key];
}

export function pathFromWire([scheme, authority, key]: WirePath): Path {
  return Path.unsafe(scheme, authority, key);
}

export function statusToWire(status: FileStatus): WireStatus {
  const { kind, length, modificationTime, version, crc64 } = status;
  return {
    path: pathToWire(status.path),
    kind,
    length,
    modificationTime,
    ...(version !== undefined && { version }),
    ...(crc64 !== undefined && { crc64 }),
  };
}

export function statusFromWire(status: WireStatus): FileStatus {
  return { ...status, path: pathFromWire(status.path) };
}

const FIELDS = [
  ...["path", "dest", "operation", "storeCode", "requestId", "retryable", "message", "hint"],
  ...["id", "phase", "location", "key", "source"],
  // Of an error of Node's.
  ...["errno", "syscall"],
];
const DEEPEST_CAUSE = 5;

export function errorToWire(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) return { kind: "value", message: plainText(error) };
  const { name, message, stack } = error;
  const { code, options } = error as { code?: unknown; options?: object };
  const text = typeof code === "string" ? code : undefined;
  const carried = (name === "FileSystemError" && options) || error;
  const fields: Record<string, string | boolean | number> = {};
  for (const field of FIELDS) {
    const value = (carried as Record<string, unknown>)[field];
    if (typeof value === "boolean" || typeof value === "number") fields[field] = value;
    else if (value !== undefined && value !== null) fields[field] = String(value);
  }
  return {
    kind: kindOf(name, text),
    name,
    message,
    stack,
    code: text,
    fields,
    ...(error.cause !== undefined && depth < DEEPEST_CAUSE && { cause: errorToWire(error.cause, depth + 1) }),
  };
}

export function errorFromWire(wire: WireError): unknown {
  if (wire.kind === "value") return wire.message;
  const cause = wire.cause === undefined ? undefined : errorFromWire(wire.cause);
  const error = made(wire, cause);
  for (const [key, value] of Object.entries({ message: wire.message, stack: wire.stack })) {
    Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
  }
  return error;
}

function made({ kind, name, message, code, fields = {} }: WireError, cause: unknown): Error {
  const texts = fields as Record<string, string>;
  switch (kind) {
    case "fs":
      return new FileSystemError({
        ...(fields as Partial<FileSystemErrorOptions>),
        code: code as FileSystemErrorCode,
        cause,
      });
    case "plugin": {
      const error = { code: code as PluginErrorCode, id: texts.id, location: texts.location, cause };
      return new PluginError({ ...error, phase: texts.phase as PluginPhase });
    }
    case "config":
      return new ConfigurationError({
        code: code as ConfigurationError["code"],
        key: texts.key,
        source: texts.source,
        cause,
      });
    default: {
      const error = new Error(message, cause === undefined ? undefined : { cause });
      if (name !== undefined && name !== "Error") Object.defineProperty(error, "name", { value: name });
      const { errno, syscall, path, dest } = fields;
      const system = errno === undefined ? {} : { errno, syscall, path, ...(dest !== undefined && { dest }) };
      return code === undefined ? error : Object.assign(error, system, { code });
    }
  }
}

function kindOf(name: string, code: string | undefined): WireError["kind"] {
  if (name === "FileSystemError" && isFileSystemCode(code)) return "fs";
  if (name === "PluginError" && code?.startsWith("ERR_PLUGIN_")) return "plugin";
  return name === "ConfigurationError" && code?.startsWith("ERR_CONFIG_") ? "config" : "error";
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 2 });
}

/** A plain value, or an error. */
type WireField = readonly [key: string, value: unknown, error?: WireError];

/** Fields of a log line or event: errors as theirs, what cannot be cloned as text. */
export function fieldsToWire(fields: object): readonly WireField[] {
  return Object.entries(fields).map(([key, value]): WireField => {
    if (value instanceof Error) return [key, undefined, errorToWire(value)];
    const plain = value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);
    return [key, plain ? value : plainText(value)];
  });
}

export function fieldsFromWire(fields: readonly WireField[]): object {
  return Object.fromEntries(
    fields.map(([key, value, error]) => [key, error === undefined ? value : errorFromWire(error)]),
  );
}

export type WireFields = readonly WireField[];

export type WireConfiguration = ReturnType<Configuration["toData"]>;
