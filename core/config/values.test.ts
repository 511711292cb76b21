import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatList, parseDuration, parseInteger, parseList, parseMemory, parseNumber } from "./values.ts";

const blanks = fc.constantFrom("", " ", "  ", "\t");
const anyCase = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((upper) =>
      [...word].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join(""),
    );

test("a duration is milliseconds, in every unit of Flink's TimeUtils, any case, blanks allowed", () => {
  const units: Record<string, number> = {
    ms: 1,
    milli: 1,
    millis: 1,
    millisecond: 1,
    milliseconds: 1,
    "": 1,
    s: 1000,
    sec: 1000,
    secs: 1000,
    second: 1000,
    seconds: 1000,
    m: 60_000,
    min: 60_000,
    minute: 60_000,
    minutes: 60_000,
    h: 3_600_000,
    hour: 3_600_000,
    hours: 3_600_000,
    d: 86_400_000,
    day: 86_400_000,
    days: 86_400_000,
  };
  for (const [unit, factor] of Object.entries(units)) {
    fc.assert(
      fc.property(fc.nat(100_000), anyCase(unit), blanks, blanks, blanks, (n, label, a, b, c) => {
        assert.equal(parseDuration(`${a}${n}${b}${label}${c}`), n * factor);
      }),
      { numRuns: 20 },
    );
  }
});

test("parts of a millisecond are rounded up, so that no short timeout becomes 0", () => {
  assert.equal(parseDuration("1 ns"), 1);
  assert.equal(parseDuration("999999 nanos"), 1);
  assert.equal(parseDuration("1500 us"), 2);
  assert.equal(parseDuration("1500 \u00b5s"), 2);
  assert.equal(parseDuration("2000 micros"), 2);
  assert.equal(parseDuration("0 ns"), 0);
});

test("a duration may be ISO-8601", () => {
  assert.equal(parseDuration("PT1M"), 60_000);
  assert.equal(parseDuration("pt1h2m3.5s"), 3_723_500);
  assert.equal(parseDuration("P1DT12H"), 129_600_000);
  assert.equal(parseDuration("P2D"), 172_800_000);
});

test("memory is bytes, in every unit of Flink's MemorySize, 1024-based", () => {
  const units: Record<string, number> = {
    "": 1,
    b: 1,
    bytes: 1,
    k: 2 ** 10,
    kb: 2 ** 10,
    kibibytes: 2 ** 10,
    m: 2 ** 20,
    mb: 2 ** 20,
    mebibytes: 2 ** 20,
    g: 2 ** 30,
    gb: 2 ** 30,
    gibibytes: 2 ** 30,
    t: 2 ** 40,
    tb: 2 ** 40,
    tebibytes: 2 ** 40,
  };
  for (const [unit, factor] of Object.entries(units)) {
    fc.assert(
      fc.property(fc.nat(8000), anyCase(unit), blanks, blanks, blanks, (n, label, a, b, c) => {
        assert.equal(parseMemory(`${a}${n}${b}${label}${c}`), n * factor);
      }),
      { numRuns: 20 },
    );
  }
});

test("numbers are read whole or refused", () => {
  assert.equal(parseInteger(" 007 "), 7);
  assert.equal(parseInteger("-1"), -1);
  assert.ok(Object.is(parseInteger("-0"), 0));
  assert.equal(parseInteger("9007199254740991"), Number.MAX_SAFE_INTEGER);
  assert.equal(parseNumber("1e3"), 1000);
  assert.equal(parseNumber("-.5"), -0.5);
  fc.assert(fc.property(fc.maxSafeInteger(), (n) => parseInteger(String(n)) === (n === 0 ? 0 : n)));
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => parseNumber(String(n)) === n),
  );
});

test("garbage is refused, and never quoted in the message", () => {
  const refused: [(text: string) => unknown, string[]][] = [
    [parseInteger, ["", "10x", "1.5", "0x10", "1e3", "1 000", "9007199254740992", "NaN", "--1", "１"]],
    [parseNumber, ["", "10x", ".", "Infinity", "1e999", "NaN", "0x10", "1,5"]],
    [
      parseDuration,
      ["", "10x", "-1", "1.5 s", "s", "5 s 3 ms", "P", "PT", "P1M", "PT1", "P1Y", "9".repeat(20), "1 weeks"],
    ],
    [
      parseMemory,
      ["", "10x", "-1", "1.5 mb", "mb", "64 mib", "9".repeat(20), "9007199254740992", "8192 tb 1"],
    ],
  ];
  for (const [parse, texts] of refused) {
    for (const text of texts) {
      assert.throws(
        () => parse(text),
        (error: Error) =>
          /^expected /.test(error.message) && (text.length < 9 || !error.message.includes(text)),
        `${parse.name}(${JSON.stringify(text)})`,
      );
    }
  }
});

test("a range is inclusive and is named", () => {
  assert.equal(parseInteger("10", { min: 1, max: 10 }), 10);
  assert.throws(() => parseInteger("11", { min: 1, max: 10 }), /an integer, from 1 to 10$/);
  assert.throws(() => parseDuration("0", { min: 1 }), /at least 1 ms$/);
  assert.throws(() => parseMemory("1 kb", { max: 1000 }), /at most 1000 bytes$/);
});

test("a list is split as Flink's StructuredOptionsSplitter does", () => {
  const cases: [string, readonly string[]][] = [
    ["A;B;C", ["A", "B", "C"]],
    ["'A;B';C", ["A;B", "C"]],
    ["'A;B';'C'", ["A;B", "C"]],
    ["'AB''D;B';C", ["AB'D;B", "C"]],
    ["A'BD;B';C", ["A'BD", "B'", "C"]],
    ['"AB""D;B";C', ['AB"D;B', "C"]],
    ['A"BD;B";C', ['A"BD', 'B"', "C"]],
    ["'AB\"D';B;C", ['AB"D', "B", "C"]],
    [' A ; "B" ;\tC d ', ["A", "B", "C d"]],
    ["", []],
    ["  ", []],
    [" ;; A ;", ["A"]],
    ["'';A", ["", "A"]],
  ];
  for (const [text, items] of cases) assert.deepEqual(parseList(text), items, text);
  for (const text of ["'AB'D;B;C", "'A", "C;'", '"A', 'C;"', '"A"B']) {
    assert.throws(() => parseList(text), /^RangeError: expected items separated by ";"/, text);
  }
});

test("a formatted list is read back to the same items", () => {
  const item = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("a", ";", "'", '"', " ", "\n") }));
  fc.assert(fc.property(fc.array(item), (items) => assert.deepEqual(parseList(formatList(items)), items)));
});

test("splitting a long list takes time in proportion to its length", () => {
  assert.equal(parseList("a ".repeat(200_000)).length, 1);
  assert.throws(() => parseList(`"${'""'.repeat(200_000)}`));
});
