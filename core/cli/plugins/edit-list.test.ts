import assert from "node:assert/strict";
import { test } from "node:test";
import { readFlinkConf } from "../../config/flink-conf.ts";
import { parseList } from "../../config/values.ts";
import { readYamlConf } from "../../config/yaml-conf.ts";
import { editFlinkList, editYamlList, type ListEdit } from "./edit-list.ts";

const KEY = "plugin.disabled";

function edited(edit: typeof editYamlList, text: string, change: ListEdit): string {
  const read = edit === editYamlList ? readYamlConf : readFlinkConf;
  const list = (content: string) => parseList(read(content, "conf").values.get(KEY)?.text ?? "");
  const wanted =
    "add" in change ? [...list(text), change.add] : list(text).filter((id) => id !== change.remove);
  const result = edit(text, KEY, change, wanted);
  assert.deepEqual(list(result), wanted);
  return result;
}

const yaml: [before: string, change: ListEdit, after: string][] = [
  ["", { add: "a-fs" }, "plugin.disabled: [a-fs]\n"],
  ["# only a comment", { add: "a" }, "# only a comment\nplugin.disabled: [a]\n"],
  ["fs:\n  oss: 1 # why\n", { add: "a" }, "fs:\n  oss: 1 # why\nplugin.disabled: [a]\n"],
  ["x: 1\r\n", { add: "a" }, "x: 1\r\nplugin.disabled: [a]\r\n"],
  ["\uFEFFplugin.disabled: [a] # b\n", { add: "c" }, "\uFEFFplugin.disabled: [a, c] # b\n"],
  ["plugin.disabled:   'a'   # why\nx:   1\n", { add: "b" }, "plugin.disabled:   [a, b]   # why\nx:   1\n"],
  ["plugin.disabled: a;b\n", { remove: "a" }, "plugin.disabled: [b]\n"],
  ["plugin.disabled: [a]\n", { remove: "a" }, "plugin.disabled: []\n"],
  ["plugin.disabled:\nx: 1\n", { add: "a" }, "plugin.disabled: [a]\nx: 1\n"],
  [
    "plugin:\n  # off:\n  disabled:\n    - a # why\n    - b\n  worker: []\n",
    { add: "c" },
    "plugin:\n  # off:\n  disabled:\n    - a # why\n    - b\n    - c\n  worker: []\n",
  ],
  ["plugin:\n  disabled:\n  - a # why\n  - b\n", { remove: "a" }, "plugin:\n  disabled:\n  - b\n"],
  ["plugin.disabled:\n- a # why", { add: "true" }, "plugin.disabled:\n- a # why\n- true\n"],
  ["plugin.disabled:\n  - a\nx: 1\n", { remove: "a" }, "plugin.disabled:\n  []\nx: 1\n"],
  ["plugin.disabled: []\n", { add: "a b;c" }, 'plugin.disabled: ["a b;c"]\n'],
];

for (const [before, change, after] of yaml) {
  test(`YAML: ${JSON.stringify(change)} to ${JSON.stringify(before)} changes nothing else`, () => {
    assert.equal(edited(editYamlList, before, change), after);
  });
}

const flink: [before: string, change: ListEdit, after: string][] = [
  ["", { add: "a" }, "plugin.disabled: a\n"],
  ["# c\nx: %1", { add: "a" }, "# c\nx: %1\nplugin.disabled: a\n"],
  ["plugin.disabled: a # why\r\nx: 1\r\n", { add: "b" }, "plugin.disabled: a;b # why\r\nx: 1\r\n"],
  ["a: 1\nplugin.disabled: a\nb: 2", { remove: "a" }, "a: 1\nb: 2"],
  ["plugin.disabled: a\nplugin.disabled: b\n", { add: "c" }, "plugin.disabled: a\nplugin.disabled: b;c\n"],
  ["# plugin.disabled: a\n", { add: "b" }, "# plugin.disabled: a\nplugin.disabled: b\n"],
];

for (const [before, change, after] of flink) {
  test(`flink-conf: ${JSON.stringify(change)} to ${JSON.stringify(before)} changes nothing else`, () => {
    assert.equal(edited(editFlinkList, before, change), after);
  });
}
