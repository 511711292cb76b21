import {
  CONFIGURATION_CODES,
  type ConfigurationErrorCode,
  FILE_SYSTEM_CODES,
  type FileSystemErrorCode,
  JOB_CODES,
  type JobErrorCode,
  PLUGIN_CODES,
  type PluginErrorCode,
} from "./codes.ts";

/** A path in an error: kept as text, so that errors stay plain data. */
type PathLike = string | { toString(): string };

export interface FileSystemErrorOptions {
  code: FileSystemErrorCode;
  /** The path that the operation was about. */
  path?: PathLike | undefined;
  /** The second path of a rename or copy. */
  dest?: PathLike | undefined;
  /** What was attempted: a method name of `FileSystem`. Filled in by plugfs when an author leaves it out. */
  operation?: string | undefined;
  scheme?: string | undefined;
  /** Id of the plugin that serves the scheme. Filled in by plugfs. */
  plugin?: string | undefined;
  /** The store's own code, such as `NoSuchKey`. */
  storeCode?: string | undefined;
  requestId?: string | undefined;
  /** Whether the same call may succeed later without any change. Default false. */
  retryable?: boolean | undefined;
  /** One sentence that replaces the code's standard text. */
  message?: string | undefined;
  /** What to do next; ends the message. */
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * A failed file system call. Recognise it by `code` (Node's errno names), never by `instanceof`: another
 * copy of plugfs, a worker or `node:fs` may have made it.
 */
export class FileSystemError extends Error {
  override readonly name = "FileSystemError";
  declare readonly code: FileSystemErrorCode;
  declare readonly path?: string;
  declare readonly dest?: string;
  declare readonly operation?: string;
  declare readonly scheme?: string;
  declare readonly plugin?: string;
  declare readonly storeCode?: string;
  declare readonly requestId?: string;
  declare readonly retryable: boolean;
  /** The call's name, under the property that Node's own errors use for it. */
  declare readonly syscall?: string;

  constructor(options: FileSystemErrorOptions) {
    super(fileSystemMessage(options), options.cause === undefined ? undefined : { cause: options.cause });
    const { code, operation, scheme, plugin, storeCode, requestId } = options;
    const path = options.path?.toString();
    const dest = options.dest?.toString();
    assignDefined(this, {
      code,
      path,
      dest,
      operation,
      syscall: operation,
      scheme,
      plugin,
      storeCode,
      requestId,
    });
    assignDefined(this, { retryable: options.retryable ?? false });
    hidden(this, "options", options);
  }

  /** The same error with what the caller knows added; what is already there stays. */
  with(context: Partial<FileSystemErrorOptions>): FileSystemError {
    const own = (this as unknown as { options: FileSystemErrorOptions }).options;
    const merged: FileSystemErrorOptions = { ...own };
    for (const key of Object.keys(context) as (keyof FileSystemErrorOptions)[]) {
      if (merged[key] === undefined) Object.assign(merged, { [key]: context[key] });
    }
    const error = new FileSystemError(merged);
    // The place that failed is where the first error was made, not where it was completed.
    if (this.stack !== undefined) {
      const head = `${error.name}: ${error.message}`;
      // A function, because "$&" in a path would be a pattern in a replacement text.
      hidden(
        error,
        "stack",
        this.stack.replace(`${this.name}: ${this.message}`, () => head),
      );
    }
    return error;
  }
}

export type PluginPhase =
  | "scan"
  | "manifest"
  | "compatibility"
  | "resolve"
  | "import"
  | "export"
  | "configure"
  | "run";

/** A plugin that cannot be used, or a scheme that nobody serves. `phase` tells how far it came. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  declare readonly code: PluginErrorCode;
  /** The plugin's folder name. */
  declare readonly id?: string;
  declare readonly phase?: PluginPhase;
  /** File and line, where known: `/home/plugins/x/index.js:3`. */
  declare readonly location?: string;

  constructor(options: {
    code: PluginErrorCode;
    id?: string | undefined;
    phase?: PluginPhase | undefined;
    /** What is wrong, without the id. Default: the code's sentence. */
    message?: string | undefined;
    location?: string | undefined;
    hint?: string | undefined;
    cause?: unknown;
  }) {
    const subject = options.id === undefined ? "" : `plugin "${options.id}": `;
    const place = options.location === undefined ? "" : ` (${options.location})`;
    super(
      sentence(`${subject}${options.message ?? PLUGIN_CODES[options.code]}${place}`, options.hint),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    assignDefined(this, {
      code: options.code,
      id: options.id,
      phase: options.phase,
      location: options.location,
    });
  }
}

/** A configuration that cannot be read or does not fit. Never carries a value of a secret key. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  declare readonly code: ConfigurationErrorCode;
  declare readonly key?: string;
  /** Where the value came from: `conf/flink-conf.yaml:12`, `option`, `default`. */
  declare readonly source?: string;

  constructor(options: {
    code: ConfigurationErrorCode;
    key?: string | undefined;
    source?: string | undefined;
    message?: string | undefined;
    hint?: string | undefined;
    cause?: unknown;
  }) {
    const place = options.source === undefined ? "" : ` (${options.source})`;
    super(
      sentence(`${options.message ?? CONFIGURATION_CODES[options.code]}${place}`, options.hint),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    assignDefined(this, { code: options.code, key: options.key, source: options.source });
  }
}

/** A job that cannot start, or that failed. Nothing of its output was published unless the message says so. */
export class JobError extends Error {
  override readonly name = "JobError";
  declare readonly code: JobErrorCode;
  declare readonly job?: string;

  constructor(options: {
    code: JobErrorCode;
    job?: string | undefined;
    message?: string | undefined;
    hint?: string | undefined;
    cause?: unknown;
  }) {
    const subject = options.job === undefined ? "" : `job "${options.job}": `;
    super(
      sentence(`${subject}${options.message ?? JOB_CODES[options.code]}`, options.hint),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    assignDefined(this, { code: options.code, job: options.job });
  }
}

/** The `code` of anything thrown, or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fileSystemMessage(o: FileSystemErrorOptions): string {
  const target = o.path === undefined ? "" : ` '${o.path}'`;
  const second = o.dest === undefined ? "" : ` -> '${o.dest}'`;
  const what =
    o.operation === undefined && target === "" ? "" : `, ${o.operation ?? "path"}${target}${second}`;
  const store = [o.storeCode, o.requestId && `request ${o.requestId}`].filter(Boolean).join(", ");
  return sentence(
    `${o.code}: ${o.message ?? FILE_SYSTEM_CODES[o.code]}${what}${store === "" ? "" : ` (${store})`}`,
    o.hint,
  );
}

function sentence(text: string, hint: string | undefined): string {
  return hint === undefined ? text : `${text}. ${hint}`;
}

function assignDefined(target: object, values: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined)
      Object.defineProperty(target, key, { value, enumerable: true, configurable: true });
  }
}

function hidden(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true });
}
