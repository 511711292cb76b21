import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readFlinkConf } from "./flink-conf.ts";

const texts = (content: string) => {
  const { values, warnings } = readFlinkConf(content, "conf/flink-conf.yaml");
  return { values: Object.fromEntries([...values].map(([key, { text }]) => [key, text])), warnings };
};

test("a line is a key and the rest of the line", () => {
  const { values, warnings } = texts(
    [
      "# a comment: not a setting",
      "fs.oss.endpoint: http://127.0.0.1:9000",
      "  indented: \t value with blanks  ",
      "",
      "   ",
      "state.checkpoints.dir: oss://bucket/a: b # where they go",
      "   # another",
      "id: 0123456789012345678901",
      "float: 1.10",
      "yes: true",
      "flow: {a: [b, c]}",
    ].join("\n"),
  );
  assert.deepEqual(values, {
    "fs.oss.endpoint": "http://127.0.0.1:9000",
    indented: "value with blanks",
    "state.checkpoints.dir": "oss://bucket/a: b",
    id: "0123456789012345678901",
    float: "1.10",
    yes: "true",
    flow: "{a: [b, c]}",
  });
  assert.deepEqual(warnings, []);
});

test("any secret without blanks at its ends and without ' #' survives as it is", () => {
  const first = fc.constantFrom("%", "@", "*", "&", "!", "|", ">", "`", "0", "-", "=", "a");
  const middle = fc.string({
    unit: fc.constantFrom("#", ":", "%", "/", "+", "=", '"', "'", "\\", "a", "7", "中", "😀"),
  });
  fc.assert(
    fc.property(fc.tuple(first, middle), fc.constantFrom("\n", "\r\n", "\r"), ([head, tail], end) => {
      const secret = head + tail;
      const { values } = texts(`a: 1${end}fs.oss.accessKeySecret: ${secret}${end}b: 2${end}`);
      assert.deepEqual(values, { a: "1", "fs.oss.accessKeySecret": secret, b: "2" });
    }),
  );
});

test("the last of two lines counts, with a warning that names both", () => {
  const { values, warnings } = texts("a: canary1\nb: 2\na: canary3\n");
  assert.deepEqual(values, { a: "canary3", b: "2" });
  assert.deepEqual(warnings, [
    {
      source: "conf/flink-conf.yaml:3",
      key: "a",
      message: "a is set twice, the value of conf/flink-conf.yaml:1 is not used",
    },
  ]);
});

test("a line that is no setting is skipped, named by its number, never quoted", () => {
  const bad = ["canary", "canary:word", "canary:", ": canary", "- canary", "canary: #word", "fs:"];
  for (const line of bad) {
    const { values, warnings } = texts(`a: 1\n${line}\nb: 2`);
    assert.deepEqual(values, { a: "1", b: "2" }, line);
    assert.equal(warnings.length, 1, line);
    assert.equal(warnings[0]?.source, "conf/flink-conf.yaml:2");
    assert.doesNotMatch(JSON.stringify(warnings), /canary/);
  }
});

test("quotes are part of the value, which is worth a warning", () => {
  const { values, warnings } = texts('a: "canary"\nlist: \'x;y\';"z"\n');
  assert.deepEqual(values, { a: '"canary"', list: "'x;y';\"z\"" });
  assert.deepEqual(
    warnings.map((warning) => warning.key),
    ["a"],
  );
  assert.doesNotMatch(JSON.stringify(warnings), /canary/);
});

test("each value knows its line", () => {
  assert.equal(
    readFlinkConf("\n\na: 1", "conf/flink-conf.yaml").values.get("a")?.source,
    "conf/flink-conf.yaml:3",
  );
});

test("nothing that a file can hold makes the reader throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", ":", " ", "#", "\n", "\r", '"', "\0") }),
      (content) => void texts(content),
    ),
  );
});
