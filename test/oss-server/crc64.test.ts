import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { combineCrc64, crc64 } from "./crc64.ts";

/** CRC-64/XZ by the book, bit by bit. */
function slowCrc64(bytes: Uint8Array): bigint {
  let crc = 0xffffffffffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return crc ^ 0xffffffffffffffffn;
}

test("the check value of CRC-64/XZ", () => {
  assert.equal(crc64(Buffer.from("123456789")), 0x995dc9bbdf1939fan);
  assert.equal(crc64(Buffer.alloc(0)), 0n);
});

test("any bytes, in one go, in pieces, and combined from the sums of the pieces", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 6 }), (pieces) => {
      const whole = Buffer.concat(pieces);
      const sum = slowCrc64(whole);
      assert.equal(crc64(whole), sum);
      assert.equal(
        pieces.reduce((before, piece) => crc64(piece, before), 0n),
        sum,
      );
      assert.equal(combineCrc64(pieces.map((piece) => ({ crc64: crc64(piece), length: piece.length }))), sum);
    }),
  );
});

test("more than the module's window, from any alignment", () => {
  const bytes = Buffer.from(Array.from({ length: 300_007 }, (_, index) => (index * 31) % 256));
  for (const from of [0, 1, 7, 15]) {
    assert.equal(crc64(bytes.subarray(from)), slowCrc64(bytes.subarray(from)));
  }
});
