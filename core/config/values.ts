/**
 * The spellings of values, which are Flink's: `TimeUtils` (durations), `MemorySize` (memory sizes),
 * `StructuredOptionsSplitter` (lists). Every function throws a `RangeError` that says what is expected and never
 * what was given, because the text may be a secret.
 */

export interface Range {
  /** Inclusive. */
  readonly min?: number | undefined;
  /** Inclusive. */
  readonly max?: number | undefined;
}

/** Digits only, with a sign; at most 2^53 - 1 either way. */
export function parseInteger(text: string, range: Range = {}): number {
  const trimmed = text.trim();
  const value = /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  return checked(value, Number.isSafeInteger(value), "an integer", range);
}

/** A decimal number, with an exponent if need be; finite. */
export function parseNumber(text: string, range: Range = {}): number {
  const trimmed = text.trim();
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
  return checked(value, Number.isFinite(value), "a number", range);
}

export function parseBoolean(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (word === "true") return true;
  if (word === "false") return false;
  throw new RangeError("expected true or false");
}

/** The value in its declared spelling; the case of `text` does not matter. */
export function parseEnumeration<V extends string>(text: string, values: readonly V[]): V {
  const word = text.trim();
  const found =
    values.find((value) => value === word) ??
    values.find((value) => value.toLowerCase() === word.toLowerCase());
  if (found === undefined) throw new RangeError(`expected one of ${values.join(", ")}`);
  return found;
}

const NANOS_PER_MILLI = 1_000_000n;
const NANOS: ReadonlyMap<string, bigint> = new Map([
  ...unit(1n, "ns", "nano", "nanos", "nanosecond", "nanoseconds"),
  ...unit(1_000n, "us", "\u00b5s", "\u03bcs", "micro", "micros", "microsecond", "microseconds"),
  ...unit(NANOS_PER_MILLI, "", "ms", "milli", "millis", "millisecond", "milliseconds"),
  ...unit(1_000_000_000n, "s", "sec", "secs", "second", "seconds"),
  ...unit(60_000_000_000n, "m", "min", "minute", "minutes"),
  ...unit(3_600_000_000_000n, "h", "hour", "hours"),
  ...unit(86_400_000_000_000n, "d", "day", "days"),
]);
const ISO_DURATION = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?$/i;

/**
 * Milliseconds of `200`, `30 s`, `5min`, `PT1M30S`. Parts of a millisecond are rounded up, so that a short timeout
 * never becomes 0, which many options read as "none".
 */
export function parseDuration(text: string, range: Range = {}): number {
  const nanos = nanosOf(text.trim());
  const millis = nanos === undefined ? Number.NaN : Number((nanos + NANOS_PER_MILLI - 1n) / NANOS_PER_MILLI);
  const expected = "a duration such as 200 (milliseconds), 30 s, 5 min or PT1M";
  return checked(millis, Number.isSafeInteger(millis), expected, range, " ms");
}

function nanosOf(text: string): bigint | undefined {
  const plain = /^(\d+)\s*([a-z\u00b5\u03bc]*)$/i.exec(text);
  if (plain !== null) {
    const factor = NANOS.get((plain[2] ?? "").toLowerCase());
    return factor === undefined ? undefined : BigInt(plain[1] ?? "") * factor;
  }
  const iso = ISO_DURATION.exec(text);
  if (iso === null || text.length < 3) return undefined;
  const [, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = ""] = iso;
  const whole = ((BigInt(days) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  return whole * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

const BYTES: ReadonlyMap<string, bigint> = new Map([
  ...unit(1n, "", "b", "bytes"),
  ...unit(1n << 10n, "k", "kb", "kibibytes"),
  ...unit(1n << 20n, "m", "mb", "mebibytes"),
  ...unit(1n << 30n, "g", "gb", "gibibytes"),
  ...unit(1n << 40n, "t", "tb", "tebibytes"),
]);

/** Bytes of `4096`, `64 mb`, `1g`; every unit is a power of 1024. */
export function parseMemory(text: string, range: Range = {}): number {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(text.trim());
  const factor = BYTES.get((match?.[2] ?? "").toLowerCase());
  const bytes = match === null || factor === undefined ? Number.NaN : Number(BigInt(match[1] ?? "") * factor);
  const expected = "a memory size such as 4096 (bytes), 64 kb, 64 mb or 1 gb";
  return checked(bytes, Number.isSafeInteger(bytes), expected, range, " bytes");
}

/**
 * Items between semicolons. Blanks around an item and empty items are dropped; an item in `'` or `"` is kept as it
 * is, the quote itself written twice in it.
 */
export function parseList(text: string): readonly string[] {
  const items: string[] = [];
  const item = /\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|((?:[^\s;"'][^;]*)?))\s*(;|$)/y;
  while (item.lastIndex < text.length) {
    const match = item.exec(text);
    if (match === null) {
      throw new RangeError('expected items separated by ";", each quoted as a whole or not at all');
    }
    const [, double, single, bare = ""] = match;
    if (double !== undefined) items.push(double.replaceAll('""', '"'));
    else if (single !== undefined) items.push(single.replaceAll("''", "'"));
    else if (bare !== "") items.push(bare.trimEnd());
  }
  return items;
}

/** The text that `parseList` reads back to the same items. */
export function formatList(items: readonly string[]): string {
  return items
    .map((item) =>
      item === "" || item.trim() !== item || /^["']|;/.test(item) ? `"${item.replaceAll('"', '""')}"` : item,
    )
    .join(";");
}

function unit(factor: bigint, ...labels: string[]): [string, bigint][] {
  return labels.map((label) => [label, factor]);
}

function checked(value: number, valid: boolean, expected: string, range: Range, suffix = ""): number {
  const { min, max } = range;
  if (valid && value >= (min ?? value) && value <= (max ?? value)) return value === 0 ? 0 : value;
  throw new RangeError(`expected ${expected}${limits(min, max, suffix)}`);
}

function limits(min: number | undefined, max: number | undefined, suffix: string): string {
  if (min !== undefined && max !== undefined) return `, from ${min} to ${max}${suffix}`;
  if (min !== undefined) return `, at least ${min}${suffix}`;
  return max === undefined ? "" : `, at most ${max}${suffix}`;
}
