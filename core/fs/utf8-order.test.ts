import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareUtf8 } from "./utf8-order.ts";

test("compares as the bytes do", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "中", "\uE000", "\uFFFD", "😀", "𐀀") });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
