import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { stringify } from "yaml";
import { anyCharacter } from "../../test/support/any-character.ts";
import { parseList } from "./values.ts";
import { readYamlConf } from "./yaml-conf.ts";

const texts = (content: string) =>
  Object.fromEntries(
    [...readYamlConf(content, "conf/config.yaml").values].map(([key, { text }]) => [key, text]),
  );

test("nested and dotted keys are the same, scalars keep their text", () => {
  assert.deepEqual(
    texts(`
# comment
fs:
  oss:
    endpoint: http://127.0.0.1:9000 # where
    accessKeyId: 0123
    accessKeySecret: '%@*#: x'
  oss.connection.maximum: 1e3
version: 1.10
on: true
hex: 0x1F
long: 123456789012345678901234567890
when: 2020-01-01
quoted: "a\\tb"
text: |
  two
  lines
`),
    {
      "fs.oss.endpoint": "http://127.0.0.1:9000",
      "fs.oss.accessKeyId": "0123",
      "fs.oss.accessKeySecret": "%@*#: x",
      "fs.oss.connection.maximum": "1e3",
      version: "1.10",
      on: "true",
      hex: "0x1F",
      long: "123456789012345678901234567890",
      when: "2020-01-01",
      quoted: "a\tb",
      text: "two\nlines\n",
    },
  );
});

test("lists stay lists, whatever their items hold", () => {
  const content = "a: [x, 'y;z', 01]\nb:\n  - one\n  - ' two'\nc: []\n";
  const { a = "", b = "", c = "" } = texts(content);
  assert.deepEqual([a, b, c].map(parseList), [["x", "y;z", "01"], ["one", " two"], []]);
});

test("empty, ~ and null mean not set, an empty text is a text", () => {
  assert.deepEqual(texts("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: {}\n"), { d: "", e: "null" });
  for (const content of ["", "\n", "# only a comment\n", "---\n", "~\n"])
    assert.deepEqual(texts(content), {});
});

test("a reference to a single value is that value", () => {
  assert.deepEqual(texts("a: &name x\nb: *name\nc: [*name]\n"), { a: "x", b: "x", c: "x" });
});

test("what YAML writes is read back, value by value", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/);
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: anyCharacter }),
    fc.integer(),
    fc.boolean(),
    fc.stringMatching(/^[%@*&!|>#0-9'"-]{1,6}$/),
  );
  fc.assert(
    fc.property(fc.dictionary(name, value), (record) => {
      const expected = Object.fromEntries(Object.entries(record).map(([key, v]) => [key, String(v)]));
      assert.deepEqual(texts(stringify(record, { aliasDuplicateObjects: false })), expected);
    }),
  );
});

test("a key set nested and dotted: the last counts, with a warning that names both lines", () => {
  const { values, warnings } = readYamlConf("a.b: canary\na:\n  b: 2\n", "conf/config.yaml");
  assert.equal(values.get("a.b")?.text, "2");
  assert.equal(values.get("a.b")?.source, "conf/config.yaml:3");
  assert.deepEqual(warnings, [
    {
      source: "conf/config.yaml:3",
      key: "a.b",
      message: "a.b is set twice, the value of conf/config.yaml:1 is not used",
    },
  ]);
});

const secretKey = "fs.oss.accessKeySecret";
const wrong: [content: string, place: string, key: string | undefined, message: RegExp][] = [
  ["a: 1\nfs.oss.accessKeySecret: %canary\n", "2:25", secretKey, /reserves.*Put the value in quotes/],
  ["fs.oss.accessKeySecret: @canary\n", "1:25", secretKey, /reserves/],
  ["fs.oss.accessKeySecret: `canary\n", "1:25", secretKey, /reserves/],
  ["fs.oss.accessKeySecret: *canary\n", "1:25", secretKey, /begins with "\*"/],
  ["fs.oss.accessKeySecret: !canary word\n", "1:25", secretKey, /begins with "!"/],
  ["fs.oss.accessKeySecret: &canary\n", "1:32", secretKey, /begins with "&"/],
  ["fs.oss.accessKeySecret: canary: word\n", "1:25", secretKey, /holds ": "/],
  ["fs.oss.accessKeySecret: 'canary\n", "2:1", secretKey, /closing quote/],
  ['fs.oss.accessKeySecret: "canary\\qword"\n', "1:32", secretKey, /BAD_DQ_ESCAPE/],
  ["fs:\n  oss:\n    accessKeySecret: [canary\n", "4:1", secretKey, /bracket/],
  ["fs:\n  oss:\n    accessKeySecret: canary\n      word: x\n", "3:22", secretKey, /indented too far/],
  ["fs:\n  password:\n    canary:\n      x: [1\n", "5:1", "fs.password", /bracket/],
  ["fs:\n\toss: canary\n", "2:1", "fs", /a tab/],
  ["a: canary\na: canary\n", "2:1", "a", /given twice/],
  ["a: 1\n---\nb: canary\n", "2:1", "a", /more than one YAML document/],
  ["canary:word\n", "1:1", undefined, /blank after the colon/],
  ["- canary\n", "1:1", undefined, /not made of/],
  ["a: [[canary]]\n", "1:5", "a", /not a text/],
  ["a: [{b: canary}]\n", "1:5", "a", /not a text/],
  ["a: [~]\n", "1:5", "a", /not a text/],
  ["? [canary]\n: b\n", "1:3", undefined, /a key is not a plain word/],
  ["a: &x\n  b: *x\n", "2:6", "a.b", /only single values/],
  ["base: &x {b: canary}\nd:\n  <<: *x\n", "3:7", "d", /only single values/],
];

for (const [content, place, key, message] of wrong) {
  test(`bad YAML is refused by file, line, column and key, never quoted: ${JSON.stringify(content)}`, () => {
    assert.throws(
      () => readYamlConf(content, "conf/config.yaml"),
      (error: Error & { code?: string; key?: string; source?: string }) => {
        assert.equal(error.code, "ERR_CONFIG_PARSE");
        assert.equal(error.source, `conf/config.yaml:${place}`);
        assert.equal(error.key, key);
        assert.match(error.message, message);
        assert.ok(error.message.includes(`(conf/config.yaml:${place})`));
        assert.doesNotMatch(inspect(error, { showHidden: true, depth: 9 }), /canary/);
        return true;
      },
    );
  });
}

test("whatever a file holds, it is read or refused by code", () => {
  const unit = fc.constantFrom(
    "a",
    ": ",
    ":",
    " ",
    "\n",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "*",
    "&",
    "!",
    '"',
    "'",
    "#",
    "|",
    "%",
    "?",
    "\t",
    ",",
  );
  fc.assert(
    fc.property(fc.string({ unit }), (content) => {
      try {
        readYamlConf(content, "conf/config.yaml");
      } catch (error) {
        assert.equal((error as { code?: string }).code, "ERR_CONFIG_PARSE", String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test("absurd nesting is refused, not a crash", () => {
  assert.throws(() => readYamlConf(`a: ${"[".repeat(100_000)}`, "conf/config.yaml"), {
    code: "ERR_CONFIG_PARSE",
  });
  assert.throws(() => readYamlConf(`a: ${"{a: ".repeat(20_000)}`, "conf/config.yaml"), {
    code: "ERR_CONFIG_PARSE",
  });
});
