import { TextDecoder } from "node:util";
import { JobError } from "../errors/errors.ts";

/** How the bytes of one charset become text. */
export interface Charset {
  /** The WHATWG name: `utf-8`, `gbk`, `utf-16le` … */
  readonly name: string;
  /** Bytes of one code unit; a delimiter begins at a multiple of it. */
  readonly unit: 1 | 2;
  /** The delimiter's bytes. Throws `ERR_JOB_INPUT` for one that this charset cannot be given as. */
  encode(delimiter: string): Buffer;
  /** Malformed bytes become U+FFFD; a byte order mark stays. */
  decode(bytes: Buffer, start: number, end: number): string;
}

/** Reads a label that `TextDecoder` knows. Throws `ERR_JOB_INPUT` for another one. */
export function charset(label: string): Charset {
  const decoder = textDecoder(label);
  const name = decoder.encoding;
  return {
    name,
    unit: name.startsWith("utf-16") ? 2 : 1,
    encode: (delimiter) => encodeDelimiter(delimiter, name),
    decode: textOf(name, decoder),
  };
}

function textOf(name: string, decoder: TextDecoder): Charset["decode"] {
  // Buffer's own decoder needs no view of the range, and is as fast as TextDecoder.
  if (name === "utf-8") return (bytes, start, end) => bytes.toString("utf8", start, end);
  // Several versions of Node decode windows-1252 as if it were ISO-8859-1 (nodejs/node#56542).
  if (name === "windows-1252") {
    return (bytes, start, end) =>
      bytes
        .toString("latin1", start, end)
        .replace(/[\x80-\x9f]/g, (c) => WINDOWS_1252[c.charCodeAt(0) - 0x80] ?? c);
  }
  return (bytes, start, end) => decoder.decode(bytes.subarray(start, end));
}

/** The characters of windows-1252 from 0x80 on, where it differs from ISO-8859-1. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

function textDecoder(label: string): TextDecoder {
  try {
    return new TextDecoder(label, { ignoreBOM: true });
  } catch (cause) {
    throw new JobError({
      code: "ERR_JOB_INPUT",
      message: `the charset "${label}" is not known`,
      hint: "Use a label of the WHATWG Encoding Standard, such as utf-8, utf-16le, gbk or windows-1252",
      cause,
    });
  }
}

/** Here a byte from 0x30 up can be the second half of a character. */
const DOUBLE_BYTE = new Set(["gbk", "gb18030", "big5", "shift_jis", "euc-kr", "euc-jp", "iso-2022-jp"]);

function encodeDelimiter(delimiter: string, name: string): Buffer {
  if (name === "utf-8") return Buffer.from(delimiter, "utf8");
  if (name === "utf-16le") return Buffer.from(delimiter, "utf16le");
  if (name === "utf-16be") return Buffer.from(delimiter, "utf16le").swap16();
  // Every other charset of the standard has ASCII at its own place.
  const last = DOUBLE_BYTE.has(name) ? "/" : "\x7f";
  for (const character of delimiter) {
    if (character > last) {
      throw new JobError({
        code: "ERR_JOB_INPUT",
        message: `a delimiter for text in ${name} can only hold characters up to U+00${last.charCodeAt(0).toString(16).toUpperCase()}`,
        hint: "Convert the text to UTF-8, where any delimiter works",
      });
    }
  }
  return Buffer.from(delimiter, "latin1");
}
