import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Crc64, combineCrc64 } from "./crc64.ts";

/** Bit by bit, straight from the definition. */
function slow(bytes: Uint8Array): bigint {
  let sum = 0xffffffffffffffffn;
  for (const byte of bytes) {
    sum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) sum = sum & 1n ? (sum >> 1n) ^ 0xc96c5795d7870f42n : sum >> 1n;
  }
  return sum ^ 0xffffffffffffffffn;
}

test("the known check values of CRC-64/XZ", () => {
  assert.equal(new Crc64().update(Buffer.from("123456789")).value.toString(16), "995dc9bbdf1939fa");
  assert.equal(new Crc64().value, 0n);
  assert.equal(new Crc64().update(Buffer.from("123456789")).toString(), "11051210869376104954");
});

test("any bytes in any pieces give the sum of the definition", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 8 }), (pieces) => {
      const crc = new Crc64();
      for (const piece of pieces) crc.update(piece);
      const whole = Buffer.concat(pieces);
      assert.equal(crc.value, slow(whole));
      assert.equal(crc.length, whole.length);
    }),
  );
});

test("long runs, which WebAssembly computes, give the sum of the definition, however they are cut", () => {
  const bytes = Buffer.alloc(200_003, "some text that does not fit the block size ");
  const whole = slow(bytes);
  for (const piece of [bytes.length, 32_768, 65_536, 100_001, 7, 131_072]) {
    for (const crc of [new Crc64(), new Crc64(null)]) {
      for (let at = 0; at < bytes.length; at += piece) crc.update(bytes.subarray(at, at + piece));
      assert.equal(crc.value, whole, `pieces of ${piece}`);
    }
  }
});

test("sums of parts combine to the sum of the whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
      const combined = combineCrc64(new Crc64().update(a).value, new Crc64().update(b).value, b.length);
      assert.equal(combined, new Crc64().update(a).update(b).value);
    }),
  );
});

test("a long second part combines too", () => {
  const zeros = Buffer.alloc(3_000_001);
  const head = Buffer.from("head");
  const combined = combineCrc64(
    new Crc64().update(head).value,
    new Crc64().update(zeros).value,
    zeros.length,
  );
  assert.equal(combined, new Crc64().update(head).update(zeros).value);
});
