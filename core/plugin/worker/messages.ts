/** What the host's end and the worker's end of the port say to each other. */
import type { Capability } from "../../fs/contract.ts";
import type { Manifest } from "../manifest.ts";
import type { PluginSettings } from "../options.ts";
import type { WireConfiguration, WireError, WireFields, WirePath, WireStatus } from "./wire.ts";

/** What a worker is started with. */
export interface WorkerStart {
  readonly id: string;
  /** Real path of the plugin's folder. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly settings: PluginSettings;
  readonly configuration: WireConfiguration;
  /** File name of the host's main module: shared packages are loaded anew from where it resolves them. */
  readonly host: string | undefined;
  /** Names of the packages that the host gave by value. */
  readonly shared: readonly string[];
}

/** The plugin itself; everything else that can be called has a number that an earlier call returned. */
export const PLUGIN_REF = 0;

export interface CallMessage {
  readonly type: "call";
  readonly call: number;
  readonly ref: number;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Whether the host may abort it: a signal that nobody holds is not made. */
  readonly abortable: boolean;
}

/** Every message is an array of these. */
export type ToWorker =
  | CallMessage
  /** The signal of a call, or of the stream that it opened, has fired. */
  | { readonly type: "abort"; readonly call: number; readonly reason: WireError }
  /** Nobody holds the object any more. */
  | { readonly type: "release"; readonly ref: number }
  | { readonly type: "ping" };

export type ToHost =
  /** The core is there; the plugin's own code comes next. */
  | { readonly type: "started" }
  | { readonly type: "loaded"; readonly schemes: readonly WireScheme[] }
  | { readonly type: "failed"; readonly error: WireError }
  | { readonly type: "result"; readonly call: number; readonly value: unknown }
  /** `aborted`: it is the reason that the call was aborted with. */
  | { readonly type: "error"; readonly call: number; readonly error: WireError; readonly aborted: boolean }
  | { readonly type: "pong" }
  | { readonly type: "log"; readonly level: LogLevel; readonly fields: WireFields; readonly message: string }
  | { readonly type: "retry"; readonly event: WireFields };

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface WireScheme {
  readonly scheme: string;
  readonly error?: WireError;
}

export interface WireFileSystem {
  readonly ref: number;
  readonly capabilities: readonly Capability[];
}

export interface WireInput {
  readonly ref: number;
  readonly status: WireStatus;
  readonly position: number;
  readonly ranges: boolean;
}

/** Bytes that are copied more cheaply than a buffer is handed over. */
export const SMALL = 16 * 1024;

/** A buffer that the host lent, or a new one, with `length` bytes of use at its front. */
export interface WireBytes {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

export interface WireRecoverableStream {
  readonly ref: number;
  readonly id: string;
  readonly position: number;
}

export interface WireCommitter {
  readonly ref: number;
  readonly recoverable: Uint8Array;
}

export interface WirePending {
  readonly target: WirePath;
  readonly id: string;
  readonly started: number;
  readonly bytes: number;
}
