import assert from "node:assert/strict";
import { test } from "node:test";
import { shiftColumns } from "./shift-columns.ts";

// Columns of "AAAA,IAAA,gBAAC,CAAD" are 0, 4, 20 and 21: A = 0, I = 4, gB = 16, C = 1.
const LINE = "AAAA,IAAA,gBAAC,CAAD";

test("a longer head moves what follows it on its line, and nothing else", () => {
  assert.equal(
    shiftColumns(`;${LINE};${LINE}`, [{ line: 1, beyond: 4, by: 10 }]),
    `;AAAA,IAAA,0BAAC,CAAD;${LINE}`,
  );
});

test("a shorter head moves it back", () => {
  assert.equal(shiftColumns(LINE, [{ line: 0, beyond: 4, by: -14 }]), "AAAA,IAAA,EAAC,CAAD");
});

test("a line with nothing behind the head, an empty line and a line past the end stay as they are", () => {
  const shifts = [0, 1, 7].map((line) => ({ line, beyond: 30, by: 5 }));
  assert.equal(shiftColumns(`${LINE};`, shifts), `${LINE};`);
});
