const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** In line `line` (from 0) of the generated code, what stood beyond column `beyond` now stands `by` columns further. */
export interface Shift {
  readonly line: number;
  readonly beyond: number;
  readonly by: number;
}

/**
 * Keeps the `mappings` of a source map true after text was replaced inside lines. A line's segments begin with the
 * distance to the segment before (base 64 VLQ), so one number per shift changes.
 */
export function shiftColumns(mappings: string, shifts: readonly Shift[]): string {
  const lines = mappings.split(";");
  for (const { line, beyond, by } of shifts) {
    const segments = lines[line]?.split(",");
    if (segments === undefined) continue; // behind the last line that has mappings
    let column = 0;
    for (const [i, segment] of segments.entries()) {
      const [distance, rest] = readNumber(segment);
      column += distance;
      if (segment === "" || column <= beyond) continue;
      segments[i] = writeNumber(distance + by) + rest;
      break;
    }
    lines[line] = segments.join(",");
  }
  return lines.join(";");
}

/** The first number of a segment, and what follows. The lowest bit is the sign, bit 5 of a digit says that one more follows. */
function readNumber(segment: string): [value: number, rest: string] {
  let bits = 0;
  let i = 0;
  for (let more = segment !== ""; more; i++) {
    const digit = DIGITS.indexOf(segment.charAt(i));
    bits += (digit & 31) * 32 ** i;
    more = digit >= 32;
  }
  return [bits % 2 === 1 ? -(bits - 1) / 2 : bits / 2, segment.slice(i)];
}

function writeNumber(value: number): string {
  let bits = value < 0 ? -value * 2 + 1 : value * 2;
  let text = "";
  do {
    const low = bits % 32;
    bits = Math.floor(bits / 32);
    text += DIGITS.charAt(bits > 0 ? low + 32 : low);
  } while (bits > 0);
  return text;
}
