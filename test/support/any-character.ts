import fc from "fast-check";

const SURROGATES = { first: 0xd800, count: 0x800 };

/** Any Unicode character: `fc.string({ unit: anyCharacter })`. For `unit: "binary"` fast-check first makes a table of all. */
export const anyCharacter = fc
  .nat({ max: 0x10ffff - SURROGATES.count })
  .map((n) => String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.count));
