import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { XmlField, xmlEach, xmlElements, xmlEscape, xmlRoot, xmlText } from "./xml.ts";

const PAGE = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://doc.oss.aliyuncs.com">
  <Name>b</Name><Prefix></Prefix><MaxKeys>2</MaxKeys>
  <Contents><Key>a&amp;b&#x2F;c</Key><Size>3</Size><ETag>"E1"</ETag></Contents>
  <Contents>
    <Key>d</Key><Size>0</Size><Owner><ID>1</ID></Owner>
  </Contents>
  <CommonPrefixes><Prefix>e/</Prefix></CommonPrefixes><IsTruncated>false</IsTruncated>
</ListBucketResult>`;

test("finds elements by name, decodes their text", () => {
  const page = xmlRoot(PAGE, "ListBucketResult");
  const contents = [...xmlElements(page, "Contents")];
  assert.deepEqual(
    contents.map((c) => [xmlText(c, "Key"), xmlText(c, "Size")]),
    [
      ["a&b/c", "3"],
      ["d", "0"],
    ],
  );
  assert.deepEqual(
    [...xmlElements(page, "CommonPrefixes")].map((c) => xmlText(c, "Prefix")),
    ["e/"],
  );
  assert.equal(xmlText(page, "IsTruncated"), "false");
  assert.equal(xmlText(page, "Missing"), undefined);
});

test("a name that begins like another is not mistaken for it", () => {
  assert.equal(xmlText("<KeyMarker>m</KeyMarker><Key>k</Key>", "Key"), "k");
});

test("empty elements in both spellings", () => {
  assert.equal(xmlText("<Prefix/><Key>k</Key>", "Prefix"), "");
  assert.equal(xmlText("<Prefix></Prefix>", "Prefix"), "");
  assert.deepEqual([...xmlElements("<A/><A>1</A>", "A")], ["", "1"]);
});

test("a field is looked for within its element only, in every spelling", () => {
  const entries = [
    "<Key>plain</Key><Size>1</Size>",
    "<Size>2</Size>",
    "<Owner><ID>x</ID></Owner><Key>a&amp;b</Key>",
    "<Key/>",
    "<Key><![CDATA[<c>]]></Key>",
    '<Key lang="x">attribute</Key>',
    "<KeyMarker>no</KeyMarker><Key>last</Key>",
  ];
  const xml = entries.map((entry) => `<Contents>${entry}</Contents>`).join("\n");
  const key = new XmlField("Key");
  const found: (string | undefined)[] = [];
  xmlEach(xml, "Contents", (from, to) => found.push(key.text(xml, from, to)));
  assert.deepEqual(found, ["plain", undefined, "a&b", "", "<c>", "attribute", "last"]);
});

test("another document, or one that is cut, is an error and never an empty answer", () => {
  assert.throws(() => xmlRoot(PAGE.slice(0, -5), "ListBucketResult"), /not a complete <ListBucketResult>/);
  assert.throws(() => xmlRoot("<Error><Code>X</Code></Error>", "ListBucketResult"), /not a complete/);
  assert.throws(() => xmlRoot("", "ListBucketResult"), /not a complete/);
});

test("character data and unknown entities", () => {
  assert.equal(xmlText("<K><![CDATA[a<b&c]]></K>", "K"), "a<b&c");
  assert.equal(xmlText("<K>&nope;&#65;&#x1F600;</K>", "K"), "&nope;A😀");
});

test("what is escaped reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(xmlText(`<K>${xmlEscape(text)}</K>`, "K"), text);
    }),
  );
});
