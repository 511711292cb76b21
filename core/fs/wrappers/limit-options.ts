import type { Configuration } from "../../config/configuration.ts";
import { type Option, option } from "../../config/option.ts";

/** Limits of the streams that one file system has open. */
export interface ConnectionLimits {
  /** Prefix of the keys they came from, as in `fs.oss.limit`. */
  readonly keys: string;
  /** Most open streams; `Infinity` = no limit. */
  readonly total: number;
  readonly input: number;
  readonly output: number;
  /** Longest wait for a place, in ms; 0 = for ever. */
  readonly timeout: number;
  /** A stream that made no progress for so many ms is ended when another waits for its place; 0 = never. */
  readonly streamTimeout: number;
}

/** The keys of one scheme: Flink's names, defaults and meanings. */
export function limitOptions(scheme: string): {
  readonly [K in "total" | "input" | "output" | "timeout" | "streamTimeout"]: Option<number>;
} {
  const key = `fs.${scheme}.limit`;
  const count = (name: string, what: string) =>
    option.integer(`${key}.${name}`, { default: -1, min: -1, doc: `Most open ${what}; 0 or -1: no limit.` });
  return {
    total: count("total", "streams of one file system"),
    input: count("input", "streams that read"),
    output: count("output", "streams that write"),
    timeout: option.duration(`${key}.timeout`, {
      default: 0,
      min: 0,
      doc: "Longest wait for a place; 0: for ever.",
    }),
    streamTimeout: option.duration(`${key}.stream-timeout`, {
      default: 0,
      min: 0,
      doc: "A stream without progress for so long is ended when another waits for its place; 0: never.",
    }),
  };
}

/** Undefined when none of total, input and output is limited. */
export function readLimits(scheme: string, configuration: Configuration): ConnectionLimits | undefined {
  const options = limitOptions(scheme);
  const count = (limit: Option<number>) => {
    const value = configuration.get(limit);
    return value > 0 ? value : Number.POSITIVE_INFINITY;
  };
  const limits = {
    keys: `fs.${scheme}.limit`,
    total: count(options.total),
    input: count(options.input),
    output: count(options.output),
    timeout: configuration.get(options.timeout),
    streamTimeout: configuration.get(options.streamTimeout),
  };
  return Math.min(limits.total, limits.input, limits.output) === Number.POSITIVE_INFINITY
    ? undefined
    : limits;
}
