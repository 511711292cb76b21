import type { Logger } from "../../core/fs/contract.ts";

export interface RecordingLogger extends Logger {
  readonly entries: readonly { level: string; fields: object; message: string }[];
  /** Messages of one level. */
  messages(level: "debug" | "info" | "warn" | "error"): string[];
}

/** Keeps what is logged. */
export function recordingLogger(): RecordingLogger {
  const entries: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    entries.push({ level, fields, message });
  };
  return {
    entries,
    messages: (level) => entries.filter((entry) => entry.level === level).map(({ message }) => message),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}
